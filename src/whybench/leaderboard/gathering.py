"""From records to contests: one record a cell, one protocol, everything in an order of its own."""

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

from whybench.digests import canonical_json
from whybench.errors import BadInput
from whybench.leaderboard.contest import Block, Contest
from whybench.leaderboard.entry import WORST_FIRST, entry
from whybench.leaderboard.variants import Variant
from whybench.records import ExplanationRecord, Record, Subject

FAMILIES = ("faithfulness", "localisation", "region", "consistency", "robustness", "sanity", "complexity", "axiom")


def method_of(subject: Subject) -> Variant:
    """The method with its parameters."""
    return Variant(subject.method, canonical_json(subject.method_parameters))


def metric_of(record: Record) -> Variant:
    """The metric with its parameters."""
    return Variant(record.metric, canonical_json(record.metric_parameters))


def block_of(subject: Subject) -> Block:
    """The block that a subject belongs to."""
    return Block(subject.kind, subject.dataset, subject.model)


def family_order(family: str) -> tuple[int, str]:
    """A sort key: known families first, in the order in which boards show them."""
    return (FAMILIES.index(family) if family in FAMILIES else len(FAMILIES), family)


def ordered(records: Iterable[Record]) -> tuple[Record, ...]:
    """Records in canonical order, each cell once: a cell that worked is preferred to one that did not.

    Raises BadInput where two records of one cell, from two suites say, hold different scores, and where a record
    holds a sample twice.
    """
    chosen = []
    for _, same in groupby(sorted(records, key=lambda r: (*_cell(r), *_preference(r))), key=_cell):
        first, *others = same
        ids = Counter(s.sample_id for s in first.samples)
        if len(ids) < len(first.samples):
            raise BadInput(f"cell {first.key[:12]} holds sample {max(ids, key=lambda i: ids[i])!r} more than once")
        for other in others:
            if other.status == first.status == "ok" and other.samples != first.samples:
                s = first.subject
                raise BadInput(
                    f"two different results of {s.method} x {first.metric} on {s.dataset}, {s.model}, seed {s.seed} "
                    f"(cells {first.key[:12]} and {other.key[:12]}); pass the records of one run"
                )
        chosen.append(first)
    return tuple(chosen)


def ordered_explanations(explanations: Iterable[ExplanationRecord]) -> tuple[ExplanationRecord, ...]:
    """Explanation records in canonical order, each explanation once."""
    found = sorted(explanations, key=lambda e: (*_subject(e.subject), *_preference(e)))
    return tuple(next(same) for _, same in groupby(found, key=lambda e: _subject(e.subject)))


def one_protocol(subjects: Iterable[Subject]) -> None:
    """Raises BadInput where results of several protocols would stand on one board."""
    protocols = sorted({s.protocol for s in subjects})
    if len(protocols) > 1:
        raise BadInput(
            f"records of protocols {', '.join(map(str, protocols))}; scores of different protocols cannot be compared: "
            "pass the records of one, or run the others again"
        )


def contests(records: Sequence[Record]) -> tuple[Contest, ...]:
    """The contests of ordered records, by block, family and metric."""
    address = sorted(records, key=lambda r: (block_of(r.subject), metric_of(r), method_of(r.subject), r.subject.seed))
    found = []
    for (block, metric), group in groupby(address, key=lambda r: (block_of(r.subject), metric_of(r))):
        cells = list(group)
        family, higher_is_better, trivial = _facts(cells)
        headline = any(r.headline for r in cells)
        by_method = groupby(cells, key=lambda r: method_of(r.subject))
        entries = tuple(entry(method, list(same)) for method, same in by_method)
        found.append(Contest(block, metric, family, higher_is_better, trivial, headline, entries))
    return tuple(sorted(found, key=lambda c: (c.block, family_order(c.family), not c.headline, c.metric)))


def _facts(cells: Sequence[Record]) -> tuple[str, bool, bool]:
    facts = {(r.family, r.higher_is_better, r.trivial) for r in cells}
    if len(facts) > 1:
        raise BadInput(
            f"metric {cells[0].metric} with two meanings (family, higher_is_better, trivial): "
            f"{', '.join(map(str, sorted(facts)))}; pass the records of one version"
        )
    return facts.pop()


def _subject(subject: Subject) -> tuple[Any, ...]:
    return (*block_of(subject), subject.method, canonical_json(subject.method_parameters), subject.seed)


def _cell(record: Record) -> tuple[Any, ...]:
    return (*_subject(record.subject), record.metric, canonical_json(record.metric_parameters))


def _preference(record: Record | ExplanationRecord) -> tuple[Any, ...]:
    return (-WORST_FIRST.index(record.status), record.subject.suite, record.key)
