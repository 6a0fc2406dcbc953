"""Tensors and facts as the content of a safetensors file; equal tensors and facts give equal bytes."""

import json
from collections.abc import Iterator, Mapping

import torch
from safetensors.torch import save
from torch import Tensor

from whybench.digests import tensor_bytes

LENGTH = 8
"""Bytes of the number that says how long the header is; headers are padded to whole multiples of it."""


def content(tensors: Mapping[str, Tensor], facts: Mapping[str, str]) -> Iterator[bytes | memoryview]:
    """The bytes of a file, in parts that are small: the library's, with the facts in the header sorted.

    The library needs all tensors a second time to write them, and leaves the facts in any order.
    """
    header = _header({name: torch.zeros(1, dtype=tensor.dtype) for name, tensor in tensors.items()}, facts)
    names = [name for name in header if name != "__metadata__"]
    end = 0
    for name in names:
        start, end = end, end + tensors[name].numel() * tensors[name].element_size()
        header[name] |= {"shape": list(tensors[name].shape), "data_offsets": [start, end]}
    if facts:
        header["__metadata__"] = dict(sorted(facts.items()))
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % LENGTH)
    yield len(text).to_bytes(LENGTH, "little") + text
    for name in names:
        yield from tensor_bytes(tensors[name])


def _header(tensors: Mapping[str, Tensor], facts: Mapping[str, str]) -> dict[str, dict[str, object]]:
    """The header that the library writes, which says in which order it keeps tensors and what it calls their types."""
    data = save(dict(tensors), dict(facts))
    header: dict[str, dict[str, object]] = json.loads(data[LENGTH : LENGTH + int.from_bytes(data[:LENGTH], "little")])
    return header
