"""How many bytes of tensors are alive, counted where they are made: the same at every run and on every machine."""

import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves


class LiveBytes(TorchDispatchMode):
    """Counts the bytes of all tensors made since it was entered that are still alive, and the most at any time."""

    def __init__(self) -> None:
        super().__init__()
        self.now = self.peak = 0
        self._known: dict[int, int] = {}

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        for given in tree_leaves((args, kwargs)):
            self._note(given, new=False)
        out = func(*args, **(kwargs or {}))
        for made in tree_leaves(out):
            self._note(made, new=True)
        self.peak = max(self.peak, self.now)
        return out

    def _note(self, thing: object, *, new: bool) -> None:
        if not isinstance(thing, Tensor):
            return
        storage = thing.untyped_storage()
        key = storage._cdata
        if key not in self._known:
            self._known[key] = storage.nbytes() if new else 0
            self.now += self._known[key]
            weakref.finalize(storage, self._forget, key)

    def _forget(self, key: int) -> None:
        self.now -= self._known.pop(key, 0)


@contextmanager
def live_bytes() -> Iterator[LiveBytes]:
    with LiveBytes() as live:
        yield live
