"""Models that write into their inputs: neither the caller's tensors nor any number changes."""

import pytest
import torch
from torch import Tensor, nn

from whybench import evaluate, method

OWN = ("gradient", "integrated_gradients(steps=3)", "smooth_grad(samples=2)", "occlusion", "lrp", "guided_backprop")
GAMES = ("lime(samples=20)", "kernel_shap(samples=20)", "shapley_sampling(permutations=2)")
ON_IMAGES = ("occlusion", "lime(samples=40)", "rise(masks=8, cells=2)", "score_cam(layer='1')")
CAPTUM = ("captum/occlusion", "captum/feature_ablation", "captum/kernel_shap(n_samples=20)")
METRICS = ("srg(infill='zero')", "ssr(infill='zero')", "mprt(seeds=1, blocks=1)", "random_logit", "input_invariance")


def net(inplace: bool) -> nn.Module:
    generator = torch.Generator().manual_seed(0)
    module = nn.Sequential(nn.ReLU(inplace), nn.Linear(4, 5), nn.ReLU(inplace), nn.Linear(5, 3)).double()
    for parameter in module.parameters():
        parameter.data = torch.randn(parameter.shape, generator=generator, dtype=torch.float64)
    return module


@pytest.fixture
def inputs() -> Tensor:
    return torch.randn(6, 4, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


@pytest.mark.parametrize("name", OWN + GAMES + CAPTUM)
def test_relevance_is_that_of_the_model_that_does_not_write(name: str, inputs: Tensor) -> None:
    given = inputs.clone()
    found = method(name).attribute(net(inplace=True), given)
    assert torch.equal(found, method(name).attribute(net(inplace=False), inputs))
    assert torch.equal(given, inputs)


@pytest.mark.parametrize("name", ON_IMAGES)
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_on_images(name: str, layout: torch.memory_format) -> None:
    generator = torch.Generator().manual_seed(0)
    seen, head = nn.Conv2d(2, 3, 3).double(), nn.Linear(48, 3).double()
    for parameter in (*seen.parameters(), *head.parameters()):
        parameter.data = torch.randn(parameter.shape, generator=generator, dtype=torch.float64)
    images = torch.randn(3, 2, 6, 6, generator=generator, dtype=torch.float64).contiguous(memory_format=layout)
    given = images.clone()
    found, expected = (
        method(name).attribute(nn.Sequential(nn.ReLU(writes), seen, nn.Flatten(), head), of)
        for writes, of in ((True, given), (False, images))
    )
    assert torch.equal(found, expected)
    assert torch.equal(given, images)


def test_scores_are_those_of_the_model_that_does_not_write(inputs: Tensor) -> None:
    given = inputs.clone()
    found, expected = (
        evaluate(net(inplace), of, methods=OWN + CAPTUM, metrics=METRICS).scores
        for inplace, of in ((True, given), (False, inputs))
    )
    assert found[["method", "metric", "sample_id", "score", "status", "reason"]].equals(
        expected[["method", "metric", "sample_id", "score", "status", "reason"]]
    )
    assert set(found["status"]) <= {"ok", "censored", "undefined"}
    assert torch.equal(given, inputs)


def test_a_method_that_writes_into_its_query_harms_no_other(inputs: Tensor) -> None:
    def writes(module: nn.Module, given: Tensor, targets: Tensor) -> Tensor:
        return given.zero_()

    given = inputs.clone()
    board = evaluate(net(inplace=False), given, methods=[writes, "gradient"], metrics=["srg(infill='zero')"])
    alone = evaluate(net(inplace=False), given, methods=["gradient"], metrics=["srg(infill='zero')"])
    after = board.scores[board.scores["method"] == "gradient"]["score"]
    assert after.tolist() == alone.scores["score"].tolist()
    assert torch.equal(given, inputs)


def test_one_sample_of_one_value_has_a_digest() -> None:
    board = evaluate(nn.Linear(1, 2), torch.ones(3, 1), methods=["gradient"], metrics=["srg"])
    assert set(board.scores["status"]) == {"ok"}
