"""The numbers, commands and limits of docs/publishing.md are those of the code."""

import re
import shlex
from pathlib import Path

import pytest
from typer.main import get_command

from whybench.cli.app import app
from whybench.publishing import chance_of_catching, files, parquet
from whybench.publishing.boards import BOARDS
from whybench.publishing.columns import RECORDS
from whybench.publishing.plan import cells_of, registered
from whybench.publishing.rerun import TOLERANCE
from whybench.publishing.verdict import Level

TEXT = (Path(__file__).parents[2] / "docs" / "publishing.md").read_text(encoding="utf-8")
PLAIN = " ".join(TEXT.split())


def shown(cells: int, forged: int, k: int) -> str:
    """Three digits; never 1 where a forger may get away."""
    chance = chance_of_catching(cells, forged, k)
    return ">0.999" if chance >= 0.9995 and forged + k <= cells else f"{chance:.3f}"


def test_the_chances_of_catching() -> None:
    quickstart = registered("quickstart")
    assert quickstart is not None
    cells = len(cells_of(quickstart))
    assert f"For *n* = {cells}, the cells of `quickstart`" in PLAIN
    header = next(line for line in TEXT.splitlines() if line.startswith("| forged cells"))
    chosen = [int(k) for k in re.findall(r"\*k\* = (\d+)", header)]
    rows = re.findall(r"^\| (\d+) \| (.*) \|$", TEXT, re.MULTILINE)
    assert len(rows) == 5
    for forged, said in rows:
        assert said.split(" | ") == [shown(cells, int(forged), k) for k in chosen]


def test_limits_and_tolerances() -> None:
    assert ", ".join(f"{value:g} for {dtype}" for dtype, value in TOLERANCE.items()) in PLAIN
    assert f"{files.DEEPEST} levels" in PLAIN
    sizes = f"{files.LARGEST // 2**20} MiB a file, {files.ALTOGETHER // 2**30} GiB in all"
    assert f"lengths ({sizes}, {parquet.LARGEST // 2**20} MiB a table)" in PLAIN


@pytest.mark.parametrize("name", [*(f"{table}.parquet" for table in RECORDS), *BOARDS, files.MANIFEST, *files.NOTES])
def test_every_file_is_named(name: str) -> None:
    assert f"`{name}`" in TEXT


def test_every_level_and_command_is_there() -> None:
    for level in Level.__args__:  # type: ignore[attr-defined]
        assert re.search(rf"^\| {level} \| ", TEXT, re.MULTILINE)
    for line in TEXT.partition("```sh\n")[2].partition("```")[0].splitlines():
        _, name, *words = shlex.split(line.partition("   #")[0])
        with get_command(app).commands[name].make_context(name, words) as context:  # type: ignore[attr-defined]
            assert context.params
