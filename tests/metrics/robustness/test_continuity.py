"""continuity is the published ratio over translations, shared with input_shift_consistency."""

from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from whybench.cases import open_case
from whybench.errors import BadParameter
from whybench.meter import Meter
from whybench.methods.attribution import Gradient
from whybench.metrics.attribution.continuity import Continuity
from whybench.metrics.attribution.input_shift_consistency import InputShiftConsistency
from whybench.metrics.attribution.translations import translated
from whybench.protocols import Case
from whybench.protocols.asking import wrap

GRADIENT = Gradient(polarity="contribution")
IMAGES = torch.randn(3, 2, 6, 5, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
SHIFTS = ((0, 1), (-2, 1), (1, 0))


def network() -> nn.Module:
    net = nn.Sequential(nn.Conv2d(2, 3, 3, padding=1), nn.Tanh(), nn.Flatten(), nn.Linear(90, 1)).double()
    for k, parameter in enumerate(net.parameters()):
        parameter.data.copy_(torch.randn(parameter.shape, generator=torch.Generator().manual_seed(k)) / 3)
    return net.eval()


def case(order: tuple[int, ...] = (0, 1, 2), rows: int = 64, module: nn.Module | None = None) -> Case[Any]:
    chosen = list(order)
    ids, targets = tuple(f"s{i}" for i in chosen), torch.zeros(len(chosen), dtype=torch.int64)
    return open_case(GRADIENT, wrap(module or network(), IMAGES), IMAGES[chosen], targets, ids=ids, rows=rows)


def test_the_definition() -> None:
    net, expected = network(), []
    for x in IMAGES.split(1):
        ratios = []
        for shift in SHIFTS:
            moved = translated(x, shift)
            maps = [GRADIENT.attribute(net, z).sum(1).numpy() for z in (x, moved)]
            before, after = (m / np.abs(m).sum() for m in maps)
            ratios.append(np.abs(after - before).sum() / np.linalg.norm((moved - x).numpy()))
        expected.append(float(max(ratios)))
    assert Continuity(shifts=SHIFTS).score(case()).values.tolist() == pytest.approx(expected, rel=1e-9)


def test_it_is_shared_with_input_shift_consistency() -> None:
    opened, meter = case(), Meter()
    with meter.watching(opened.model.module):
        shared = InputShiftConsistency(form="montavon", shifts=SHIFTS).score(opened).values
        before = meter.forward, meter.backward
        assert Continuity(shifts=SHIFTS).score(opened).values.tolist() == shared.tolist()
    assert (meter.forward, meter.backward) == before == (3 * (1 + 2 * 3), 3 * 3)


def test_a_constant_map_wins_and_linear_gradients_are_constant() -> None:
    linear = nn.Sequential(nn.Flatten(), nn.Linear(60, 1)).double()
    assert Continuity().score(case(module=linear)).values.tolist() == [0.0] * 3
    assert Continuity.trivial


def test_batches_do_not_matter() -> None:
    whole = Continuity().score(case()).values
    for order in ((1,), (2, 0)):
        assert Continuity().score(case(order, 1)).values.tolist() == pytest.approx(
            whole[list(order)].tolist(), abs=1e-12
        )


def test_shifts_that_are_none_are_refused() -> None:
    with pytest.raises(BadParameter, match="shifts="):
        Continuity(shifts=(0,))
