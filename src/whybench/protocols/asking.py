"""From what a caller has at hand (a module, a batch, perhaps targets) to the nouns that methods work with."""

from collections.abc import Callable, Sequence
from math import prod
from typing import Any

import torch
from torch import Tensor, nn

from whybench.domains import Domain, ImageDomain, TabularDomain
from whybench.errors import BadInput, BadParameter, UnknownName, shown
from whybench.explanations import finite, finite_samples
from whybench.protocols.black_box import BlackBox
from whybench.protocols.model import Model, check_classes, steady
from whybench.trees import TreeEnsemble

TOGETHER = 1024
"""Samples that are brought to float64 at once."""
DOMAINS: dict[str, type[Domain]] = {"image": ImageDomain, "tabular": TabularDomain}


def domain_of(
    inputs: Tensor,
    domain: Domain | str | None = None,
    bounds: tuple[Tensor | float, Tensor | float] | None = None,
    baseline: Tensor | float = 0.0,
    mean: Tensor | float | None = None,
) -> Domain:
    """The domain of a batch: as given, by name, or by its number of dimensions (4: image, 2: tabular).

    mean: the data's mean; None where the batch is the data: a channel's mean for images, a column's for tables.
    """
    if isinstance(domain, Domain):
        return domain
    name = domain or {4: "image", 2: "tabular"}.get(inputs.ndim)
    if name is None:
        raise BadInput(
            f"inputs of shape {tuple(inputs.shape)} are of no known domain; images are (n, channels, height, width), "
            "tables (n, columns)"
        )
    if name not in DOMAINS:
        raise UnknownName("domain", name, list(DOMAINS))
    if inputs.ndim != {"image": 4, "tabular": 2}[name]:
        raise BadInput(f"inputs of shape {tuple(inputs.shape)} are not {name} inputs")
    if mean is None:
        mean = _mean(inputs, (0, 2, 3))[:, None, None] if name == "image" else _mean(inputs, (0,))
    low, high = (None, None) if bounds is None else _ordered(bounds)
    return DOMAINS[name](low=low, high=high, mean=mean, baseline=baseline)


def wrap(
    module: nn.Module | Model | Callable[[Tensor], Any],
    inputs: Tensor,
    *,
    name: str = "model",
    domain: Domain | str | None = None,
    target_layer: str | None = None,
    bounds: tuple[Tensor | float, Tensor | float] | None = None,
    baseline: Tensor | float = 0.0,
    mean: Tensor | float | None = None,
) -> Model:
    """A Model around any module; whether it is a classifier or a scalar model is seen from one forward pass.

    Any other callable inputs -> outputs is taken as a black box, which answers forward passes only.
    """
    check_inputs(inputs)
    if isinstance(module, Model):
        check_tensors(module.module)
        module.domain.check(tuple(inputs.shape))
        return module
    differentiable = isinstance(module, nn.Module) and not isinstance(module, BlackBox | TreeEnsemble)
    if not isinstance(module, nn.Module):
        if not callable(module) or isinstance(module, type):
            raise BadInput(
                f"{shown(module)} is no torch.nn.Module, no Model and no function inputs -> outputs; "
                "whybench.tree_model makes a module of a fitted scikit-learn tree ensemble"
            )
        module = BlackBox(module)
    check_tensors(module)
    with steady(module), torch.inference_mode():
        probe = module(inputs[:1].clone())  # some models write into their inputs
    if not isinstance(probe, Tensor) or probe.ndim == 0 or probe.ndim > 2 or len(probe) != 1:
        shape = tuple(probe.shape) if isinstance(probe, Tensor) else type(probe).__name__
        raise BadInput(f"the module returned {shape} for one input; expected (1, classes), (1, 1) or (1,)")
    scalar = probe.numel() == 1
    model = Model(
        name=name,
        module=module,
        domain=domain_of(inputs, domain, bounds, baseline, mean),
        output="scalar" if scalar else "classes",
        layers={"cam": target_layer} if target_layer else {},
        differentiable=differentiable,
        channels_last=None,
    )
    model.domain.check(tuple(inputs.shape))
    return model


def check_tensors(module: nn.Module) -> None:
    """Raise BadInput, with their names, for parameters and buffers that were made inside torch.inference_mode()."""
    tensors = [*module.named_parameters(), *module.named_buffers()]
    frozen = [name for name, tensor in tensors if tensor.is_inference()]
    if frozen:
        raise BadInput(
            f"parameters or buffers of the module ({', '.join(frozen[:3])}{', ...' if frozen[3:] else ''}) were made "
            "inside torch.inference_mode(), so that nothing can be differentiated; make the module outside of it, or "
            "pass copy.deepcopy(module), made outside of it"
        )


def _mean(inputs: Tensor, over: tuple[int, ...]) -> Tensor:
    """The mean over samples and some of their dimensions, in float64 without a copy of all of them."""
    if len(inputs) <= TOGETHER:
        return inputs.double().mean(over)
    totals = [part.double().sum(over) for part in torch.split(inputs, TOGETHER)]
    return torch.stack(totals).sum(0) / prod(inputs.shape[d] for d in over)


def _ordered(bounds: tuple[Tensor | float, Tensor | float]) -> tuple[Tensor | float, Tensor | float]:
    if len(bounds) != 2 or bool((torch.as_tensor(bounds[0]) > torch.as_tensor(bounds[1])).any()):
        raise BadParameter(f"bounds={shown(bounds)}; expected (lowest, highest)")
    return bounds


def check_inputs(inputs: Tensor) -> None:
    """Raise BadInput unless `inputs` is a non-empty, finite, floating-point batch."""
    if not isinstance(inputs, Tensor) or not inputs.is_floating_point():
        kind = inputs.dtype if isinstance(inputs, Tensor) else type(inputs).__name__
        raise BadInput(f"inputs are {kind}; expected a floating-point tensor of shape (n, ...)")
    if inputs.ndim < 2 or len(inputs) == 0:
        raise BadInput(f"inputs of shape {tuple(inputs.shape)}; expected (n, ...) with n >= 1")
    finite = finite_samples(inputs)
    if not finite.all():
        raise BadInput(f"inputs are not finite at positions {(~finite).nonzero().flatten().tolist()[:10]}")


def ask_targets(model: Model, inputs: Tensor, targets: Tensor | Sequence[int] | int | None, rows: int = 64) -> Tensor:
    """Targets as (n,) int64 on the inputs' device: as given, one for all, or the predicted classes."""
    n = len(inputs)
    if model.output == "scalar":
        return torch.zeros(n, dtype=torch.int64, device=inputs.device)
    if targets is None:
        return predict(model, inputs, rows).argmax(1)
    try:
        # A copy, since a tensor of inference mode cannot index what has a gradient.
        given = torch.as_tensor(targets, device=inputs.device).clone()
    except (TypeError, ValueError, RuntimeError) as error:
        raise BadInput(f"targets={shown(targets)}; expected whole class numbers") from error
    if given.is_floating_point() or given.dtype == torch.bool:
        raise BadInput(f"targets have dtype {given.dtype}; expected whole class numbers")
    given = given.to(torch.int64).expand(n) if given.ndim == 0 else given.to(torch.int64)
    if tuple(given.shape) != (n,):
        raise BadInput(f"targets of shape {tuple(given.shape)} for {n} inputs; expected ({n},)")
    if given.device.type != "cpu":  # where a wrong one is no error that could be caught
        check_classes(given, predict(model, inputs[:1], 1).shape[1])
    return given


def predict(model: Model, inputs: Tensor, rows: int = 64, *, disposable: bool = False) -> Tensor:
    """The module's outputs for a batch, (n, outputs), `rows` at a time; raises BadInput where they are not finite.

    disposable: `inputs` are needed no more, so that no copy is made for models that write into theirs.
    """
    chunks = torch.split(inputs, rows)
    with torch.inference_mode():
        parts = [model.module(model.given(chunk, disposable)) for chunk in chunks]
    for part, chunk in zip(parts, chunks, strict=True):
        if not isinstance(part, Tensor) or part.ndim not in (1, 2) or len(part) != len(chunk):
            shape = tuple(part.shape) if isinstance(part, Tensor) else type(part).__name__
            raise BadInput(f"model {model.name!r} returned {shape} for {len(chunk)} inputs; expected (n, outputs)")
    outputs = torch.cat(parts)
    outputs = outputs[:, None] if outputs.ndim == 1 else outputs
    if not finite(outputs):
        bad = (~torch.isfinite(outputs).all(1)).nonzero().flatten().tolist()
        raise BadInput(f"model {model.name!r} returned NaN or infinity for the inputs at positions {bad[:10]}")
    return outputs


def sample_ids(n: int, ids: Sequence[str] | None = None) -> tuple[str, ...]:
    """Stable names of n samples: those given, or positions padded with zeros so that they sort in input order.

    >>> sample_ids(11)[:2]
    ('00', '01')
    """
    if ids is None:
        width = len(str(n - 1))
        return tuple(str(i).zfill(width) for i in range(n))
    names = tuple(str(i) for i in ids)
    if len(names) != n or len(set(names)) != n:
        raise BadInput(f"{len(names)} ids ({len(set(names))} different ones) for {n} inputs; each needs its own")
    return names
