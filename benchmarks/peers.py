"""The libraries that whybench is measured beside, where they are installed, asked for the same work."""

import contextlib
import importlib.util
import io
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch

from whybench.protocols import Case

QUANTUS = {"normalise": False, "disable_warnings": True}
"""Relevance as it is, and no warnings on parameters."""


def installed(name: str) -> bool:
    """Whether a library can be imported."""
    return importlib.util.find_spec(name) is not None


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Without the libraries' warnings and progress bars."""
    with warnings.catch_warnings(), contextlib.redirect_stderr(io.StringIO()):
        warnings.simplefilter("ignore")
        yield


def quantus_metric(name: str, case: Case[Any], softmax: bool = False, **parameters: Any) -> Callable[[], Any] | None:
    """A call of one of Quantus' metrics on the samples and maps of a case, in one batch; None without Quantus.

    What explains again is the plain gradient.
    """
    if not installed("quantus"):
        return None
    import quantus

    metric = getattr(quantus, name)(**{**QUANTUS, **parameters})
    inputs, maps = (t.contiguous().numpy().copy() for t in (case.inputs, case.explanation.relevance))
    return lambda: metric(
        model=case.model.module,
        x_batch=inputs,
        y_batch=case.targets.numpy(),
        a_batch=maps,
        explain_func=gradient,
        softmax=softmax,
        channel_first=True,
        device="cpu",
        batch_size=len(case),
    )


def gradient(model: Any, inputs: Any, targets: Any, **others: Any) -> np.ndarray[Any, Any]:
    """The gradient of the targets' logits, as Quantus asks for explanations."""
    leaf = torch.as_tensor(inputs, dtype=torch.float32).requires_grad_()
    with torch.enable_grad():
        explained = model(leaf).gather(1, torch.as_tensor(targets)[:, None]).sum()
        found: np.ndarray[Any, Any] = torch.autograd.grad(explained, leaf)[0].numpy()
    return found
