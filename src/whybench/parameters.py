"""The hyper-parameters of a method, metric, model or dataset, as plain values."""

import dataclasses
from math import isfinite
from typing import Any

import numpy as np
import torch
from torch import Tensor

from whybench.digests import tensors_digest


def parameters(component: Any) -> dict[str, Any]:
    """Field names and JSON-ready values of a frozen dataclass; a tensor or array is shown by its digest.

    >>> from whybench.methods.attribution import IntegratedGradients
    >>> parameters(IntegratedGradients(steps=8))["steps"]
    8
    """
    if not dataclasses.is_dataclass(component):
        return {}
    return {
        f.name: plain(getattr(component, f.name))
        for f in dataclasses.fields(component)
        if f.init and f.metadata.get("parameter", True)
    }


def plain(value: Any) -> Any:
    """A value as JSON can hold it; infinity and NaN as text.

    >>> plain((0.0, float("inf")))
    [0.0, 'inf']
    """
    if isinstance(value, np.ndarray) and value.dtype.kind in "biuf":
        value = torch.from_numpy(np.ascontiguousarray(value))
    if isinstance(value, Tensor):
        return f"tensor:{tensors_digest({'value': value})[:16]}"
    if isinstance(value, tuple | list):
        return [plain(v) for v in value]
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, float) and not isfinite(value):
        return repr(value)
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if dataclasses.is_dataclass(value):
        return {"name": getattr(value, "name", type(value).__name__), **parameters(value)}
    return getattr(value, "__qualname__", repr(value))
