"""The randomisation tests as multiples of the gradients that they need, and beside Quantus where it is installed."""

import importlib.util
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from conftest import Against, Passes, place, unshared

from whybench.protocols.model import steady
from whybench.suite import metric

pytestmark = pytest.mark.benchmark(group="sanity", disable_gc=True)

METRICS = {
    "mprt": "mprt(blocks=None, seeds=1)",
    "efficient_mprt": "efficient_mprt(seeds=1)",
    "smooth_mprt": "smooth_mprt(blocks=None, samples=10)",
}


@pytest.mark.parametrize("samples", [32, 256])
@pytest.mark.parametrize("name", METRICS)
def test_randomisation(name: str, samples: int, against: Against) -> None:
    digits = place("digits_cnn", "digits", samples)
    with steady(digits.bench.model.module):
        case, judge = digits.case("gradient"), metric(METRICS[name])

        def score() -> object:
            return judge.score(unshared(case))

        passes = Passes(digits, score)
        gradients = len(passes.backward) // samples

        def again() -> None:
            for _ in range(gradients):
                digits.gradient()

        references: dict[str, Callable[[], object]] = {"its gradients": again, "its passes": passes.again}
        if importlib.util.find_spec("quantus") is not None:
            references["Quantus"] = _quantus(name, case)
        against(score, references)


def _quantus(name: str, case: Any) -> Callable[[], object]:
    """The same number of randomised models and copies, and the same maps; the weights are Quantus' own."""
    import quantus

    shared = {"normalise": False, "disable_warnings": True}
    judge = {
        "mprt": lambda: quantus.MPRT(abs=False, **shared),
        "efficient_mprt": lambda: quantus.EfficientMPRT(complexity_func_kwargs={"n_bins": 100}, **shared),
        "smooth_mprt": lambda: quantus.SmoothMPRT(nr_samples=10, abs=False, **shared),
    }[name]()

    def explain(model: Any, inputs: Any, targets: Any, **others: Any) -> np.ndarray[Any, Any]:
        leaf = torch.as_tensor(inputs, dtype=torch.float32).requires_grad_()
        with torch.enable_grad():
            explained = model(leaf).gather(1, torch.as_tensor(targets)[:, None]).sum()
            found: np.ndarray[Any, Any] = torch.autograd.grad(explained, leaf)[0].numpy()
        return found

    inputs, targets = case.inputs.contiguous().numpy(), case.targets.numpy()
    maps = explain(case.model.module, inputs, targets)
    return lambda: judge(
        model=case.model.module,
        x_batch=inputs,
        y_batch=targets,
        a_batch=maps,
        explain_func=explain,
        channel_first=True,
        device="cpu",
        batch_size=len(case),
    )
