"""The commands publish, verify and merge, and their options."""

from pathlib import Path
from typing import Annotated

import typer

from whybench.cli.options import DEFAULT_STORE, Artifacts, Json, StoreUrl


def publish(
    to: Annotated[Path, typer.Option(help="Folder to write: a new one, or an older publication.")],
    suite: Annotated[str | None, typer.Option(help="A suite that was run; the newest where none is named.")] = None,
    store: StoreUrl = DEFAULT_STORE,
    artifacts: Artifacts = None,
    json: Json = False,
) -> None:
    """Write the report, the boards and the records of a suite with digests, so that others can verify them."""
    from whybench.cli.publishing import publish_store

    raise typer.Exit(publish_store(store, artifacts, to, suite, json))


def verify(
    folder: Annotated[Path, typer.Argument(help="A folder that whybench publish wrote.")],
    nonce: Annotated[
        str | None, typer.Option(help="Any text that the publisher could not know: it chooses cells to run again.")
    ] = None,
    cells: Annotated[int | None, typer.Option(min=0, help="How many; 5 where there is only a nonce.")] = None,
    suite: Annotated[str | None, typer.Option(help="The suite as you have it, where it is not built in.")] = None,
    tolerance: Annotated[float | None, typer.Option(min=0.0, help="Allowed difference of scores.")] = None,
    write: Annotated[bool, typer.Option("--write", help="Note the result beside the manifest.")] = False,
    json: Json = False,
) -> None:
    """Check a published folder: every file, record, name and aggregate; with a nonce, run some of its cells again."""
    from whybench.cli.publishing import verify_folder

    raise typer.Exit(verify_folder(folder, nonce, cells, suite, tolerance, write, json))


def merge(
    folders: Annotated[list[Path], typer.Argument(help="Folders that whybench publish wrote.")],
    suite: Annotated[str | None, typer.Option(help="The suite as you have it, where it is not built in.")] = None,
    store: StoreUrl = DEFAULT_STORE,
    artifacts: Artifacts = None,
    json: Json = False,
) -> None:
    """Take published boards into a store; a folder that contradicts itself or the store is refused, with reasons."""
    from whybench.cli.publishing import merge_folders

    raise typer.Exit(merge_folders(folders, store, artifacts, suite, json))
