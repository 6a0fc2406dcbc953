"""C13 to C15 of models: layouts, gradients and degenerate inputs."""

import torch

from whybench.checking.clause import Inapplicable, clause, insist
from whybench.checking.of_models.answers import asked, within
from whybench.checking.trial import insist_same
from whybench.protocols.asking import predict
from whybench.suite import ModelLike


@clause(
    13,
    "model",
    "layouts",
    "Strided, transposed and channels-last inputs of the same values have the same outputs: to 1e-5 of the largest.",
    "use reshape in place of view, and no strides",
)
def layouts(thing: ModelLike) -> None:
    model, inputs = asked(thing)
    wanted = predict(model, inputs)
    others = {
        "strided": torch.stack([inputs, inputs], -1)[..., 0],
        "transposed": inputs.movedim(0, -1).contiguous().movedim(-1, 0),
    }
    if inputs.ndim == 4:
        others["channels-last"] = inputs.contiguous(memory_format=torch.channels_last)
    for name, given in others.items():
        with torch.inference_mode():
            found = model.module(given).reshape(wanted.shape)
        insist_same(found, wanted, within(inputs), (f"for {name} inputs", "for contiguous ones"))


@clause(
    14,
    "model",
    "gradients",
    "Where it is said to be differentiable, outputs are the same with a graph as without, and their gradient reaches "
    "the inputs and is finite.",
    "detach nothing on the way, or say differentiable=False: it is then asked for outputs only",
)
def gradients(thing: ModelLike) -> None:
    model, inputs = asked(thing)
    if not model.differentiable:
        raise Inapplicable("it says that it is not differentiable")
    wanted = predict(model, inputs)
    leaf = inputs.clone().requires_grad_()
    outputs = model.module(leaf.clone())
    insist_same(outputs.detach().reshape(wanted.shape), wanted, within(inputs), ("with a graph", "without"))
    insist(outputs.requires_grad, "outputs are cut off from the inputs: they have no graph")
    (found,) = torch.autograd.grad(outputs.reshape(wanted.shape).abs().sum(), leaf, allow_unused=True)
    insist(found is not None, "outputs have a graph, but none that reaches the inputs")
    bad = (~torch.isfinite(found).flatten(1).all(1)).nonzero().flatten().tolist()
    insist(not bad, f"the gradients of the samples at {bad[:4]} are not finite")


@clause(
    15,
    "model",
    "degenerate input",
    "Zero and constant inputs and a single sample have finite outputs.",
    "guard divisions by a norm, a range or a sum that may be 0",
)
def degenerate(thing: ModelLike) -> None:
    model, inputs = asked(thing)
    for name, given in {
        "zero": torch.zeros_like(inputs),
        "constant": torch.ones_like(inputs),
        "one": inputs[:1],
    }.items():
        with torch.inference_mode():
            found = model.module(given.clone())
        bad = int((~torch.isfinite(found)).sum())
        insist(not bad and len(found) == len(given), f"{name}: {bad} of {found.numel()} outputs are not finite")
