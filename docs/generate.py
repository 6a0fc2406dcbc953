"""Write methods.md and metrics.md from what is registered: `python docs/generate.py`.

With `--check` nothing is written; the exit code is 1 where a page differs from what would be written.
"""

import re
import sys
from pathlib import Path
from typing import Any

from whybench import bibliography
from whybench.bibliography import KEY, SOURCE
from whybench.catalogue import SORTS, catalogue, find

DOCS = Path(__file__).parent

INTRODUCTIONS = {
    "methods": """\
Every registered explanation method. A name, or `name(parameter=value, ...)`, is understood by `whybench run -m`, by
`whybench.method` and in suites; `whybench info NAME` prints the same text. Methods whose name begins with `captum/` run
Captum behind an adapter and serve as baselines; all others are whybench's own code. *Controls* know nothing of the
model: a method that does not beat them has shown nothing.

The facts: *needs* is what a model must give, a pair that cannot work becomes a row with its reason; *polarity* is how
channels become features (`contribution` sums them with their signs, `sensitivity` takes their L2 norm); *complete*
is what the relevances sum to, where such a law is claimed.""",
    "metrics": """\
Every registered metric. A metric gives one number a sample and, where there is one, the curve behind it; boards
average. A name, or `name(parameter=value, ...)`, is understood by `whybench run -x`, by `whybench.metric` and in
suites.

Metrics that are *trivial* are won by maps that know nothing of the model; they are filters, shown and never ranked.

Metrics whose name begins with `quantus/` or `captum/` run those libraries behind adapters: the same cell, computed by
others ([where they agree](cross_implementation.md)). Quantus is an extra, `python -m pip install 'whybench[quantus]'`;
without it a cell of its metrics is a row that says so.""",
}


def pages() -> dict[Path, str]:
    """The generated pages and their text."""
    return {DOCS / f"{sort}.md": page(sort) for sort in INTRODUCTIONS}


def page(sort: str) -> str:
    """One page: all of whybench's own registered things of a sort, by kind and name; plugins are left out."""
    references = bibliography.read(DOCS / "references.bib")
    entries = [e for e in catalogue(sort) if SORTS[sort][e["name"]].__module__.startswith("whybench.")]
    kinds = sorted({e["kind"] for e in entries})
    text = [f"# {sort.capitalize()}", "", "<!-- Written by `python docs/generate.py`; do not edit. -->", ""]
    text += [INTRODUCTIONS[sort], ""]
    for kind in kinds:
        of_kind = [e for e in entries if e["kind"] == kind]
        text += [f"## {kind.capitalize()}", "", *_index(of_kind), ""]
        for entry in of_kind:
            text += _section(sort, entry)
    cited = sorted(set(KEY.findall("\n".join(m[0] for m in SOURCE.finditer("\n".join(text))))))
    text += ["## References", "", *(f'- <a id="{key}"></a>{key}: {references[key].line()}' for key in cited)]
    return _linked("\n".join(text)) + "\n"


def _index(entries: list[dict[str, Any]]) -> list[str]:
    """Links to the sections: what runs other libraries by library; own metrics by family; own methods, and controls."""
    groups: dict[str, list[str]] = {}
    for entry in entries:
        library = entry["name"].rpartition("/")[0]
        group = library or entry.get("family") or ("controls" if entry.get("control") else "own")
        groups.setdefault(group, []).append(f"[{entry['name']}](#{_anchor(entry['name'])})")
    return [f"- {group}: {', '.join(links)}" for group, links in groups.items()]


def _section(sort: str, entry: dict[str, Any]) -> list[str]:
    documentation = next(text for found, _, text in find(entry["name"]) if found == sort)
    lines = [f"### {entry['name']}", "", *_markdown(documentation), ""]
    if entry["parameters"]:
        shown = ", ".join(f"`{name}={value!r}`" for name, value in entry["parameters"].items())
        lines += [f"Parameters and defaults: {shown}.", ""]
    return [*lines, f"Facts: {_facts(entry)}.", ""]


def _facts(entry: dict[str, Any]) -> str:
    """What the class says of itself, in words."""
    said = [f"family {entry['family']}"] if entry.get("family") else []
    if entry.get("higher_is_better") is not None:
        said.append("higher is better" if entry["higher_is_better"] else "lower is better")
    if "range" in entry:
        said.append(f"range {' to '.join(map(str, entry['range']))}")
    if entry["needs"]:
        said.append(f"needs {', '.join(entry['needs'])}")
    if "polarity" in entry:
        said.append(f"polarity {entry['polarity']}")
    if "complete" in entry:
        said.append(f"complete, sums to {entry['complete']}")
    if entry.get("grid") == "spatial":
        said.append("one channel for all")
    return "; ".join(said + [fact for fact in ("stochastic", "control", "trivial") if entry.get(fact)])


def _markdown(documentation: str) -> list[str]:
    """A docstring as Markdown: examples fenced, formulas (indented) as they are."""
    lines: list[str] = []
    inside = False
    for line in documentation.splitlines():
        if line.startswith(">>>") and not inside:
            lines.append("```pycon")
            inside = True
        if inside and not line.strip():
            lines.append("```")
            inside = False
        lines.append(line)
    return [*lines, "```"] if inside else lines


def _linked(text: str) -> str:
    """Keys in source lines as links to the list of references."""
    return SOURCE.sub(lambda match: KEY.sub(r"[\g<0>](#\g<0>)", match[0]), text)


def _anchor(name: str) -> str:
    """The anchor that GitHub gives to a heading."""
    return re.sub(r"[^\w-]", "", name.lower())


def main(arguments: list[str]) -> int:
    """Write the pages, or with --check say which are out of date."""
    stale = [path for path, text in pages().items() if not path.is_file() or path.read_text(encoding="utf-8") != text]
    if "--check" in arguments:
        for path in stale:
            sys.stderr.write(f"{path.name} is out of date: run python docs/generate.py\n")
        return 1 if stale else 0
    for path, text in pages().items():
        path.write_text(text, encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
