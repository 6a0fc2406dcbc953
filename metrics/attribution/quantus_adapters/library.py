"""The library Quantus: imported at first use, and made silent."""

import contextlib
import io
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import numpy as np
import torch

from whybench.errors import MissingExtra, Unsupported
from whybench.isolation import generators_kept


def quantus_library(name: str) -> ModuleType:
    """The package `quantus`; raises Unsupported, with the command that installs it, where it is missing."""
    try:
        with generators_kept(), silent():
            import quantus
    except ImportError as error:
        raise Unsupported(f"{name} is computed by the library Quantus: {MissingExtra('quantus', 'quantus')}") from error
    found: ModuleType = quantus
    return found


@contextmanager
def silent() -> Iterator[None]:
    """Without Quantus' warnings, log messages, progress bars and printed advice."""
    before = logging.root.manager.disable
    try:
        logging.disable(logging.CRITICAL)
        with (
            warnings.catch_warnings(),
            np.errstate(all="ignore"),
            contextlib.redirect_stdout(io.StringIO()),
            contextlib.redirect_stderr(io.StringIO()),
        ):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)


@contextmanager
def precision(dtype: torch.dtype) -> Iterator[None]:
    """Tensors of `dtype` wherever Quantus calls `torch.Tensor`, which would round float64 inputs to float32."""
    before = torch.get_default_dtype()
    try:
        torch.set_default_dtype(dtype)
        yield
    finally:
        torch.set_default_dtype(before)


@contextmanager
def replaced(owner: Any, name: str, value: Any) -> Iterator[None]:
    """An attribute of one of Quantus' modules, replaced for a while."""
    before = getattr(owner, name)
    try:
        setattr(owner, name, value)
        yield
    finally:
        setattr(owner, name, before)


def area(values: Any, dx: int = 1, batched: bool = False) -> Any:
    """Quantus' area under curves, which calls `numpy.trapz`, by the name that the function has since NumPy 2."""
    return np.trapezoid(np.array(values), dx=dx, axis=1 if batched else -1)
