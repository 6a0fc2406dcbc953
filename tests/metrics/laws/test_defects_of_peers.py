"""Defects that were found in other suites of metrics and that no other test here would show."""

import dataclasses
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from law_world import draw, judged, names, opened, small
from planting import F64, Additive, Scene, told
from torch import Tensor, nn

import whybench
from whybench.domains import ImageDomain
from whybench.methods.attribution import Gradient, InputXGradient
from whybench.metrics.attribution import InputInvariance, PixelFlipping
from whybench.parameters import parameters


def test_areas_need_no_function_of_one_numpy(monkeypatch: pytest.MonkeyPatch) -> None:
    """NumPy 2.4 has no trapz; every area of a suite that calls it raises AttributeError there."""
    for name in ("trapz", "trapezoid"):
        monkeypatch.delattr(np, name, raising=False)
    scene = Scene(Additive(torch.tensor([3.0, 2.0, 1.0], dtype=F64)), torch.ones(1, 3, dtype=F64))
    case = scene.asked(told(torch.tensor([[3.0, 2.0, 1.0]], dtype=F64)))
    assert PixelFlipping(infill="zero", output="logit").score(case).values.tolist() == pytest.approx([7 / 3])


@pytest.mark.parametrize("steps", [7, "every(4)"])
def test_steps_need_not_divide_the_image(steps: Any) -> None:
    """An area over equal steps where the last one is shorter counts that one too much: shares, not steps, are the axis.

    On an additive model a map and its reversal add up to the clean output and the empty one.
    """
    weight, inputs = draw(1, 5, 5), draw(3, 1, 5, 5, seed=1)
    scene, maps = Scene(Additive(weight), inputs), draw(3, 1, 5, 5, seed=2)
    metric = PixelFlipping(infill="zero", output="logit", region=1, steps=steps)
    there, back = (metric.score(scene.asked(told(sign * maps))) for sign in (1, -1))
    clean = (inputs * weight).flatten(1).sum(1)
    assert there.curves is not None
    x, y = there.curves.x, there.curves.y
    torch.testing.assert_close(((y[:, 1:] + y[:, :-1]) / 2 * x.diff(dim=1)).sum(1), there.values, rtol=0, atol=1e-12)
    if steps == 7:
        torch.testing.assert_close(there.values + back.values, clean, rtol=0, atol=1e-12)
    else:
        assert torch.allclose(x[0, -2:].diff(), torch.tensor([1 / 25], dtype=F64))


def test_uniform_noise_is_drawn_for_every_pixel_and_channel() -> None:
    """One number for the whole image would be a grey of another brightness."""
    images = torch.zeros(2, 3, 4, 4, dtype=F64)
    domain = ImageDomain(low=-1.0, high=2.0)
    fill = domain.infill("uniform", images, ("a", "b"), whybench.streams.Streams(0))
    rows = fill.apply(torch.zeros(2, 4, 4, dtype=torch.bool), torch.arange(2))
    assert len(rows.unique()) == rows.numel()
    assert ((rows >= -1) & (rows <= 2)).all()


def test_networks_without_a_bias_and_nested_ones_can_be_shifted() -> None:
    """A shift that is written into the first layer's bias needs one, and a first layer that is no block of others."""
    block = nn.Sequential(nn.Conv2d(2, 3, 3, padding=1, bias=False), nn.ReLU())
    net = nn.Sequential(block, nn.Flatten(), nn.Linear(48, 2, bias=False)).double()
    for k, parameter in enumerate(net.parameters()):
        parameter.data = draw(*parameter.shape, seed=k)
    scene = Scene(net, draw(3, 2, 4, 4, seed=5))
    assert float(InputInvariance().score(scene.asked(Gradient())).values.max()) < 1e-12
    gradient = scene.asked(Gradient()).explanation.relevance
    largest = (scene.inputs * gradient).flatten(1).abs().amax(1)
    found = InputInvariance(shift=2.0).score(scene.asked(InputXGradient())).values
    torch.testing.assert_close(found, 2 * gradient.flatten(1).abs().amax(1) / largest, rtol=1e-12, atol=0)


@pytest.mark.parametrize("name", names())
def test_a_metric_is_a_value_that_scoring_does_not_change(name: str) -> None:
    """Parameters in one dictionary for all evaluators leak from one model into the next."""
    metric = small(name)
    before = dict(vars(metric))
    first = metric.score(opened(judged(name))).values
    assert vars(metric) == before
    assert metric == small(name)
    assert hash(metric) == hash(small(name))
    second = metric.score(opened(judged(name))).values
    assert torch.equal(first.nan_to_num(), second.nan_to_num())
    for field in dataclasses.fields(metric):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(metric, field.name, None)


def test_one_method_that_fails_costs_the_others_nothing_and_leaks_no_parameter() -> None:
    """Exceptions that are printed and swallowed leave a table without a row; options must stay with their method."""

    def failing(module: nn.Module, inputs: Tensor, targets: Tensor) -> Tensor:
        raise ValueError("no map today")

    net = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 2)).double().requires_grad_(False)
    for k, parameter in enumerate(net.parameters()):
        parameter.data = draw(*parameter.shape, seed=k)
    inputs, asked = draw(3, 4, seed=9), {"few": "smooth_grad(samples=2)", "default": "smooth_grad"}

    def scores(methods: dict[str, Any]) -> dict[str, list[float]]:
        board = whybench.evaluate(net, inputs, methods=methods, metrics=["pixel_flipping"])
        table = board.scores[board.scores["status"] == "ok"]
        return {name: rows["score"].tolist() for name, rows in table.groupby("method")}

    together = scores({"few": asked["few"], "failing": failing, "default": asked["default"]})
    assert together == scores({"default": asked["default"]}) | scores({"few": asked["few"]})
    assert together["few"] != together["default"]
    board = whybench.evaluate(net, inputs, methods={"failing": failing}, metrics=["pixel_flipping"])
    assert "no map today" in board.to_json()


def test_nothing_is_said_or_left_unsaid_because_of_where_it_runs() -> None:
    """Warnings that are shown under one continuous-integration service only never reach their readers."""
    here = Path(whybench.__file__).parent
    code = [path for folder in (here, here / "methods", here / "metrics") for path in folder.rglob("*.py")]
    assert len(code) > 200
    reads = re.compile(r"GITHUB_|GITLAB_|[\"']CI[\"']")
    assert [path.name for path in code if reads.search(path.read_text(encoding="utf-8"))] == []


def test_every_metric_says_its_parameters() -> None:
    """What decides a score stands beside it: no default is hidden in the code."""
    for name in names():
        assert set(parameters(small(name))) == {field.name for field in dataclasses.fields(small(name))}
