"""The same code on a graphics processor; and what may go from there to the host while rows are made."""

import traceback
from collections import Counter
from collections.abc import Callable, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

import whybench
from whybench.cases import open_case
from whybench.methods.attribution import Gradient
from whybench.protocols import Artifact, Case
from whybench.protocols.asking import wrap
from whybench.registries import methods
from whybench.resolver import resolve
from whybench.sweeps import Sweep, answers

METHODS = [
    *("gradient", "integrated_gradients(steps=8)", "smooth_grad(samples=4)", "lrp(composite='epsilon_plus')"),
    *("deep_lift", "guided_backprop", "grad_cam", "occlusion", "kernel_shap(samples=128)", "rise(masks=32)", "random"),
]
METRICS = [
    *("srg(steps=8)", "pixel_flipping(infill='noisy_linear', steps=8)", "ssr(steps=8)", "road", "sensitivity_n"),
    *("faithfulness_correlation", "infidelity", "mprt", "random_logit", "sensitivity_max", "input_shift_consistency"),
]
TOLERANCE = 1e-9
"""In float64, relative to the largest score of a cell: sums run in another order on another device."""
COPIES = ("cpu", "numpy", "tolist")
TO_THE_HOST = {"aten._local_scalar_dense.default", "aten.is_nonzero.default", "aten.nonzero.default"}


def network() -> nn.Module:
    torch.manual_seed(0)
    layers = (nn.Conv2d(2, 4, 3, padding=1), nn.ReLU(), nn.Conv2d(4, 3, 3, padding=1), nn.ReLU(), nn.Flatten())
    return nn.Sequential(*layers, nn.Linear(192, 3)).double().eval()


def images(n: int) -> Tensor:
    return torch.rand(n, 2, 8, 8, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


def scores(device: str) -> dict[tuple[str, str], list[float]]:
    board = whybench.evaluate(
        deepcopy(network()), images(4), [0, 1, 2, 0], methods=METHODS, metrics=METRICS, bounds=(0.0, 1.0), device=device
    )
    assert [r.reason for r in board.records if r.status == "failed"] == []
    return {
        (r.subject.method, f"{r.metric} {r.parameters}"): [
            float("nan") if s.score is None else s.score for s in r.samples
        ]
        for r in board.records
    }


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_scores_on_cuda_are_those_of_the_processor() -> None:
    here, there = scores("cpu"), scores("cuda")
    assert here.keys() == there.keys()
    for cell, values in here.items():
        expected = torch.tensor(values)
        size = expected.nan_to_num().abs().max().item()
        torch.testing.assert_close(
            torch.tensor(there[cell]), expected, rtol=0, atol=TOLERANCE * max(1.0, size), equal_nan=True, msg=str(cell)
        )


class Readings(TorchDispatchMode):
    """Counts, by the file that does so, where the host waits for a value or takes a copy.

    Copies are methods of tensors, patched here: on a processor they copy nothing, and no operation is dispatched.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__()
        self.where: Counter[str] = Counter()
        for name in COPIES:
            monkeypatch.setattr(Tensor, name, self.counted(getattr(Tensor, name)))

    def counted(self, copy: Callable[..., Any]) -> Callable[..., Any]:
        def counting(tensor: Tensor, *args: Any, **kwargs: Any) -> Any:
            self.count()
            return copy(tensor, *args, **kwargs)

        return counting

    def count(self) -> None:
        ours = [Path(f.filename).name for f in traceback.extract_stack() if "whybench" in f.filename]
        self.where[ours[-1]] += 1

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        if str(func) in TO_THE_HOST:
            self.count()
        return func(*args, **(kwargs or {}))


def readings(artifact: Artifact, rows: int, monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    ids = tuple(str(i) for i in range(8))
    case: Case[Any] = open_case(
        Gradient(), wrap(network(), images(8)), images(8), torch.zeros(8, dtype=torch.int64), ids=ids, rows=rows
    )
    with monkeypatch.context() as patch, Readings(patch) as found:
        artifact.compute(case)
    return found.where


ONCE = {"ranks.py": 1, "sorting.py": 1, "answers.py": 1}
"""What a sweep reads whatever the passes; sorting.py goes to NumPy on a processor only."""


@pytest.mark.parametrize("infill", ["mean", "zero", "blur"])
@pytest.mark.parametrize("direction", ["deletion", "insertion"])
def test_a_sweep_waits_for_one_value_in_sixteen_passes(
    infill: str, direction: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether the outputs are finite, and whether maps have ties; masks, ranks and reductions stay where they are."""
    sweep = Sweep(infill, None, 16, direction)
    for rows in (8, 34, 136):
        assert readings(sweep, rows, monkeypatch) == {**ONCE, "explanations.py": 1}
    monkeypatch.setattr(answers, "FILLED", 0)  # as for large inputs, whose rows are made a pass at a time
    for rows in (8, 34, 136):
        assert readings(sweep, rows, monkeypatch) == {**ONCE, "explanations.py": -(-8 * 17 // rows)}


@pytest.mark.parametrize("spec", ["gradient", "integrated_gradients(steps=8)", "smooth_grad(samples=8)", "occlusion"])
def test_methods_wait_for_no_value_a_pass(spec: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Twice as many passes, and not one more value is waited for."""
    method: Any = resolve(methods, spec)

    def waits(rows: int) -> int:
        with monkeypatch.context() as patch, Readings(patch) as found:
            method.attribute(network(), images(8), 0, batch_size=rows)
        return sum(found.where.values())

    waits(4)  # what is found out of windows is kept
    assert waits(4) == waits(8)
