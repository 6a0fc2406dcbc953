"""One side of a comparison: its cells, and what was timed."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor

from whybench.comparing.cells import ScoredCell, scored_cell
from whybench.errors import UsageError
from whybench.leaderboard.gathering import block_of
from whybench.records import ExplanationRecord, Record
from whybench.store import Store
from whybench.timing.profile import block_timings
from whybench.timing.records import BlockTiming


@dataclass(frozen=True, eq=False)
class Side:
    """What one side holds.

    name: as it is shown; timings: the blocks that were timed, round by round, None where rounds are not kept at all;
    environment: what it was run with, empty where nobody says; requests: what `whybench run` was asked for, as it can
    be run again; suites: those that the cells are of.
    """

    name: str
    cells: Sequence[ScoredCell]
    timings: Sequence[BlockTiming] | None = None
    environment: Mapping[str, Any] = field(default_factory=dict)
    requests: tuple[str, ...] = ()
    suites: tuple[str, ...] = ()


class NotRead:
    """In place of a store's tensors: curves are not compared, so that a database alone will do."""

    def put(self, tensors: Mapping[str, Tensor], facts: Mapping[str, str]) -> str:
        raise UsageError("a store that is compared is only read")

    def get(self, digest: str) -> tuple[dict[str, Tensor], dict[str, str]]:
        """Curves without points."""
        nothing = Tensor([[]]).double()
        return {"x": nothing, "y": nothing}, {"x_name": "", "y_name": ""}


def store_side(url: str, suite: str | None = None, name: str | None = None) -> Side:
    """What a store holds of a suite, of all of them where none is named.

    Raises UsageError where there is no store, or no such suite in it, StoreError where it is no store of this schema.
    """
    with closing(Store(url, NotRead(), create=False)) as store:
        known = store.suites()
        if suite is not None and suite not in known:
            raise UsageError(f"suite {suite!r} is not in {shown_store(url)}; it holds: {', '.join(known) or 'nothing'}")
        cells = scored_cells(store.records(suite), store.explanation_records(suite))
        chosen = known if suite is None else [suite]
        run = (store.last_run(chosen[-1]) or {}) if chosen else {}
        requests = tuple(dict.fromkeys(text for one in chosen for text in to_run(store.boards.asked(one))))
        timings = block_timings(store, suite)
    return Side(name or shown_store(url), cells, timings, run.get("environment", {}), requests, tuple(sorted(chosen)))


def scored_cells(records: Iterable[Record], made: Iterable[ExplanationRecord]) -> list[ScoredCell]:
    """Records as they are compared, in the precision of the explanations on their model and dataset."""
    plans = {block_of(e.subject): e.plan for e in made if e.plan is not None}
    dtypes = {block: str(plan["dtype"]) for block, plan in plans.items() if "dtype" in plan}
    return [scored_cell(r, dtypes.get(block_of(r.subject))) for r in records]


def to_run(requests: Iterable[str]) -> list[str]:
    """What to run to have a suite's board again: the last request, or all where options name the cells one by one."""
    asked = [text for text in requests if text]
    return asked if asked and asked[-1].startswith("-") else asked[-1:]


def shown_store(url: str) -> str:
    """A store without what a URL may say of users and passwords."""
    if "://" not in url:
        return url
    kind, _, rest = url.partition("://")
    return rest.removeprefix("/") if kind == "sqlite" else f"{kind}://{rest.rpartition('@')[2]}"
