"""What each method and metric of a board is."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from whybench.catalogue import SORTS, describe
from whybench.leaderboard import Leaderboard
from whybench.leaderboard.variants import Variant

SHOWN = ("kind", "family", "polarity", "stochastic", "complete", "range", "needs")


@dataclass(frozen=True)
class Card:
    """name; what it is in one sentence; its facts; the parameters it ran with, one text a variant; its source."""

    name: str
    summary: str
    facts: tuple[str, ...]
    parameters: tuple[str, ...]
    reference: str
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
    return Card(
        name=name,
        summary=known.get("summary", "") or "Not registered: defined by whoever ran the suite.",
        facts=tuple(f"{fact}: {_text(known[fact])}" for fact in SHOWN if _worth_saying(known.get(fact))),
        parameters=tuple(", ".join(f"{k}={v!r}" for k, v in one.values().items()) or "none" for one in variants),
        reference=known.get("reference", ""),
        control=control,
    )


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
