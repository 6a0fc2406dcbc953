"""What a run tells while it goes on."""

from typing import Protocol

from whybench.records import Record


class Listener(Protocol):
    """Hears of a run's progress; the command line shows it, the Python interface mostly does not."""

    def started(self, suite: str, cells: int) -> None:
        """A run of so many cells starts."""
        ...

    def working(self, what: str) -> None:
        """What is being done now."""
        ...

    def finished(self, record: Record, known: bool) -> None:
        """A cell is done; `known` where it was read from the store."""
        ...

    def note(self, text: str) -> None:
        """Something worth knowing that is no failure."""
        ...


class Silent:
    """Hears and says nothing."""

    def started(self, suite: str, cells: int) -> None: ...

    def working(self, what: str) -> None: ...

    def finished(self, record: Record, known: bool) -> None: ...

    def note(self, text: str) -> None: ...
