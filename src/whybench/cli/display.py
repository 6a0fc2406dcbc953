"""A run's progress on the terminal: a live line where there is one, plain lines elsewhere."""

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from whybench.records import Record

EVERY = 25
"""Without a terminal, one line is printed for so many cells."""


class Display:
    """Shows a run's progress; a context, so that the terminal is left in order."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.known = self.done = self.failed = self.unsupported = self.total = 0
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("[bold]{task.fields[suite]}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.description}", markup=False),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task = self._progress.add_task("", suite="", total=None)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def started(self, suite: str, cells: int) -> None:
        self.total = cells
        self._progress.update(self._task, suite=escape(suite), total=cells)
        if not self.console.is_terminal:
            self.console.print(f"{suite}: {cells} cells", markup=False)

    def working(self, what: str) -> None:
        self._progress.update(self._task, description=what)
        if not self.console.is_terminal and what.startswith("loading"):
            self.console.print(what, markup=False)

    def finished(self, record: Record, known: bool) -> None:
        self.known += known
        self.done += not known
        self.failed += record.status == "failed"
        self.unsupported += record.status == "unsupported"
        self._progress.advance(self._task)
        finished = self.known + self.done
        if not self.console.is_terminal and finished % EVERY == 0:
            self.console.print(f"{finished}/{self.total} cells", markup=False)

    def note(self, text: str) -> None:
        self.console.print(f"note: {text}", markup=False, style="dim")

    def summary(self) -> str:
        """One sentence on what was done."""
        return (
            f"{self.done} cells computed, {self.known} read from the store, "
            f"{self.failed} failed, {self.unsupported} unsupported"
        )
