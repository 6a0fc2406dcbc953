"""The commands about results for others: publish, verify and merge."""

from contextlib import closing
from pathlib import Path

from rich.console import Console
from rich.table import Table

from whybench.cli.boards import terminal
from whybench.cli.choosing import chosen_suites
from whybench.cli.display import Display
from whybench.cli.exits import Exit
from whybench.cli.reading import print_json
from whybench.leaderboard.markup import printable
from whybench.publishing import Verification, merge, publish, verify
from whybench.publishing.notes import tables_of, write_notes
from whybench.store import Store


def publish_store(url: str, artifacts: Path | None, to: Path, suite: str | None, as_json: bool) -> int:
    """Publish one suite of a store; returns the exit code."""
    with closing(Store.open(url, artifacts, create=False)) as store:
        name = chosen_suites(store, suite)[-1]
        made = publish(store, to, name)
    if as_json:
        print_json({"to": str(to), "suite": made.suite, "manifest": made.digest, "files": len(made.files)})
    else:
        _plain().print(
            f"{len(made.files)} files of {made.suite} written to {to}\n"
            f"Publication {made.digest}\nCheck it: whybench verify {to} --nonce ANYTHING"
        )
    return Exit.OK


def verify_folder(
    folder: Path,
    nonce: str | None,
    cells: int | None,
    suite: str | None,
    tolerance: float | None,
    write: bool,
    as_json: bool,
) -> int:
    """Verify a published folder and show what was found; returns the exit code."""
    if as_json:
        found = verify(folder, nonce, cells, suite, tolerance)
        print_json(found.facts())
    else:
        console = terminal()
        with Display(console) as display:
            found = verify(folder, nonce, cells, suite, tolerance, display)
        _show(console, found)
    if write and found.manifest:
        write_notes(folder, found)
    return Exit.OK if found.ok else Exit.REGRESSION


def merge_folders(folders: list[Path], url: str, artifacts: Path | None, suite: str | None, as_json: bool) -> int:
    """Merge published folders into a store, one after the other; returns the exit code."""
    with closing(Store.open(url, artifacts)) as store:
        merged = [merge(folder, store, suite) for folder in folders]
    if as_json:
        print_json([vars(one) for one in merged])
        return Exit.OK
    for folder, one in zip(folders, merged, strict=True):
        noted = ", ".join(f"{rows} {level}" for level, rows in one.noted.items())
        said = f"; its verification.json, which was not checked, says of its rows: {noted}" if noted else ""
        kept = f", {one.kept} left out since the store has explanations of its own there" if one.kept else ""
        _plain().print(
            f"{folder}: {one.added} cells added to {printable(one.suite)}, {one.held} there already{kept}{said}"
        )
    return Exit.OK


def _plain() -> Console:
    return Console(highlight=False, markup=False, soft_wrap=True)


def _show(console: Console, found: Verification) -> None:
    """The tables, then one line that says it all."""
    for table in tables_of(found):
        grid = Table(box=None, pad_edge=False, title=printable(table.title), title_justify="left")
        for header in table.headers:
            grid.add_column(header, overflow="fold")
        for row in table.rows:
            grid.add_row(*map(printable, row))
        console.print(grid, markup=False)
        console.print()
    levels = ", ".join(f"{rows} {level}" for level, rows in found.levels().items())
    said = "all that was checked agrees" if found.ok else f"{len(found.problems)} problems"
    name = f"publication {found.manifest} of {printable(found.suite)}: " if found.manifest else ""
    console.print(f"{name}{said}{f'; rows: {levels}' if levels else ''}", markup=False, soft_wrap=True)
