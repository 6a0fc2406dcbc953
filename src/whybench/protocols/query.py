"""What a method is asked: a batch of samples, their targets, and how rows go through the model."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import prod

import torch
from torch import Tensor
from torch.autograd.graph import GradientEdge, get_gradient_edge

from whybench.domains import Domain, Infill
from whybench.errors import Unsupported
from whybench.protocols.input_gradient import gradient_sums, input_gradient
from whybench.protocols.model import Model
from whybench.protocols.pairs import pairs
from whybench.streams import Streams

Draw = Callable[[str, Sequence[tuple[str, int]], tuple[int, ...]], Tensor]

DRAWN_ROWS, DRAWN_VALUES = 2**12, 2**18
"""Draws made at once, and their values, where those of one pass are fewer."""


@dataclass(frozen=True, eq=False)
class Query:
    """One batch of samples and what is asked about them: the only thing that a method sees.

    inputs: (n, ...) model inputs; targets: (n,) int64; ids: n stable names; rows: how many rows go into one pass;
    prepared: what the method's `prepare` learned of this model.
    The model is in eval mode with frozen parameters.
    """

    model: Model
    inputs: Tensor
    targets: Tensor
    ids: tuple[str, ...]
    streams: Streams
    rows: int
    prepared: Mapping[str, Tensor] = field(default_factory=dict)

    @property
    def domain(self) -> Domain:
        return self.model.domain

    def __len__(self) -> int:
        return len(self.ids)

    def each(self, draws: int, passes: int = 1) -> Iterator[tuple[Tensor, Tensor]]:
        """All (sample, draw) pairs, sample-major, in batches of `passes` full passes: two int64 tensors a batch."""
        return pairs(len(self), draws, self.rows * passes, self.inputs.device)

    def drawn(
        self, draw: Draw, role: str, draws: int, shape: tuple[int, ...]
    ) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
        """`each`, with what `draw` (of `Streams`) gives for every pair, named by the sample's id and the draw's number.

        Small draws are made for several passes at once.
        """
        together = min(DRAWN_ROWS, DRAWN_VALUES // max(1, prod(shape))) // self.rows
        for sample, number in self.each(draws, max(1, together)):
            names = [(self.ids[i], k) for i, k in zip(sample.tolist(), number.tolist(), strict=True)]
            parts = (torch.split(each, self.rows) for each in (sample, number, draw(role, names, shape)))
            yield from zip(*parts, strict=True)

    def outputs(self, inputs: Tensor, sample: Tensor, *, disposable: bool = False) -> Tensor:
        """The explained scalar of each row, (rows,), without a graph; `sample` says whose target each row has.

        disposable: the model may write into `inputs`.
        """
        with torch.inference_mode():
            out = self.model.explained(self.model.module(self.model.given(inputs, disposable)), self.targets[sample])
        return out.clone()

    def gradient(self, inputs: Tensor, sample: Tensor | slice) -> Tensor:
        """The gradient of each row's explained scalar with respect to that row, shaped like `inputs`."""
        with torch.inference_mode(False), torch.enable_grad():
            out, given = self._explained(inputs, sample)
            return input_gradient(out, torch.ones_like(out), given)

    def add_gradients(self, total: Tensor, inputs: Tensor, sample: Tensor, weight: Tensor | None = None) -> None:
        """Add `gradient` of every row, times its weight, (rows,), to its sample's row of `total`."""
        sums, samples = self.gradient_sums(inputs, sample, sample, weight)
        total.index_add_(0, samples, sums)

    def gradient_sums(
        self, inputs: Tensor, sample: Tensor, group: Tensor, weight: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """`gradient` of every row, times its weight, (rows,), added up within groups where that takes less.

        group: (rows,) int64. Gives the sums, (m, ...), and the group of each, (m,); a group may come more than once.
        """
        with torch.inference_mode(False), torch.enable_grad():
            return gradient_sums(*self._explained(inputs, sample), group, weight)

    def _explained(self, inputs: Tensor, sample: Tensor | slice) -> tuple[Tensor, GradientEdge]:
        """The explained scalars with the graph below them, and where it meets the inputs."""
        leaf = inputs.clone() if inputs.is_inference() else inputs
        copy = self.model.copied(leaf.detach().requires_grad_())
        given = get_gradient_edge(copy)
        out = self.model.explained(self.model.module(copy), self.targets[sample])
        if not out.requires_grad:
            raise Unsupported(f"the output of model {self.model.name!r} has no gradient with respect to its inputs")
        return out, given

    def baseline(self, name: str | None = None) -> Tensor:
        """Reference inputs, shaped like `inputs`: the domain's, or the infill `name` with every feature removed."""
        every = torch.arange(len(self), device=self.inputs.device)
        kept = torch.zeros((len(self), *self.domain.grid(self.inputs.shape)), dtype=torch.bool, device=every.device)
        return self.infill(name).apply(kept, every)

    def infill(self, name: str | None = None) -> Infill:
        """What stands in for removed features: the infill `name`, or the domain's baseline."""
        if name is None:
            return self.domain.fixed(self.inputs, self.domain.like(self.domain.baseline, self.inputs))
        return self.domain.infill(name, self.inputs, self.ids, self.streams)

    def per_sample(self, draw: Callable[[str], Tensor]) -> Tensor:
        """`draw(id)` for every sample, stacked and brought to the dtype and device of the inputs."""
        return torch.stack([draw(i) for i in self.ids]).to(self.inputs)
