"""`whybench compare` reads a published folder by its records: all that a store says, and errors with the way out."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from tiny_board import NAME

from whybench.comparing import compared, open_both
from whybench.comparing.published import published_side
from whybench.comparing.side import scored_cells, to_run
from whybench.errors import UsageError
from whybench.store import Store


def test_a_publication_says_what_its_store_says(published: Path, store: Store) -> None:
    found = published_side(published)
    own = scored_cells(store.records(NAME), store.explanation_records(NAME))
    assert [vars(cell) for cell in found.cells] == [vars(cell) for cell in own]
    assert {cell.dtype for cell in found.cells} == {"float64"}  # an export says nothing of it
    assert None not in {cell.higher_is_better for cell in found.cells}
    assert (found.suites, list(found.requests)) == ((NAME,), to_run(store.boards.asked(NAME)))
    run = store.last_run(NAME)
    assert run is not None
    assert found.environment == run["environment"]
    opened = open_both(str(published), str(published))
    assert compared(opened.a, opened.b).counts == {"unchanged": len(own)}


def test_the_scores_alone_are_an_export(published: Path) -> None:
    opened = open_both(str(published), str(published / "scores.parquet"))
    assert set(compared(opened.a, opened.b).counts) == {"unchanged"}
    assert {cell.dtype for cell in opened.b.cells} == {None}


def test_another_protocol_is_read_and_noted(folder: Path) -> None:
    facts = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps({**facts, "protocol": 0}))
    assert published_side(folder, NAME).cells


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda f: (f / "manifest.json").write_text("{"), r"manifest\.json: JSONDecodeError"),
        (lambda f: (f / "manifest.json").write_text("[]"), r"manifest\.json: TypeError"),
        (lambda f: (f / "manifest.json").write_text("{}"), r"manifest\.json: KeyError: .*suite"),
        (lambda f: (f / "cell_records.parquet").write_text("no"), r"cell_records\.parquet cannot be read as Parquet"),
        (lambda f: (f / "sample_records.parquet").unlink(), r"sample_records\.parquet"),
    ],
)
def test_a_folder_that_cannot_be_read(folder: Path, spoil: Callable[[Path], object], said: str) -> None:
    spoil(folder)
    with pytest.raises(UsageError, match=rf"cannot be read as it was published: {said}.*scores\.parquet compares its"):
        published_side(folder)


def test_another_suite(published: Path) -> None:
    with pytest.raises(UsageError, match=f"suite 'quickstart' is not in .*; it holds: {NAME}"):
        published_side(published, "quickstart")
