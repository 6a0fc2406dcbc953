"""The library shap: imported at first use, and made silent."""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from whybench.errors import MissingExtra, Unsupported
from whybench.isolation import generators_kept


def shap_library(name: str) -> Any:
    """The package `shap`; raises Unsupported, with the command that installs it, where it is missing."""
    try:
        with generators_kept(), silent():
            import shap
    except ImportError as error:
        raise Unsupported(f"{name} is computed by the library shap: {MissingExtra('shap', 'shap')}") from error
    return shap


@contextmanager
def silent() -> Iterator[None]:
    """Without shap's warnings and notes; what matters among them is checked by those who call it."""
    logger = logging.getLogger("shap")
    disabled = logger.disabled
    try:
        logger.disabled = True
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.disabled = disabled
