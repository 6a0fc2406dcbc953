"""What each method and metric of a board is."""

import inspect
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from whybench import bibliography
from whybench.bibliography import KEY, SOURCE
from whybench.catalogue import SORTS, describe
from whybench.leaderboard import Leaderboard
from whybench.leaderboard.variants import Variant

SHOWN = ("kind", "family", "polarity", "stochastic", "complete", "range", "needs")


@dataclass(frozen=True)
class Paper:
    """A publication: its key, one line to read, the entry in BibTeX, and where it is found."""

    key: str
    line: str
    source: str
    link: str | None


@dataclass(frozen=True)
class Card:
    """What stands on a card.

    summary: one sentence; formulas: as its documentation sets them off; facts; parameters: those it ran with, one text
    a variant; documentation: without summary and examples; reference: its key, of which papers holds the entry where
    it is known, after it those of the other sources that the documentation names.
    """

    name: str
    summary: str
    formulas: tuple[str, ...]
    facts: tuple[str, ...]
    parameters: tuple[str, ...]
    documentation: str
    reference: str
    papers: tuple[Paper, ...]
    control: bool


def method_cards(board: Leaderboard) -> list[Card]:
    """One card a method, by name, the controls last."""
    variants = {e.method for c in board.contests for e in c.entries}
    controls = {e.method.name for c in board.contests for e in c.entries if e.control}
    cards = _cards("methods", variants, controls)
    return sorted(cards, key=lambda card: (card.control, card.name))


def metric_cards(board: Leaderboard) -> list[Card]:
    """One card a metric, by name."""
    return _cards("metrics", {c.metric for c in board.contests}, set())


def _cards(sort: str, variants: Iterable[Variant], controls: set[str]) -> list[Card]:
    named: dict[str, list[Variant]] = {}
    for variant in sorted(variants):
        named.setdefault(variant.name, []).append(variant)
    return [_card(sort, name, found, name in controls) for name, found in named.items()]


def _card(sort: str, name: str, variants: Sequence[Variant], control: bool) -> Card:
    known = _registered(sort, name, variants[0].values())
    documentation = inspect.getdoc(SORTS[sort][name]) or "" if known else ""
    told = documentation.partition("\n")[2].partition("\n>>>")[0].strip("\n")
    reference = known.get("reference", "")
    return Card(
        name=name,
        summary=known.get("summary", "") or "Not registered: defined by whoever ran the suite.",
        formulas=tuple(formulas(told)),
        facts=tuple(f"{fact}: {_text(known[fact])}" for fact in SHOWN if _worth_saying(known.get(fact))),
        parameters=tuple(", ".join(f"{k}={v!r}" for k, v in one.values().items()) or "none" for one in variants),
        documentation=told,
        reference=reference,
        papers=tuple(_papers(reference, documentation)),
        control=control,
    )


def formulas(documentation: str) -> list[str]:
    """The paragraphs of a docstring of which every line is indented.

    >>> formulas("It is the mean:\\n\\n    s = mean(x)\\n\\nx: an input.")
    ['s = mean(x)']
    """
    paragraphs = [p for p in re.split(r"\n\s*\n", documentation) if p.strip()]
    return [inspect.cleandoc("\n" + p) for p in paragraphs if all(line.startswith("    ") for line in p.splitlines())]


def _papers(reference: str, documentation: str) -> Iterable[Paper]:
    """The publications behind a card, its reference first."""
    cited = [key for said in SOURCE.findall(documentation) for key in KEY.findall(said)]
    known = _bibliography()
    for key in dict.fromkeys((reference, *cited)):
        if key in known:
            yield Paper(key, known[key].line(), known[key].source, known[key].address())


@cache
def _bibliography() -> Mapping[str, bibliography.Entry]:
    return bibliography.read(files("whybench.report").joinpath("references.bib"))


def _registered(sort: str, name: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The catalogue's entry; none where the name stands for something with other parameters."""
    if name not in SORTS[sort]:
        return {}
    entry = describe(name, SORTS[sort][name])
    return entry if set(entry["parameters"]) == set(parameters) else {}


def _worth_saying(value: Any) -> bool:
    """False for what is not given, and for a range without bounds."""
    return value not in (None, "", [], False) and "inf" not in str(value)


def _text(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return value if isinstance(value, str) else json.dumps(value)
