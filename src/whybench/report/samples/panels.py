"""The curves behind scores, sample by sample, with those to compare with: the best control's, a middling method's."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from whybench.leaderboard.contest import Contest
from whybench.leaderboard.variants import Variant
from whybench.leaderboard.view import View
from whybench.records import Array, Record

PANELS = 3
"""Curves drawn for a sample, at most."""

Curve = tuple[Array, Array]


@dataclass(frozen=True, eq=False)
class Panel:
    """One set of curves of a block.

    names: the metrics that are read off it; curves: those of each method, sample by sample; control: the control with
    the best mean; middle: the method in the middle of those that are no controls.
    """

    contest: Contest
    names: Sequence[str]
    x_name: str
    y_name: str
    curves: Mapping[Variant, Mapping[str, Curve]]

    @property
    def control(self) -> Variant | None:
        best = self.contest.best_control
        return best.method if best else None

    @cached_property
    def middle(self) -> Variant | None:
        """Of an even number the better one of the two in the middle; None where no method has a mean."""
        methods = [e.method for e in self.contest.pool if not e.control]
        return methods[(len(methods) - 1) // 2] if methods else None

    @cached_property
    def spans(self) -> tuple[float, float, float, float]:
        """The smallest and the largest x, the smallest and the largest y of all curves."""
        found = [curve for each in self.curves.values() for curve in each.values()]
        x, y = (np.concatenate([curve[k] for curve in found]) for k in (0, 1))
        return float(x.min()), float(x.max()), float(y.min()), float(y.max())


def panels(view: View) -> list[Panel]:
    """The first sets of curves of a block, one for each name of a metric; metrics read off one set share a panel."""
    found: list[Panel] = []
    known: set[str] = set()
    lead = [view.lead] if view.lead else []
    for contest in [*lead, *(c for c in view.contests if c is not view.lead)]:
        if contest.metric.name in known:
            continue
        made = _panel(view, contest)
        if made is None:
            continue
        known.add(contest.metric.name)
        twin = next((k for k, p in enumerate(found) if _same(p, made)), None)
        if twin is None:
            found.append(made)
        else:
            old = found[twin]
            found[twin] = Panel(old.contest, [*old.names, *made.names], old.x_name, old.y_name, old.curves)
    return found[:PANELS]


def _panel(view: View, contest: Contest) -> Panel | None:
    records = {e.method: view.records(contest, e.method) for e in contest.entries if e.status == "ok"}
    arrays = next((r.curves for same in records.values() for r in same if r.curves is not None), None)
    curves = {method: found for method, same in records.items() if (found := _by_sample(same))}
    if arrays is None or not curves:
        return None
    return Panel(contest, [view.metric_names[contest.metric]], arrays.x_name, arrays.y_name, curves)


def _by_sample(records: Sequence[Record]) -> dict[str, Curve]:
    """Each sample's curve; seeds are averaged, on all of their points where those differ."""
    found: dict[str, list[Curve]] = {}
    for record in records:
        if record.curves is not None:
            for sample, x, y in zip(record.samples, record.curves.x, record.curves.y, strict=True):
                if np.isfinite(x).all() and np.isfinite(y).all():
                    found.setdefault(sample.sample_id, []).append((x, y))
    return {sample: _averaged(curves) for sample, curves in found.items()}


def _averaged(curves: Sequence[Curve]) -> Curve:
    if len(curves) == 1:
        return curves[0]
    grid = np.unique(np.concatenate([x for x, _ in curves]))
    return grid, np.mean([np.interp(grid, x, y) for x, y in curves], axis=0)


def _same(a: Panel, b: Panel) -> bool:
    """Whether every curve is in both."""
    return a.curves.keys() == b.curves.keys() and all(
        a.curves[m].keys() == b.curves[m].keys()
        and all(np.array_equal(a.curves[m][i], b.curves[m][i]) for i in a.curves[m])
        for m in a.curves
    )
