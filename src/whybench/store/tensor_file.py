"""Tensors and facts as the content of a safetensors file; equal tensors and facts give equal bytes."""

import json
from collections.abc import Mapping

from safetensors.torch import save
from torch import Tensor

LENGTH = 8
"""Bytes of the number that says how long the header is; headers are padded to whole multiples of it."""


def content(tensors: Mapping[str, Tensor], facts: Mapping[str, str]) -> bytes:
    """The bytes of a file: the library's, with the facts in the header sorted, which it leaves in any order."""
    data = save({name: tensor.detach().cpu().contiguous().clone() for name, tensor in tensors.items()}, dict(facts))
    end = LENGTH + int.from_bytes(data[:LENGTH], "little")
    header = json.loads(data[LENGTH:end])
    if facts:
        header["__metadata__"] = dict(sorted(facts.items()))
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % LENGTH)
    return len(text).to_bytes(LENGTH, "little") + text + data[end:]
