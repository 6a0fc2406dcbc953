"""What the options of one pytest session ask for."""

from collections.abc import Sequence

from whybench.errors import UsageError
from whybench.records import Record
from whybench.store import Store
from whybench.testing.baseline import Baseline, Comparison, store_at
from whybench.testing.thresholds import Threshold


class Setup:
    """Where cells are kept, and what they are compared with.

    reason: why goldens may be written, None where they may not; several: whether several processes run the tests.
    Raises UsageError for options that do not fit together, and what a store raises that cannot be opened.
    """

    def __init__(
        self, update: str | None, baseline: str | None, fail: Sequence[str], save: str | None, several: bool
    ) -> None:
        if update is not None and not update.strip():
            raise UsageError("--whybench-update='': a golden changes for a reason; say it, it is stored in the golden")
        if fail and baseline is None:
            raise UsageError(f"--whybench-fail={fail[0]!r} needs --whybench-baseline=STORE to be compared with")
        if baseline is not None and not fail:
            raise UsageError(f"--whybench-baseline={baseline!r} needs --whybench-fail=METRIC:STATISTIC:THRESHOLD")
        for option, place in (("--whybench-baseline", baseline), ("--whybench-save", save)):
            if place is not None and not place.strip():
                raise UsageError(f"{option}={place!r}; the path or URL of a store is needed, is a variable unset?")
        if save is not None and several:
            raise UsageError("--whybench-save: one process writes a store; leave out -n")
        self.reason = update
        self._baseline = None if baseline is None else Baseline(baseline, tuple(map(Threshold.parse, fail)))
        self._kept = None if save is None else store_at(save, create=True)

    def store(self) -> Store:
        """The store to keep cells in; without one, a new one in memory for every cell."""
        return self._kept or Store.memory()

    def compare(self, record: Record) -> list[Comparison]:
        """A cell beside the baseline's."""
        return [] if self._baseline is None else self._baseline.compare(record)

    def close(self) -> None:
        """Let go of the store."""
        if self._kept is not None:
            self._kept.close()
