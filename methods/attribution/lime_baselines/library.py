"""The library lime: imported at first use, and made silent."""

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr
from importlib import import_module
from typing import Any

from whybench.errors import MissingExtra, Unsupported
from whybench.isolation import generators_kept


def lime_module(name: str, module: str) -> Any:
    """The module `lime.<module>`; raises Unsupported, with the command that installs it, where it is missing."""
    try:
        with generators_kept(), silent():
            return import_module(f"lime.{module}")
    except ImportError as error:
        raise Unsupported(f"{name} is computed by the library lime: {MissingExtra('lime', 'lime')}") from error


@contextmanager
def silent() -> Iterator[None]:
    """Without lime's warnings and progress bars, which cannot be asked not to appear."""
    with warnings.catch_warnings(), redirect_stderr(io.StringIO()):
        warnings.simplefilter("ignore")
        yield
