"""Inputs near the one that is explained, the same for all methods, and what the model makes of them."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from whybench.errors import Unsupported
from whybench.layout import taken
from whybench.metrics.attribution.layer_trace import AFFINE
from whybench.passes import Passes
from whybench.protocols import Artifact, Case
from whybench.protocols.blocks import by_block
from whybench.protocols.model import steady

FLOOR = 1e-6
"""Values below this share of the largest one count as that much where something is divided by them."""
MOST_BYTES = 64 * 2**20
"""So much is kept of what all methods are asked at; where there would be more, it is made anew for each."""
TOGETHER = 2**19
"""Values that are drawn at once."""


def nearby(case: Case[Any], draw: int, radius: float) -> Tensor:
    """x + u with u uniform in [-radius, radius] for every channel of every feature; named by sample and draw."""
    every = torch.arange(len(case), device=case.inputs.device)
    return nearby_rows(case, every, torch.full_like(every, draw), radius)


def nearby_rows(case: Case[Any], sample: Tensor, draw: Tensor, radius: float) -> Tensor:
    """`nearby` of some samples and draws, one row for each pair of their int64 positions."""
    names = [(case.ids[i], k) for i, k in zip(sample.tolist(), draw.tolist(), strict=True)]
    noise = case.streams.uniforms("nearby", names, tuple(case.inputs.shape[1:])).to(case.inputs)
    return taken(case.inputs, sample).add_(noise.mul_(2).sub_(1).mul_(radius))


def few_enough(case: Case[Any], draws: int) -> bool:
    """Whether so many tensors like the inputs may be kept for other methods."""
    return case.inputs.numel() * case.inputs.element_size() * draws <= MOST_BYTES


@dataclass(frozen=True)
class NearbyInputs(Artifact):
    """The `draws` inputs within `radius` of each sample, drawn once for all methods: `inputs`, (n, draws, ...)."""

    name: ClassVar[str] = "nearby_inputs"
    shared: ClassVar[bool] = True

    draws: int
    radius: float

    def compute(self, case: Case[Any]) -> dict[str, Tensor]:
        passes = max(1, TOGETHER // (case.rows * case.inputs.shape[1:].numel()))
        rows = [nearby_rows(case, sample, draw, self.radius) for sample, draw in case.each(self.draws, passes)]
        return {"inputs": torch.cat(rows).view(len(case), self.draws, *case.inputs.shape[1:])}

    def passes(self, case: Case[Any], tensors: Mapping[str, Tensor]) -> Passes | None:
        return Passes()

    def batches(self, case: Case[Any]) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
        """All (sample, draw, input) in full batches, as `Case.each`; nothing may be written into them."""
        if few_enough(case, self.draws):
            kept = torch.split(case.artifact(self)["inputs"].to(case.inputs.device).flatten(0, 1), case.rows)
            for (sample, draw), inputs in zip(case.each(self.draws), kept, strict=True):
                yield sample, draw, inputs
        else:
            for sample, draw in case.each(self.draws):
                yield sample, draw, nearby_rows(case, sample, draw, self.radius)


def relative_change(before: Tensor, after: Tensor) -> Tensor:
    """|(after - before) / before|_2 of each row, element by element, (n,) float64.

    Elements of `before` below 1e-6 of the row's largest are taken as that large, since what is divided by zero has
    no relative change; a row of zeros has none either and gives NaN.

    >>> relative_change(torch.tensor([[1.0, 2.0]]), torch.tensor([[4.0, 10.0]])).tolist()
    [5.0]
    """
    start, change = before.double().flatten(1), (after.double() - before.double()).flatten(1)
    largest = start.abs().amax(1, keepdim=True)
    size = torch.maximum(start.abs(), FLOOR * largest)
    return torch.where(largest[:, 0] > 0, (change / torch.where(size > 0, size, 1.0)).norm(dim=1), torch.nan)


@dataclass(frozen=True)
class NearbyAnswers(Artifact):
    """What the model says to `draws` inputs within `radius` of each sample: n x (draws + 1) passes, for all methods.

    Tensors (n, draws): `same` (bool) whether the predicted class is that of the sample; `output` |h(x') - h(x)|_2 of
    all outputs; `input` the relative change of the inputs; with a `layer`, `representation` the relative change of what
    that layer reads. `layer`: a sub-module's name, `last` for the last convolution or linear layer that runs, or None.

    Raises Unsupported where there is no such layer, and where it does not run exactly once in a pass.
    """

    name: ClassVar[str] = "nearby_answers"
    shared: ClassVar[bool] = True

    draws: int
    radius: float
    layer: str | None = None

    def compute(self, case: Case[Any]) -> dict[str, Tensor]:
        with steady(case.model.module):
            watched = None if self.layer is None else self._layer(case)
            return by_block(lambda block: self._answers(block, watched), case)

    def passes(self, case: Case[Any], tensors: Mapping[str, Tensor]) -> Passes | None:
        return Passes((self.draws + 1) * len(case))

    def _answers(self, case: Case[Any], watched: nn.Module | None) -> dict[str, Tensor]:
        outputs, hidden = self._ask(case, case.inputs, watched)
        parts = []
        for sample, _, inputs in NearbyInputs(self.draws, self.radius).batches(case):
            new_outputs, new_hidden = self._ask(case, inputs, watched)
            same = new_outputs.argmax(1) == outputs.argmax(1)[sample]
            part = {
                "same": torch.ones_like(same) if case.model.output == "scalar" else same,
                "output": (new_outputs - outputs[sample]).double().norm(dim=1),
                "input": relative_change(taken(case.inputs, sample), inputs).nan_to_num(0.0),
            }
            if hidden is not None and new_hidden is not None:
                part["representation"] = relative_change(hidden[sample], new_hidden).nan_to_num(0.0)
            parts.append(part)
        return {name: torch.cat([part[name] for part in parts]).view(len(case), -1).cpu() for name in parts[0]}

    def _ask(self, case: Case[Any], inputs: Tensor, layer: nn.Module | None) -> tuple[Tensor, Tensor | None]:
        if layer is None:
            return case.predict(inputs), None
        with _read_by(layer) as parts:
            outputs = case.predict(inputs)
        hidden = torch.cat(parts) if parts else inputs[:0]
        if len(hidden) != len(inputs):
            raise Unsupported(f"layer {self.layer!r} of model {case.model.name!r} does not run exactly once in a pass")
        return outputs, hidden

    def _layer(self, case: Case[Any]) -> nn.Module:
        modules: dict[str, nn.Module] = dict(case.model.module.named_modules())
        if self.layer != "last":
            if self.layer not in modules:
                raise Unsupported(f"model {case.model.name!r} has no layer {self.layer!r}")
            return modules[self.layer]
        ran: list[nn.Module] = []
        handles = [
            m.register_forward_pre_hook(lambda layer, _: ran.append(layer))
            for m in modules.values()
            if isinstance(m, AFFINE)
        ]
        try:
            case.predict(case.inputs[:1])
        finally:
            for handle in handles:
                handle.remove()
        if not ran:
            raise Unsupported(
                f"model {case.model.name!r} has no linear layer or convolution whose inputs could be read"
            )
        return ran[-1]


@contextmanager
def _read_by(layer: nn.Module) -> Iterator[list[Tensor]]:
    """What a layer reads while the context is open, batch by batch, one row a sample."""
    parts: list[Tensor] = []

    def keep(module: nn.Module, inputs: Any) -> None:
        parts.append(inputs[0].flatten(1).clone())

    handle = layer.register_forward_pre_hook(keep)
    try:
        yield parts
    finally:
        handle.remove()
