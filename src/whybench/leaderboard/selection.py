"""Part of a board: the records that stay when methods, metrics, blocks or samples are chosen."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace

from whybench.errors import UnknownName, UsageError
from whybench.leaderboard.contest import Contest
from whybench.leaderboard.gathering import block_of, method_of, metric_of
from whybench.leaderboard.names import Names, names
from whybench.records import Record, SampleScore, Subject


class Choice:
    """Which of the board's methods, metrics, models and datasets stay; None keeps all.

    Methods and metrics are chosen by bare name or by the label that the board shows. Raises UnknownName for a name
    that is not on the board.
    """

    def __init__(
        self,
        contests: Sequence[Contest],
        methods: Collection[str] | None,
        metrics: Collection[str] | None,
        models: Collection[str] | None,
        datasets: Collection[str] | None,
    ) -> None:
        self._method_names, self._metric_names = names(contests)
        self._methods = _known("method", methods, _all_names(self._method_names))
        self._metrics = _known("metric", metrics, _all_names(self._metric_names))
        self._models = _known("model", models, {c.block.model for c in contests})
        self._datasets = _known("dataset", datasets, {c.block.dataset for c in contests})

    def keeps_subject(self, subject: Subject) -> bool:
        """Whether an explanation stays."""
        block, method = block_of(subject), method_of(subject)
        label = self._method_names.get((block, method), method.name)
        return (
            _chosen(self._models, block.model)
            and _chosen(self._datasets, block.dataset)
            and _chosen(self._methods, method.name, label)
        )

    def keeps(self, record: Record) -> bool:
        """Whether a cell stays."""
        label = self._metric_names[block_of(record.subject), metric_of(record)]
        return self.keeps_subject(record.subject) and _chosen(self._metrics, record.metric, label)


def with_samples(records: Iterable[Record], keep: Callable[[SampleScore], bool]) -> list[Record]:
    """Records with the samples that `keep` accepts; a contest of which no sample is left goes as a whole.

    Raises UsageError where no sample is left at all.
    """
    kept = [replace(r, samples=tuple(s for s in r.samples if keep(s))) for r in records]
    alive = {(block_of(r.subject), metric_of(r)) for r in kept if r.samples}
    if not alive:
        raise UsageError("no sample is left on the board; choose among board.scores['sample_id']")
    return [r for r in kept if (block_of(r.subject), metric_of(r)) in alive]


def _all_names(named: Names) -> set[str]:
    return {variant.name for _, variant in named} | set(named.values())


def _known(kind: str, wanted: Collection[str] | None, known: set[str]) -> frozenset[str] | None:
    if wanted is None:
        return None
    chosen = frozenset([wanted] if isinstance(wanted, str) else wanted)
    for name in sorted(chosen - known):
        raise UnknownName(kind, name, sorted(known))
    return chosen


def _chosen(wanted: frozenset[str] | None, *called: str) -> bool:
    return wanted is None or any(name in wanted for name in called)
