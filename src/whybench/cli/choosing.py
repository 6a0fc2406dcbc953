"""Which suites of a store a command is about."""

from whybench.errors import UsageError
from whybench.store import Store


def chosen_suites(store: Store, suite: str | None) -> list[str]:
    """The suite that was asked for, or all that were run, the newest last; raises UsageError for one never run."""
    known = store.suites()
    if suite is None:
        return known
    if suite not in known:
        raise UsageError(f"suite {suite!r} is not in this store; it holds: {', '.join(known) or 'nothing'}")
    return [suite]
