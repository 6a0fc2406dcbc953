"""Nobody's code may leave a trace: generators, modes, hooks and weights are put back, and who moved them is named."""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from whybench.digests import tensors_digest

HOOKS = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")


@contextmanager
def isolated(who: str, module: nn.Module, note: Callable[[str], None]) -> Iterator[None]:
    """Run third-party code; afterwards global state is as before, and `note` is told what had been changed."""
    before = _generators()
    grad, dtype = torch.is_grad_enabled(), torch.get_default_dtype()
    hooks = [(m, name, set(getattr(m, name))) for m in module.modules() for name in HOOKS]
    weights = _weights(module)
    try:
        yield
    finally:
        moved = [name for name, state in _generators().items() if not _same(state, before[name])]
        if moved:
            _restore(before)
            note(f"{who} moved the global random generators of {', '.join(moved)}; they were put back")
        if torch.is_grad_enabled() != grad or torch.get_default_dtype() != dtype:
            torch.set_grad_enabled(grad)
            torch.set_default_dtype(dtype)
            note(f"{who} changed torch's grad mode or default dtype; they were put back")
        left = 0
        for m, name, known in hooks:
            for key in set(getattr(m, name)) - known:
                del getattr(m, name)[key]
                left += 1
        if left:
            note(f"{who} left {left} hooks on the model; they were removed")
        written = sum(_put_back(*kept) for kept in weights)
        if written:
            note(f"{who} changed {written} parameters or buffers of the model; they were put back")


@contextmanager
def generators_kept() -> Iterator[None]:
    """Put the global random generators back, whoever moves them: a model that draws while it answers, say."""
    before = _generators()
    try:
        yield
    finally:
        _restore(before)


@contextmanager
def generators_from(seed: int) -> Iterator[None]:
    """All global random generators set from `seed`, for libraries that draw from them, and put back afterwards."""
    with generators_kept():
        random.seed(seed)
        np.random.seed(seed % 2**32)  # noqa: NPY002 the legacy generator is the global one
        torch.manual_seed(seed)
        yield


def _weights(module: nn.Module) -> list[tuple[dict[str, Tensor | None], str, Tensor, Tensor]]:
    """Every parameter and buffer: where it is held, under which name, and its values."""
    held = [store for part in module.modules() for store in (part._parameters, part._buffers)]
    return [(store, name, t, t.detach().clone()) for store in held for name, t in store.items() if t is not None]  # type: ignore[misc]


def _put_back(store: dict[str, Tensor | None], name: str, tensor: Tensor, values: Tensor) -> bool:
    """Whether a parameter or buffer was changed; it is then as it was."""
    alike = store.get(name) is tensor and tensor.dtype == values.dtype and tensor.shape == values.shape
    # The digest where they are not equal, since NaN is not equal to itself.
    if alike and (torch.equal(tensor, values) or tensors_digest({"": tensor}) == tensors_digest({"": values})):
        return False
    store[name] = tensor
    tensor.data = values
    return True


def _generators() -> dict[str, Any]:
    states: dict[str, Any] = {
        "random": random.getstate(),
        "numpy": np.random.get_state(),  # noqa: NPY002 the legacy generator is the global one
        "torch": torch.get_rng_state(),
    }
    if torch.cuda.is_available():
        states["cuda"] = torch.cuda.get_rng_state_all()
    return states


def _restore(states: dict[str, Any]) -> None:
    random.setstate(states["random"])
    np.random.set_state(states["numpy"])  # noqa: NPY002
    torch.set_rng_state(states["torch"])
    if "cuda" in states:
        torch.cuda.set_rng_state_all(states["cuda"])


def _same(a: Any, b: Any) -> bool:
    if isinstance(a, torch.Tensor | np.ndarray):
        return a.shape == b.shape and bool((a == b).all())
    if isinstance(a, tuple | list) and any(isinstance(x, torch.Tensor | np.ndarray) for x in a):
        return len(a) == len(b) and all(_same(x, y) for x, y in zip(a, b, strict=True))
    return bool(a == b)
