"""Write docs/architectures.md, which method runs on what: `python benchmarks/support_matrix.py`."""

from collections.abc import Mapping
from pathlib import Path

from support import matrix
from support.architectures import COLUMNS

PAGE = Path(__file__).parents[1] / "docs" / "architectures.md"

INTRODUCTION = f"""\
# Which method runs on what

<!-- Written by `python benchmarks/support_matrix.py`; do not edit. -->

Every registered method that looks inside of a network, run on small float64 networks of each architecture, each
written in several ways: a module for everything, functions, one activation module that is used over and over, in-place
modules and in-place functions. The first network is two convolutions with ReLU and a max pool between them, then two
fully connected layers.

- **yes**: the map is the same however the network is written, to {matrix.TOLERANCE:g} of its largest value.
- **no**: `Unsupported`, with the name of what has no rule ([below](#what-is-said)).
- **modules**: the map is there for the network made of modules; other ways to write it are refused by name.

There is no fourth case: nothing is silently another map. A test asks all pairs again and compares them with this page.
Methods that see only a network's inputs, outputs and gradients (perturbations, games, surrogates) run on all of them.
Captum's adapters refuse where Captum itself would silently give something else ([how](failure_catalogue.md)); its LRP
has a stabiliser of 1e-9 at every module, so that its maps agree to 1e-8 only.
*Clamp for ReLU* and *mask for ReLU* put `clamp(x, 0)` and `threshold`, or comparisons such as `x * (x > 0)`, `where`
and `max(x, 0)`, in the place of all ReLUs but the first; *functional layers* call convolutions as functions, too.
"""

Row = Mapping[str, matrix.Outcomes]


def page(rows: Mapping[str, Row]) -> str:
    """The page: a table of whybench's own methods, one of adapters, and what refusals say."""
    text = [INTRODUCTION]
    for title, adapters in (("Own methods", False), ("Captum, behind adapters", True)):
        chosen = {name: row for name, row in rows.items() if ("/" in name) == adapters}
        text += [f"## {title}\n", *_table(chosen), ""]
    own = {name: row for name, row in rows.items() if "/" not in name}
    return "\n".join([*text, "## What is said\n", *_refusals(own)]) + "\n"


def cell(outcomes: matrix.Outcomes) -> str:
    """yes, no, or modules where only the network made of modules runs."""
    ran = {way for way, outcome in outcomes.items() if outcome.refused is None}
    if ran == set(outcomes):
        return "yes"
    return "modules" if "modules" in ran else "no"


def _table(rows: Mapping[str, Row]) -> list[str]:
    head = [f"| method | {' | '.join(COLUMNS)} |", f"| --- |{' --- |' * len(COLUMNS)}"]
    return [
        *head,
        *(f"| `{name}` | {' | '.join(cell(row[column]) for column in COLUMNS)} |" for name, row in rows.items()),
    ]


def _refusals(rows: Mapping[str, Row]) -> list[str]:
    said: dict[str, list[str]] = {}
    for name, row in rows.items():
        for outcomes in row.values():
            for outcome in outcomes.values():
                if outcome.refused is not None and name not in said.setdefault(outcome.refused, []):
                    said[outcome.refused].append(name)
    return [f"- {message}: {', '.join(f'`{name}`' for name in who)}" for message, who in sorted(said.items())]


def main() -> None:
    PAGE.write_text(page({name: matrix.row(name) for name in matrix.names()}), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
