"""Cells run again, from nothing, by the code that is installed here; nothing of the publication is executed."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import inf
from typing import Any

import numpy as np

from whybench import keys, registries
from whybench.batch_plan import BatchPlan
from whybench.errors import Refused, WhybenchError, shown
from whybench.leaderboard.addresses import Address, address_of
from whybench.loading import Bench, load
from whybench.progress import Listener, Silent
from whybench.publishing.plan import Planned
from whybench.publishing.reading import Records
from whybench.publishing.verdict import Again
from whybench.records import CurveArrays, ExplanationRecord, Record, SampleScore
from whybench.runner import BlockRunner, Options
from whybench.store import Store
from whybench.suite import Block, Suite

TOLERANCE = {"float64": 1e-9, "float32": 1e-4, "bfloat16": 1e-2, "float16": 1e-2}
"""How far a score may be from the published one, over the larger of 1 and its size; by the inputs' precision."""
MOST_ROWS = 2**16
OTHER = "the key is another one: other weights, data, threads or versions"


def run_again(
    chosen: Sequence[str],
    found: Records,
    suite: Suite,
    planned: Mapping[Address, Planned],
    tolerance: float | None = None,
    listener: Listener | None = None,
) -> list[Again]:
    """Explain and score the chosen cells anew, each as its own suite plans it, and compare sample by sample.

    The models, data, methods and metrics are those of `suite`; of the publication come the number of samples, the seed
    and the batch plan. A cell that cannot be run here counts as not reproduced.
    """
    cells = {record.key: record for record in found.cells}
    made = {e.key: e for e in found.explanations}
    benches: dict[tuple[int, int], tuple[Bench, Store]] = {}
    hears = listener or Silent()
    answers = []
    for key in chosen:
        record, explanation = cells[key], made[found.explained[key]]
        address = address_of(record)
        try:
            if address not in planned:
                raise Refused("the suite does not plan it")
            plan, tasks = planned[address], replace(suite, seed=record.subject.seed)
            place = id(plan.block), len(explanation.sample_ids)
            if place not in benches:
                hears.working(f"loading {plan.block.model_name} and {plan.block.dataset_name}")
                benches[place] = load(_limited(plan.block, len(explanation.sample_ids)), "cpu"), Store.memory()
            again, digest = _run(plan, tasks, *benches[place], explanation, hears)
            answers.append(compare(record, again, digest == explanation.digest, explanation, tolerance))
        except WhybenchError as error:
            answers.append(Again(key, address, False, 0.0, 0, False, f"cannot be run here: {error}"))
    for _, store in benches.values():
        store.close()
    return answers


def _limited(block: Block, samples: int) -> Block:
    return replace(block, samples=samples)


def _run(
    plan: Planned, suite: Suite, bench: Bench, store: Store, made: ExplanationRecord, listener: Listener
) -> tuple[Record, str | None]:
    """The cell's new record, and the digest of the new explanation."""
    if bench.ids != made.sample_ids:
        raise Refused(f"the samples are {shown(made.sample_ids)}, here they are {shown(bench.ids)}")
    stored = keys.plan_key(bench, "cpu", None)
    if store.plan(stored) is None:
        store.save_plan(stored, batch_plan(made))
    suite_run = BlockRunner(suite, bench, store, Options(), listener)
    (record,) = suite_run.run([plan.cell.entry], [plan.cell.metric])
    again = next((e for e in store.explanation_records(suite.name) if e.subject == record.subject), None)
    return record, None if again is None else again.digest


def batch_plan(made: ExplanationRecord) -> BatchPlan:
    """The batch plan that was published, as far as this machine can follow it; Refused for what is none."""
    facts: dict[str, Any] = made.plan or {}
    rows, threads, last = facts.get("rows"), facts.get("threads"), facts.get("channels_last")
    whole = [n for n in (rows, threads) if isinstance(n, int) and not isinstance(n, bool) and 0 < n <= MOST_ROWS]
    if len(whole) != 2 or not isinstance(last, bool) or facts.get("dtype") not in TOLERANCE:
        raise Refused(f"{shown(facts)} is no batch plan")
    return BatchPlan(whole[0], last, min(whole[1], os.cpu_count() or 1), str(facts["dtype"]), "cpu")


def compare(
    published: Record, again: Record, same_map: bool, made: ExplanationRecord, tolerance: float | None = None
) -> Again:
    """A published cell beside its re-run: statuses are equal, and scores are within the tolerance.

    Nothing can be said of maps whose draws are named by the weights where the key is another one.
    """
    allowed = TOLERANCE[str((made.plan or {}).get("dtype"))] if tolerance is None else tolerance
    same = same_map and published.key == again.key
    answer = Again(published.key, address_of(published), True, 0.0, 0, same, "" if same else _differs(published, again))
    if published.key != again.key and published.subject == again.subject and _drawn_by_weights(published):
        return replace(
            answer, reproduced=None, reason=f"nothing can be told: the map is drawn by the weights, and {OTHER}"
        )
    if again.status != published.status:
        said = f"{again.status} here ({again.reason}), " if again.reason else f"{again.status} here, "
        return replace(answer, reproduced=False, reason=f"{said}published as {published.status}")
    if [s.sample_id for s in published.samples] != [s.sample_id for s in again.samples]:
        return replace(answer, reproduced=False, reason="scores of other samples than those that are explained")
    off, largest = 0, 0.0
    for one, other in zip(published.samples, again.samples, strict=True):
        distance = _apart(one, other)
        largest, off = max(largest, distance), off + (distance > allowed)
    curves = _curves_apart(published.curves, again.curves)
    if curves > allowed:
        reason = f"the curves differ by up to {curves:.3g}; {allowed:g} is allowed"
        return replace(answer, reproduced=False, difference=max(largest, curves), samples=off, reason=reason)
    if off:
        reason = f"{off} of {len(published.samples)} samples differ, by up to {largest:.3g}; {allowed:g} is allowed"
        return replace(answer, reproduced=False, difference=largest, samples=off, reason=reason)
    return replace(answer, difference=largest)


def _apart(one: SampleScore, other: SampleScore) -> float:
    """The largest difference of two samples' numbers, over the larger of 1 and their size; infinite for other facts."""
    if (one.status, one.correct, one.details.keys()) != (other.status, other.correct, other.details.keys()):
        return inf
    pairs = [(one.details[name], other.details[name]) for name in one.details]
    if one.score is not None and other.score is not None:
        pairs.append((one.score, other.score))
    return max((abs(a - b) / max(1.0, abs(a), abs(b)) for a, b in pairs), default=0.0)


def _curves_apart(published: CurveArrays | None, again: CurveArrays | None) -> float:
    """The largest difference of two cells' curves, over the larger of 1 and their size; infinite for other curves."""
    if published is None or again is None:
        return 0.0 if published is again else inf
    pairs = ((published.x, again.x), (published.y, again.y))
    if any(one.shape != other.shape or (np.isnan(one) != np.isnan(other)).any() for one, other in pairs):
        return inf
    apart = [np.abs(a - b) / np.maximum(1.0, np.maximum(np.abs(a), np.abs(b))) for a, b in pairs]
    return max((float(np.nan_to_num(one).max(initial=0.0)) for one in apart), default=0.0)


def _differs(published: Record, again: Record) -> str:
    if published.key == again.key:
        return "the map has other last digits"
    return OTHER


def _drawn_by_weights(record: Record) -> bool:
    name = record.subject.method
    return name in registries.methods and registries.methods[name].drawn_by_weights
