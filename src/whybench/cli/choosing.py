"""Which suites of a store a command is about."""

from whybench.errors import NothingSelected, UsageError
from whybench.store import Store


def chosen_suites(store: Store, suite: str | None) -> list[str]:
    """The suite that was asked for, or all that were run, the newest last.

    Raises UsageError for one that was never run, NothingSelected for a store in which none was.
    """
    known = store.suites()
    if suite is None and not known:
        raise NothingSelected("no suite was run in this store yet; run one, or name another store with --store")
    if suite is None:
        return known
    if suite not in known:
        raise UsageError(f"suite {suite!r} is not in this store; it holds: {', '.join(known) or 'nothing'}")
    return [suite]
