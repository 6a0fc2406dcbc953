"""Options that several commands have."""

from pathlib import Path
from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="Print JSON to standard output.")]
StoreUrl = Annotated[
    str, typer.Option("--store", help="sqlite:///FILE or postgresql+psycopg://...", envvar="WHYBENCH_STORE")
]
Artifacts = Annotated[
    Path | None, typer.Option("--artifacts", help="Folder of the tensors; beside the database unless told otherwise.")
]
DEFAULT_STORE = "sqlite:///whybench.db"
