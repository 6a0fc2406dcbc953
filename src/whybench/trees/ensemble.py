"""A sum of decision trees as a module that holds them as arrays."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from whybench.errors import BadInput

Array = np.ndarray[Any, Any]


@dataclass(frozen=True, eq=False)
class Tree:
    """One tree, root first; a row goes to `left` where its float32 value of `feature` is <= `threshold`.

    left, right: (nodes,) positions, a leaf's own position; feature: (nodes,); threshold: (nodes,);
    value: (nodes, outputs); cover: (nodes,), the weight of the training samples that came by.
    """

    left: Array
    right: Array
    feature: Array
    threshold: Array
    value: Array
    cover: Array

    @property
    def depth(self) -> int:
        """Decisions on the longest way from the root to a leaf."""
        reached, depth = np.array([0]), 0
        while (inner := reached[self.left[reached] != reached]).size:
            reached, depth = np.concatenate([self.left[inner], self.right[inner]]), depth + 1
        return depth


class TreeEnsemble(nn.Module):
    """f(x) = offset + sum over trees of the value of the leaf that x falls into; inputs (n, columns), (n, outputs).

    All trees lie one after another in buffers, so that the module's digest covers them. Thresholds are rounded down
    to float32: as x is compared in float32, as scikit-learn does, every decision stays as it was, in any dtype of the
    module. Sums are in the dtype of the leaves, outputs in that of the inputs; there is no gradient.
    """

    left: Tensor
    right: Tensor
    feature: Tensor
    threshold: Tensor
    value: Tensor
    cover: Tensor
    roots: Tensor
    offset: Tensor

    def __init__(self, trees: Sequence[Tree], offset: Array, columns: int) -> None:
        super().__init__()
        sizes = [len(tree.left) for tree in trees]
        roots = np.cumsum([0, *sizes[:-1]])
        self.columns = columns
        self.depth = max(tree.depth for tree in trees)
        joined = {
            "left": np.concatenate([tree.left + root for tree, root in zip(trees, roots, strict=True)]),
            "right": np.concatenate([tree.right + root for tree, root in zip(trees, roots, strict=True)]),
            "feature": np.concatenate([tree.feature for tree in trees]),
            "threshold": rounded_down(np.concatenate([tree.threshold for tree in trees])),
            "value": np.concatenate([tree.value for tree in trees]).astype(np.float64),
            "cover": np.concatenate([tree.cover for tree in trees]).astype(np.float64),
            "roots": roots,
            "offset": offset.astype(np.float64),
        }
        for name, array in joined.items():
            whole = np.issubdtype(array.dtype, np.integer)
            self.register_buffer(name, torch.from_numpy(array.astype(np.int64) if whole else array))

    def __len__(self) -> int:
        return len(self.roots)

    def forward(self, inputs: Tensor) -> Tensor:
        if inputs.ndim != 2 or inputs.shape[1] != self.columns:
            raise BadInput(f"inputs of shape {tuple(inputs.shape)}; these trees take (n, {self.columns})")
        x = inputs.float()
        node = self.roots.expand(len(x), -1)
        for _ in range(self.depth):
            goes_left = x.gather(1, self.feature[node]) <= self.threshold[node]
            node = torch.where(goes_left, self.left[node], self.right[node])
        return (self.offset + self.value[node].sum(1)).to(inputs.dtype)

    def trees(self) -> Iterator[Tree]:
        """The trees, one by one."""
        names = ("left", "right", "feature", "threshold", "value", "cover")
        arrays = [getattr(self, name).cpu().numpy() for name in names]
        roots = self.roots.tolist()
        for root, end in zip(roots, [*roots[1:], len(self.left)], strict=True):
            left, right, *rest = (array[root:end] for array in arrays)
            yield Tree(left - root, right - root, *rest)

    def extra_repr(self) -> str:
        nodes, outputs = self.value.shape
        return f"trees={len(self)}, nodes={nodes}, depth={self.depth}, columns={self.columns}, outputs={outputs}"


def rounded_down(thresholds: Array) -> Array:
    """The largest float32 values that are not above `thresholds`.

    >>> rounded_down(np.array([0.5, 0.1]))[0], rounded_down(np.array([0.1]))[0] <= 0.1
    (np.float32(0.5), np.True_)
    """
    nearest = thresholds.astype(np.float32)
    lower: Array = np.where(nearest > thresholds, np.nextafter(nearest, np.float32(-np.inf)), nearest)
    return lower
