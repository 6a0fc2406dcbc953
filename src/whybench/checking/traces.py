"""What checked code may leave behind: a snapshot of everything it can reach, in comparable values."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from whybench.digests import tensors_digest
from whybench.isolation import HOOKS, generators_kept

Facts = dict[str, Any]


def generators() -> Facts:
    """The states of the global random generators."""
    legacy: Any = np.random.get_state()  # noqa: NPY002 the legacy generator is the global one
    return {
        "Python's random": random.getstate(),
        "NumPy's": (legacy[0], legacy[1].tobytes(), *legacy[2:]),
        "torch's": torch.get_rng_state().numpy().tobytes(),
        "CUDA's": [state.numpy().tobytes() for state in torch.cuda.get_rng_state_all()],
    }


def modes() -> Facts:
    """torch's global switches."""
    return {
        "grad mode": torch.is_grad_enabled(),
        "inference mode": torch.is_inference_mode_enabled(),
        "default dtype": torch.get_default_dtype(),
        "threads": torch.get_num_threads(),
        "deterministic algorithms": torch.are_deterministic_algorithms_enabled(),
        "cudnn.benchmark": torch.backends.cudnn.benchmark,
        "anomaly mode": torch.is_anomaly_enabled(),
    }


def of_module(module: nn.Module) -> Facts:
    """Weights, buffers, modes, hooks, gradients and attributes."""
    found: Facts = {f"values of {name!r}": tensors_digest({"": value}) for name, value in module.state_dict().items()}
    for name, part in module.named_modules():
        where = f"module {name!r}" if name else "the module"
        found[f"the type of {where}"] = type(part)
        found[f"the mode of {where}"] = "training" if part.training else "eval"
        found[f"the attributes of {where}"] = sorted(vars(part))
        for hook in HOOKS:
            found[f"the number of {hook[1:].replace('_', ' ')} of {where}"] = len(getattr(part, hook))
    for name, parameter in module.named_parameters():
        found[f"requires_grad of {name!r}"] = parameter.requires_grad
        found[f"whether {name!r} has a gradient"] = parameter.grad is not None
    return found


def of_inputs(inputs: Tensor) -> Facts:
    """Values, layout and gradients of a tensor."""
    return {
        "the values of the inputs": tensors_digest({"": inputs}),
        "inputs.requires_grad": inputs.requires_grad,
        "whether the inputs have a gradient": inputs.grad is not None,
        "the strides of the inputs": inputs.stride(),
    }


def changes(before: Facts, after: Facts) -> list[str]:
    """What differs, in words; values that are no short text are told by name only."""
    said = []
    for name in [*before, *(name for name in after if name not in before)]:
        if name not in before or name not in after:
            said.append(f"{name} is {'new' if name in after else 'gone'}")
        elif before[name] != after[name]:
            short = all(isinstance(v, bool | int | str | tuple | torch.dtype) for v in (before[name], after[name]))
            brief = short and len(repr(after[name])) < 60
            said.append(f"{name}: {before[name]} before, {after[name]} after" if brief else f"{name} changed")
    return said


@contextmanager
def put_back() -> Iterator[None]:
    """Whatever is run inside, generators and torch's switches are afterwards what they were."""
    before = modes()
    try:
        with generators_kept(), torch.inference_mode(False), torch.enable_grad():
            yield
    finally:
        torch.set_grad_enabled(before["grad mode"])
        torch.set_default_dtype(before["default dtype"])
        torch.set_num_threads(before["threads"])
        torch.use_deterministic_algorithms(before["deterministic algorithms"])
        torch.backends.cudnn.benchmark = before["cudnn.benchmark"]
        torch.autograd.set_detect_anomaly(before["anomaly mode"])
