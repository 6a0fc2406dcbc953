"""The commands that compute or render a board: run and report."""

import shlex
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from whybench.cli.boards import print_board, print_board_json, terminal
from whybench.cli.choosing import chosen_suites
from whybench.cli.display import Display
from whybench.cli.exits import Exit
from whybench.cli.timings import print_timings
from whybench.errors import NothingSelected, UsageError
from whybench.leaderboard import Leaderboard
from whybench.registries import fill
from whybench.report import write_report
from whybench.runner import Options, run
from whybench.store import Store
from whybench.suite import Suite, block
from whybench.suite import suite as find_suite
from whybench.timing import time_suite

CUSTOM = "custom"
"""The suite that cells chosen by -M, -D, -m and -x belong to."""


@dataclass(frozen=True)
class Request:
    """What `run` was asked for."""

    suite: str | None
    model: str | None
    dataset: str | None
    methods: tuple[str, ...]
    metrics: tuple[str, ...]
    samples: int | None
    seed: int | None

    def resolve(self) -> Suite:
        """The suite that was named, or one block made of the single options."""
        single = {
            "--model": self.model,
            "--dataset": self.dataset,
            "--method": self.methods,
            "--metric": self.metrics,
        }
        given = [name for name, value in single.items() if value]
        if self.suite is not None:
            if given:
                raise UsageError(f"a suite and {', '.join(given)} exclude each other; leave one of them out")
            found = find_suite(self.suite)
        else:
            missing = [name for name, value in single.items() if not value]
            if missing:
                raise UsageError(f"without a suite, {', '.join(missing)} must be given too; or name a suite")
            assert self.model is not None
            assert self.dataset is not None
            found = Suite(CUSTOM, (block(self.model, self.dataset, self.methods, self.metrics),))
        return found.limited(self.samples, self.seed)

    def written(self, way: "Way") -> str:
        """The request as it can be pasted after `whybench run`."""
        words = [] if self.suite is None else [self.suite]
        options: list[tuple[str, str | int | None]] = [("-M", self.model), ("-D", self.dataset)]
        options += [("-m", method) for method in self.methods] + [("-x", metric) for metric in self.metrics]
        options += [
            ("--samples", self.samples),
            ("--seed", self.seed),
            ("--device", way.device if way.device != "cpu" else None),
            ("--batch-size", way.batch_size),
        ]
        for name, value in options:
            words += [] if value is None else [name, str(value)]
        if way.channels_last is not None:
            words.append("--channels-last" if way.channels_last else "--channels-first")
        return shlex.join(words)


@dataclass(frozen=True)
class Way:
    """How samples go through the models: what can change a score in its last digits, and what is None is calibrated."""

    device: str = "cpu"
    batch_size: int | None = None
    channels_last: bool | None = None


def run_suite(
    request: Request,
    way: Way,
    url: str,
    artifacts: Path | None,
    report: Path | None,
    timing: bool,
    fresh: bool,
    dry_run: bool,
) -> int:
    """Run a suite, print its boards and write its report; returns the exit code."""
    fill()
    console = terminal()
    suite = request.resolve()
    if not suite.plan():
        raise NothingSelected(f"suite {suite.name!r} holds no cells; give it methods and metrics")
    if dry_run:
        _show_plan(console, suite)
        return Exit.OK
    options = Options(
        way.device, way.batch_size, way.channels_last, fresh, replace=suite.name != CUSTOM, asked=request.written(way)
    )
    with closing(Store.open(url, artifacts)) as store:
        with Display(console) as display:
            records = run(suite, store, options, display)
            if timing:
                time_suite(suite, store, way.device, display, rows=way.batch_size, channels_last=way.channels_last)
        console.print(display.summary(), markup=False)
        _present(console, store, suite.name, report)
    return Exit.FAILED_CELLS if any(record.status == "failed" for record in records) else Exit.OK


def report_suite(
    suite: str | None, url: str, artifacts: Path | None, to: Path | None, full: bool, as_json: bool
) -> int:
    """Print the boards of a suite that was run and write its report; returns the exit code."""
    with closing(Store.open(url, artifacts, create=False)) as store:
        name = chosen_suites(store, suite)[-1]
        if not as_json:
            _present(terminal(), store, name, to, full)
            return Exit.OK
        print_board_json(Leaderboard(store.records(name), store.explanation_records(name)))
        if to is not None:
            write_report(store, name, to)
    return Exit.OK


def _present(console: Console, store: Store, suite: str, to: Path | None, full: bool = False) -> None:
    board = Leaderboard(store.records(suite), store.explanation_records(suite))
    print_board(console, board, full)
    print_timings(console, store, suite)
    page = write_report(store, suite, to or Path("whybench-report") / suite)
    console.print(f"Report: {page}", markup=False, soft_wrap=True)


def _show_plan(console: Console, suite: Suite) -> None:
    cells = suite.plan()
    console.print(f"{suite.name}: {len(cells)} cells, seed {suite.seed}", markup=False)
    groups = Counter((cell.model, cell.dataset, cell.entry.label) for cell in cells)
    for (model, dataset, method), n in groups.items():
        console.print(f"  {model} on {dataset}: {method} by {n} metrics", markup=False)
