"""The same function as another network."""

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from whybench.errors import Unsupported
from whybench.metrics.attribution import channel_rewrites, layer_rewrites
from whybench.metrics.attribution.layer_trace import LayerTrace
from whybench.passes import Passes
from whybench.protocols import Artifact, Case
from whybench.protocols.asking import predict
from whybench.protocols.model import steady

LOCAL: Mapping[str, Callable[[nn.Module, LayerTrace], nn.Module | None]] = {
    "relu_as_selection": layer_rewrites.selection,
    "relu_as_product": layer_rewrites.gate,
    "split_linear": layer_rewrites.split_linear,
    "split_convolution": layer_rewrites.split_convolution,
    "explicit_padding": layer_rewrites.explicit_padding,
    "pool_as_convolution": layer_rewrites.pool_as_convolution,
    "unfolded_batch_norm": layer_rewrites.unfolded_batch_norm,
}
"""By name: one layer -> what takes its place, or None for layers that it does not concern."""

PAIRED: Mapping[str, Callable[[LayerTrace], bool]] = {
    "permuted_channels": channel_rewrites.permuted_channels,
    "rescaled_pair": channel_rewrites.rescaled_pair,
}
"""By name: changes layers as they are and says whether there were any."""

REWRITES = (*LOCAL, "folded_batch_norm", *PAIRED)


def rewritten(module: nn.Module, name: str, inputs: Tensor) -> nn.Module | None:
    """A float64 copy of `module` in which everything that the rewrite concerns is rewritten; None where nothing is.

    inputs: one float64 input, on which the network is watched. The rewrite is not checked here.
    """
    copy = deepcopy(module).double()
    with steady(copy):
        trace = LayerTrace(copy, inputs.clone())
        layers = list(dict.fromkeys(call.layer for call in trace.calls))
        if name in PAIRED:
            return copy if PAIRED[name](trace) else None
        if name == "folded_batch_norm":
            places = channel_rewrites.folded_batch_norm(trace)
        else:
            found = {layer: LOCAL[name](layer, trace) for layer in layers}
            places = {layer: new for layer, new in found.items() if new is not None}
    return _replaced(copy, places) if places else None


def _replaced(root: nn.Module, places: Mapping[nn.Module, nn.Module]) -> nn.Module:
    """`root` with other modules in the places of some, under the same names, wherever these are found."""
    for parent in list(root.modules()):
        for name, child in parent._modules.items():
            if child is not None and child in places:
                parent._modules[name] = places[child]
    return places.get(root, root).eval()


@dataclass(frozen=True)
class RewriteDeviations(Artifact):
    """By how much each rewrite changes the outputs: what has to be next to nothing for the rewrite to be used.

    Tensors: `deviation` (n, rewrites) float64: max |f'(x) - f(x)| / max(1, max |f(x)|) over the outputs, computed in
    float64 whatever the model's own precision; infinite where the rewrite finds nothing to rewrite or does not run.

    Raises Unsupported where the model cannot be copied to float64.
    """

    name: ClassVar[str] = "rewrite_deviations"
    shared: ClassVar[bool] = True

    def compute(self, case: Case[Any]) -> dict[str, Tensor]:
        try:
            outputs = _outputs(case, deepcopy(case.model.module).double())
        except Exception as error:  # whatever a foreign module raises
            raise Unsupported(f"model {case.model.name!r} does not run as a copy in float64: {error}") from error
        columns = []
        for name in REWRITES:
            column = torch.full((len(case),), torch.inf, dtype=torch.float64, device=outputs.device)
            try:
                module = rewritten(case.model.module, name, case.inputs[:1].double())
                if module is not None:
                    difference = (_outputs(case, module) - outputs).abs().amax(1)
                    column = difference / outputs.abs().amax(1).clamp(min=1)
            except Exception:  # a module that reads its layers' own attributes may not run with others in their place
                pass
            columns.append(column)
        return {"deviation": torch.stack(columns, 1).cpu()}

    def passes(self, case: Case[Any], tensors: Mapping[str, Tensor]) -> Passes | None:
        return Passes((1 + int(tensors["deviation"].isfinite().any(0).sum())) * len(case))


def _outputs(case: Case[Any], module: nn.Module) -> Tensor:
    with steady(module):
        return predict(case.model.with_module(module), case.inputs.double(), case.rows)
