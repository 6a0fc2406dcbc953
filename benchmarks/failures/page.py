"""The catalogue as stored findings, and as a page."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from failures.finding import Case, Value

DOCS = Path(__file__).parents[2] / "docs"
STORED, PAGE = DOCS / "failure_catalogue.json", DOCS / "failure_catalogue.md"

FILES: Mapping[str, Sequence[str]] = {
    "captum": ("captum_lrp", "captum_deep_lift", "captum_gradients", "captum_games"),
    "shap": ("shap_deep",),
    "zennit": ("zennit_lrp",),
}
"""The files with the cases of each library."""

TITLES = {
    "captum_lrp": "LRP",
    "captum_deep_lift": "DeepLift",
    "captum_gradients": "gradients, GuidedBackprop, Deconvolution",
    "captum_games": "Occlusion, Lime, KernelShap",
    "shap_deep": "DeepExplainer",
    "zennit_lrp": "LRP, guided backpropagation",
}

NEGLIGIBLE = 1e-11

INTRODUCTION = """\
# Failure catalogue

<!-- Written by `python benchmarks/failure_catalogue.py`; do not edit. -->

What other libraries do on small float64 models whose answer is known by hand, by theory or by definition, and what
whybench does there. Where a library is right under conditions, the sentence says so; none of this is about what a
library is good for, and it is no list of everything that could be found.

Every line was run with the version in the heading. `python benchmarks/failure_catalogue.py` runs all libraries that
are installed, puts their findings for that version in the place of older ones for the same version
(`failure_catalogue.json`) and leaves those of other versions and libraries as they are. A test runs Captum's again:
whybench's column must be right to 1e-9, and the page must be what that version of Captum does. zennit was run without
torchvision; 1.0.0 from the sources of that tag.

A name such as *TypeError* or *Unsupported* is the exception that was raised instead of an answer. Numbers below 1e-11
in size are written 0.
"""

Row = Mapping[str, Value]
Tables = Mapping[str, Mapping[str, Sequence[Row]]]
"""{library and version: {file: rows}}."""


def installed() -> list[str]:
    """The libraries that can be run here."""
    return [library for library in FILES if find_spec(library) is not None]


def cases(file: str) -> list[Case]:
    """The cases of one file, which imports its library."""
    found: list[Case] = import_module(f"failures.{file}").case.cases
    return found


def findings(library: str) -> dict[str, list[dict[str, Value]]]:
    """What the library does here and now."""
    return {file: [_row(case) for case in cases(file)] for file in FILES[library]}


def stored() -> dict[str, dict[str, list[dict[str, Value]]]]:
    """What was found so far."""
    if not STORED.is_file():
        return {}
    tables: dict[str, dict[str, list[dict[str, Value]]]] = json.loads(STORED.read_text(encoding="utf-8"))
    return tables


def page(tables: Tables) -> str:
    """The page."""
    text = [INTRODUCTION]
    for version in sorted(tables):
        library = version.split()[0]
        for file in FILES[library]:
            text += [f"## {version}: {TITLES[file]}\n", *_table(library, tables[version][file]), ""]
    return "\n".join(text)


def shown(value: Value) -> str:
    """A value in a cell.

    >>> [shown(value) for value in (1e-17, 0.10612, -2.0, "TypeError")]
    ['0', '0.106', '-2', '*TypeError*']
    """
    if isinstance(value, str):
        return f"*{value}*"
    return "0" if abs(value) < NEGLIGIBLE else f"{value:.3g}"


def _table(library: str, rows: Sequence[Row]) -> list[str]:
    head = [
        f"| case | what is measured | right | {library} | whybench | why |",
        "| --- | --- | ---: | ---: | ---: | --- |",
    ]
    lines = []
    for row in rows:
        values = " | ".join(shown(row[column]) for column in ("right", "theirs", "ours"))
        lines.append(f"| {row['title']} | {row['measure']} | {values} | {row['why']} |")
    return head + lines


def _row(case: Case) -> dict[str, Value]:
    values = {name: _settled(value) for name, value in asdict(case.run()).items()}
    return {"title": case.title, "measure": case.measure, "why": case.why, **values}


def _settled(value: Value) -> Value:
    """Without rounding errors, which are not the same everywhere."""
    return value if isinstance(value, str) else 0.0 if abs(value) < NEGLIGIBLE else float(f"{value:.6g}")
