"""One call of a torch function during a forward pass."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from inspect import Signature, signature
from types import FunctionType
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.utils._pytree import tree_map

from whybench.errors import Unsupported


@dataclass(frozen=True, eq=False)
class Call:
    """`func(*args, **kwargs)`, by one name for `torch.add`, `Tensor.add`, `+` and `add_`."""

    name: str
    func: Callable[..., Any]
    args: Sequence[Any]
    kwargs: Mapping[str, Any]

    @cached_property
    def tensors(self) -> list[Tensor]:
        """Every tensor among the arguments."""
        return tensors((self.args, self.kwargs))

    @cached_property
    def dependent(self) -> list[Tensor]:
        """The arguments that depend on the input."""
        return [tensor for tensor in self.tensors if tensor.requires_grad]

    def result(self) -> Any:
        return self.func(*self.args, **self.kwargs)

    def value(self) -> Any:
        """The result without a graph."""
        return self.mapped(lambda leaf: leaf.detach() if isinstance(leaf, Tensor) else leaf).result()

    def at(self, old: Tensor, new: Tensor) -> Any:
        """The result with `new` in the place of `old`."""
        return self.mapped(lambda leaf: new if leaf is old else leaf).result()

    def on(self, values: Sequence[Tensor]) -> Any:
        """The result with `values` in the places of the dependent arguments, in their order."""
        rest = iter(values)
        chosen = self.mapped(lambda leaf: next(rest) if isinstance(leaf, Tensor) and leaf.requires_grad else leaf)
        return chosen.result()

    def mapped(self, change: Callable[[Any], Any]) -> "Call":
        args, kwargs = tree_map(change, (tuple(self.args), dict(self.kwargs)))
        return replace(self, args=args, kwargs=kwargs)

    def out_of_place(self) -> "tuple[Call, Tensor | None]":
        """The same without overwriting anything, and the tensor that was to be overwritten.

        Raises Unsupported where there is no such function.
        """
        if self.name == "setitem" or self.kwargs.get("out") is not None:
            raise Unsupported(f"{self.name!r} writes input-dependent values into an existing tensor")
        if self.name.endswith("_"):
            name = self.name[:-1]
            func = getattr(torch.Tensor, name, None) or getattr(F, name, None)
            if func is None:
                raise Unsupported(f"the in-place operation {self.name!r} has no out-of-place form")
            return replace(self, name=name, func=func), self.tensors[0]
        if isinstance(self.func, FunctionType) and "inplace" in _signature(self.func).parameters:
            bound = _signature(self.func).bind(*self.args, **self.kwargs)
            if bound.arguments.get("inplace"):
                bound.arguments["inplace"] = False
                return replace(self, args=bound.args, kwargs=bound.kwargs), self.tensors[0]
        return self, None


@cache
def _signature(func: FunctionType) -> Signature:
    return signature(func, follow_wrapped=False)  # `Tensor.__pow__` wraps what has none


def tensors(tree: Any) -> list[Tensor]:
    """The tensors in nested lists, tuples and dicts."""
    return [leaf for leaf in leaves(tree) if isinstance(leaf, Tensor)]


def leaves(tree: Any) -> Iterator[Any]:
    """What nested lists, tuples and dicts hold.

    >>> list(leaves(([1, (2,)], {"a": 3, "b": ()})))
    [1, 2, 3]
    """
    if isinstance(tree, Mapping):
        tree = tree.values()
    elif not isinstance(tree, list | tuple):
        yield tree
        return
    for part in tree:
        yield from leaves(part)


def name_of(func: Callable[..., Any]) -> str:
    """The name of what a function mode was called with.

    >>> [name_of(f) for f in (torch.Tensor.shape.__get__, torch.Tensor.__rsub__, torch.Tensor.add_, F.relu)]
    ['shape', 'rsub', 'add_', 'relu']
    """
    name = str(getattr(func, "__name__", func))
    if name == "__get__":
        name = str(getattr(getattr(func, "__self__", None), "__name__", name))
    return name[2:-2] if name.startswith("__") and name.endswith("__") else name
