"""Names by content: canonical JSON, tensors and source code, all under sha256."""

import hashlib
import inspect
import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

LARGEST = 2**24
"""Bytes of a tensor that are copied at once to be read in their order."""


_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), allow_nan=False, ensure_ascii=True)


def canonical_json(value: Any) -> str:
    """`value` as JSON with sorted keys, no spaces and no NaN: equal values give equal text.

    >>> canonical_json({"b": 1, "a": [2.0, None]})
    '{"a":[2.0,null],"b":1}'
    """
    return _ENCODER.encode(value)


def json_digest(value: Any) -> str:
    """sha256 of the canonical JSON of `value`, as 64 hexadecimal digits."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()


def tensors_digest(tensors: Mapping[str, Tensor]) -> str:
    """sha256 over names, dtypes, shapes and bytes, independent of the order of names and of memory layout."""
    sha = hashlib.sha256()
    for name in sorted(tensors):
        tensor = tensors[name]
        sha.update(f"{name}:{tensor.dtype}:{tuple(tensor.shape)}:".encode())
        for part in tensor_bytes(tensor):
            sha.update(part)
    return sha.hexdigest()


def tensor_bytes(tensor: Tensor) -> Iterator[memoryview | bytes]:
    """A tensor's values as bytes in the order of its indices, whatever its memory layout, in parts.

    >>> [bytes(part) for part in tensor_bytes(torch.tensor([[1, 2], [3, 4]], dtype=torch.uint8).T)]
    [b'\\x01\\x03\\x02\\x04']
    """
    values = tensor.detach()
    for part in torch.split(values, _few(values)) if values.ndim and values.numel() else [values]:
        yield _bytes(part.cpu())


def _few(tensor: Tensor) -> int:
    """So many rows of a tensor that together they are a small part of a large one."""
    return max(1, LARGEST // (tensor[0].numel() * tensor.element_size()))


def _bytes(tensor: Tensor) -> memoryview | bytes:
    laid_out = tensor.clone(memory_format=torch.contiguous_format)
    return laid_out.view(-1).view(torch.uint8).numpy().data if tensor.numel() else b""


def module_digest(module: nn.Module) -> str:
    """sha256 of a module's printed architecture, all of its parameters and buffers, and a user's own classes in it."""
    sha = hashlib.sha256(repr(module).encode())
    sha.update(tensors_digest(module.state_dict()).encode())
    theirs: set[Any] = {type(part) for part in module.modules() if type(part).__module__.partition(".")[0] != "torch"}
    for source in sorted(_class_source(each) or "" for each in theirs):
        sha.update(source.encode())
    return sha.hexdigest()


@cache
def _class_source(of: type[Any]) -> str | None:
    """A class's source as it was when it was first asked for: the code that runs does not change with the file."""
    return source_digest(of)


def source_digest(thing: Any) -> str | None:
    """sha256 of the file that defines a user's own class or function; None for whybench's own code.

    whybench's own code is named by its version and by the protocol version instead.
    """
    target = thing if inspect.isclass(thing) or inspect.isroutine(thing) else type(thing)
    if (target.__module__ or "").split(".")[0] == "whybench":
        return None
    try:
        path = inspect.getsourcefile(target)
        text = Path(path).read_text(encoding="utf-8") if path else ""
    except (TypeError, OSError):
        text = ""
    return hashlib.sha256(f"{target.__qualname__}\n{text}".encode()).hexdigest()
