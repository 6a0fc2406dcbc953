"""evaluate: any module, any methods, in memory; the same numbers in any batch and order; nothing left behind."""

import json
import random
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from torch import Tensor, nn

import whybench
from whybench import Leaderboard, evaluate
from whybench.domains import ImageDomain, TabularDomain
from whybench.errors import BadInput, BadParameter, UnknownName, UsageError
from whybench.methods.attribution import Gradient, Lrp
from whybench.protocols import Model
from whybench.records import PROTOCOL

COLUMNS = [
    *("kind", "suite", "dataset", "model", "method", "metric", "parameters", "sample_id"),
    *("score", "status", "reason", "seed", "protocol"),
]
KEY = ["dataset", "model", "method", "metric", "parameters", "sample_id"]
DELETION = "pixel_flipping(infill='zero', output='logit')"


class Functional(nn.Module):
    """No parameters, no sub-modules: f_0 = sum x, f_1 = sum x^2, f_2 = 2 relu(x_0)."""

    def forward(self, inputs: Tensor) -> Tensor:
        return torch.stack([inputs.sum(1), (inputs * inputs).sum(1), 2 * inputs[:, 0].relu()], 1)


@pytest.fixture
def net() -> nn.Module:
    generator = torch.Generator().manual_seed(1)
    module = nn.Sequential(nn.Linear(4, 6), nn.ReLU(), nn.Linear(6, 3)).double()
    for parameter in module.parameters():
        parameter.data = torch.randn(parameter.shape, generator=generator, dtype=torch.float64)
    return module


@pytest.fixture
def inputs() -> Tensor:
    return torch.randn(7, 4, generator=torch.Generator().manual_seed(2), dtype=torch.float64)


@pytest.fixture
def images() -> Tensor:
    return torch.randn(3, 2, 6, 6, generator=torch.Generator().manual_seed(3), dtype=torch.float64)


@pytest.fixture
def cnn() -> nn.Module:
    generator = torch.Generator().manual_seed(4)
    module = nn.Sequential(
        nn.Conv2d(2, 3, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(27, 3)
    ).double()
    for parameter in module.parameters():
        parameter.data = torch.randn(parameter.shape, generator=generator, dtype=torch.float64)
    return module


def scores(board: Leaderboard) -> dict[str, list[float]]:
    """Scores by method, in the order of the sample ids."""
    assert set(board.scores["status"]) == {"ok"}, set(board.scores["reason"])
    return {name: list(rows["score"]) for name, rows in board.scores.groupby("method")}


def close(found: dict[Any, list[float]], expected: dict[Any, list[float]], tolerance: float = 1e-12) -> None:
    assert found.keys() == expected.keys()
    for name, values in expected.items():
        np.testing.assert_allclose(found[name], values, rtol=0, atol=tolerance, err_msg=str(name))


def test_scores_of_a_functional_module_are_those_of_the_definition(inputs: Tensor) -> None:
    board = evaluate(Functional(), inputs, 0, methods=["input_x_gradient"], metrics=[DELETION])
    (made,) = board.explanations
    assert made.status == "ok"
    expected = []
    for row in inputs:
        kept = row.sort(descending=True).values
        values = [float(kept[k:].sum()) for k in range(5)]
        expected.append(sum((a + b) / 2 for a, b in pairwise(values)) / 4)
    close(scores(board), {"input_x_gradient": expected})


def test_float64_stays_and_float32_is_near(net: nn.Module, inputs: Tensor) -> None:
    asked = {"targets": 1, "methods": ["input_x_gradient", "smooth_grad(samples=3)"], "metrics": ["srg"]}
    double = evaluate(net, inputs, **asked).scores
    single = evaluate(net.float(), inputs.float(), **asked).scores
    assert double["score"].dtype == single["score"].dtype == np.float64
    assert (double["score"] != double["score"].astype("float32")).any()
    np.testing.assert_allclose(single["score"], double["score"], atol=1e-5)


def test_batch_size_changes_nothing_in_float64(net: nn.Module, inputs: Tensor) -> None:
    methods = [
        "gradient",
        "smooth_grad(samples=5)",
        "var_grad(samples=5)",
        "random",
        "captum/gradient_shap",
        "occlusion",
    ]
    metrics = ["srg(infill='mean')", "ssr", "random_logit", "mprt(seeds=2)"]
    boards = [
        evaluate(net, inputs, methods=methods, metrics=metrics, bounds=(-5.0, 5.0), batch_size=size).scores
        for size in (None, 1, 3)
    ]
    for board in boards[1:]:
        pd.testing.assert_frame_equal(board[KEY], boards[0][KEY])
        np.testing.assert_allclose(board["score"], boards[0]["score"], rtol=0, atol=1e-12)


def test_images_in_other_batches(cnn: nn.Module, images: Tensor) -> None:
    asked = {"methods": ["grad_cam", "lrp", "smooth_grad(samples=3)", "sobel_edges"]}
    asked["metrics"] = ["srg(infill='blur')", "sdr(infill='zero')"]
    whole, parts = (evaluate(cnn, images, target_layer="1", batch_size=size, **asked).scores for size in (None, 2))
    assert set(whole["status"]) <= {"ok", "censored"}
    np.testing.assert_allclose(parts["score"], whole["score"], rtol=0, atol=1e-12)


def test_permuted_inputs_with_the_same_ids_score_the_same(net: nn.Module, inputs: Tensor) -> None:
    asked = {"methods": ["random", "smooth_grad(samples=4)"], "metrics": ["pixel_flipping", "random_logit"]}
    domain = TabularDomain(low=-5.0, high=5.0)
    ids = list("abcdefg")
    order = torch.tensor([4, 0, 6, 2, 1, 5, 3])
    one = evaluate(net, inputs, ids=ids, domain=domain, **asked).scores
    other = evaluate(net, inputs[order], ids=[ids[i] for i in order], domain=domain, **asked).scores
    pd.testing.assert_frame_equal(other[KEY], one[KEY])
    np.testing.assert_allclose(other["score"], one["score"], rtol=0, atol=1e-12)


def test_methods_in_every_form(net: nn.Module, inputs: Tensor) -> None:
    def named(module: nn.Module, inputs: Tensor, targets: Tensor) -> Tensor:
        leaf = inputs.requires_grad_()
        module(leaf).gather(1, targets[:, None]).sum().backward()
        assert leaf.grad is not None
        return leaf.grad

    methods = ["gradient", "gradient(polarity='contribution')", Gradient(), Lrp(composite="epsilon"), named]
    board = evaluate(net, inputs, methods=methods, metrics=["insertion"])
    assert set(board.scores["method"]) == {"gradient", "lrp", "named"}
    assert len(board.scores) == 4 * 7, "the method named twice stands once"
    signed = board.scores[board.scores["parameters"].str.contains('"method":{"polarity":"contribution"}', regex=False)]
    found = {name: list(rows["score"]) for name, rows in signed.groupby("method")}
    assert found["named"] == found["gradient"]


def test_labels_of_a_dict_are_the_method_column(net: nn.Module, inputs: Tensor) -> None:
    oracle = whybench.method("input_x_gradient").attribute(net, inputs)
    methods = {
        "mine": "input_x_gradient",
        "gradient": oracle,
        "random": oracle.numpy(),
        "captum/lrp": lambda module, inputs, targets: oracle.numpy(),
        "object": whybench.method("input_x_gradient"),
    }
    found = scores(evaluate(net, inputs, methods=methods, metrics=["pixel_flipping"], batch_size=7))
    close(found, {label: found["mine"] for label in methods})


def test_precomputed_maps_are_not_asked_again(net: nn.Module, inputs: Tensor) -> None:
    metrics = ["pixel_flipping", "input_invariance", "random_logit", "mprt(seeds=1)"]
    board = evaluate(net, inputs, methods={"stored": inputs}, metrics=metrics).scores.groupby("metric").first()
    assert board["reason"].to_dict() == {
        "pixel_flipping": "",
        "input_invariance": "precomputed relevance cannot be asked again for other inputs",
        "random_logit": "precomputed relevance cannot be asked again for other targets",
        "mprt": "precomputed relevance cannot be asked again for another model",
    }
    assert list(board["status"]) == ["unsupported", "unsupported", "ok", "unsupported"]


def test_regression_with_one_output(inputs: Tensor) -> None:
    weight = torch.tensor([[1.0, -2.0, 3.0, 0.0]], dtype=torch.float64)
    linear = nn.Linear(4, 1, bias=False).double()
    linear.weight.data.copy_(weight)
    flat = nn.Sequential(linear, nn.Flatten(0))
    boards = [evaluate(net, inputs, methods=["input_x_gradient", "lrp"], metrics=[DELETION]) for net in (linear, flat)]
    for board in boards:
        found = scores(board)
        close(found, {"input_x_gradient": found["lrp"], "lrp": found["lrp"]})
    close(scores(boards[0]), scores(boards[1]))


@pytest.mark.parametrize("form", [int, list, torch.tensor, np.array])
def test_targets_in_every_form(net: nn.Module, inputs: Tensor, form: Callable[..., Any]) -> None:
    asked = {"methods": ["gradient"], "metrics": ["pixel_flipping"]}
    expected = scores(evaluate(net, inputs, torch.full((7,), 2), **asked))
    given = 2 if form is int else form([2] * 7)
    assert scores(evaluate(net, inputs, given, **asked)) == expected


def test_without_targets_the_predicted_classes_are_explained(net: nn.Module, inputs: Tensor) -> None:
    asked = {"methods": ["gradient"], "metrics": ["pixel_flipping"]}
    predicted = net(inputs).argmax(1)
    assert len(set(predicted.tolist())) > 1
    assert scores(evaluate(net, inputs, **asked)) == scores(evaluate(net, inputs, predicted, **asked))


def test_sample_ids(net: nn.Module, inputs: Tensor) -> None:
    asked = {"methods": ["constant"], "metrics": ["ssr"]}
    many = inputs.repeat(2, 1)[:11]
    assert list(evaluate(net, many, **asked).scores["sample_id"]) == [f"{i:02}" for i in range(11)]
    assert list(evaluate(net, inputs[:2], ids=["b", "a"], **asked).scores["sample_id"]) == ["a", "b"]
    assert list(evaluate(net, inputs[:2], ids=[10, 20], **asked).scores["sample_id"]) == ["10", "20"]


def test_the_score_table(net: nn.Module, inputs: Tensor) -> None:
    composites = ["epsilon", "epsilon_plus", "epsilon_alpha2_beta1_flat", "deep_taylor", "epsilon_gamma_box"]
    methods = [f"lrp(composite={name!r})" for name in composites] + ["random", "sobel_edges"]
    board = evaluate(net, inputs, methods=methods, metrics=[DELETION, "pixel_flipping", "ssr"], seed=3)
    table = board.scores
    assert list(table.columns) == COLUMNS
    assert not table.duplicated(KEY).any()
    assert len(table) == 3 * (5 * 7 + 7 + 1)
    assert set(table["status"]) == {"ok", "censored", "unsupported"}
    ok = table[table["status"] == "ok"]
    assert np.isfinite(ok["score"]).all()
    assert (ok["reason"] == "").all()
    assert set(table["kind"]) == {"attribution"}
    assert set(table["dataset"]) == {"inputs"}
    assert set(table["seed"]) == {3}
    assert set(table["protocol"]) == {PROTOCOL}
    assert set(table["method"]) == {"lrp", "random", "sobel_edges"}
    read = {json.loads(text)["method"].get("composite") for text in table[table["method"] == "lrp"]["parameters"]}
    assert read == set(composites)
    refused = table[table["method"] == "sobel_edges"]
    assert list(refused["sample_id"]) == [""] * 3
    assert set(refused["reason"]) == {"sobel_edges needs image, which model 'model' does not give"}


def test_the_board_in_every_format(cnn: nn.Module, images: Tensor) -> None:
    composites = ["epsilon", "epsilon_plus", "epsilon_alpha2_beta1_flat", "deep_taylor", "epsilon_gamma_box"]
    methods = [f"lrp(composite={name!r})" for name in composites] + ["random"]
    board = evaluate(cnn, images, methods=methods, metrics=["srg"], bounds=(-6.0, 6.0))
    table = board.to_pandas()
    assert len(table) == 6
    assert not table.duplicated(["dataset", "model", "metric", "method", "method_parameters"]).any()
    shown = (board.to_markdown(), board.to_csv(), board.to_latex(), board.to_json(), board._repr_html_())
    for text in shown:
        plain = text.replace("\\_", "_").replace("\\", "")
        assert all(plain.count(f"{name}") for name in composites), text
    assert len(json.loads(board.to_json())["rows"]) == 6
    assert len(board.scores) == 6 * 3
    assert repr(board) == "Leaderboard(6 methods, 1 metrics, 1 model x dataset blocks)"


def test_no_control_is_added(net: nn.Module, inputs: Tensor) -> None:
    board = evaluate(net, inputs, methods=["gradient"], metrics=["pixel_flipping"])
    assert set(board.scores["method"]) == {"gradient"}


def test_a_loaded_model_and_a_function(net: nn.Module, inputs: Tensor) -> None:
    asked = {"methods": ["occlusion", "random"], "metrics": ["pixel_flipping"], "targets": 1}
    expected = scores(evaluate(net, inputs, **asked))["occlusion"]
    model = Model("mine", net, TabularDomain(mean=inputs.mean(0)))
    board = evaluate(model, inputs, **asked)
    assert set(board.scores["model"]) == {"mine"}
    close({0: scores(board)["occlusion"]}, {0: expected})

    def tensors(rows: Tensor) -> Tensor:
        return net(rows)

    def arrays(rows: Tensor) -> np.ndarray:
        return net(rows).detach().numpy()

    for function in (tensors, arrays):
        close({0: scores(evaluate(function, inputs, **asked))["occlusion"]}, {0: expected})
    refused = evaluate(arrays, inputs, methods=["gradient"], metrics=["pixel_flipping"]).scores
    assert list(refused["reason"]) == ["gradient needs gradients, which model 'model' does not give"]


def test_domains_can_be_named_or_given(net: nn.Module, inputs: Tensor, images: Tensor) -> None:
    asked = {"methods": ["occlusion"], "metrics": ["pixel_flipping"]}
    assert scores(evaluate(net, inputs, domain="tabular", **asked)) == scores(evaluate(net, inputs, **asked))
    given = evaluate(nn.Flatten(), images, domain=ImageDomain(mean=0.5), **asked)
    assert scores(given) != scores(evaluate(nn.Flatten(), images, domain="image", **asked))


EARLY = (1, 2, 3, 4, 5, 7)
"""Calls of the model before the first method is asked: a model that fails there can answer nothing."""
UNNOTICED = {None, 10}
"""The tenth call is the bare gradient, which is only timed: no cell is lost for it."""


class Trained(nn.Module):
    """Modes, frozen and trainable parameters, a buffer, a hook, dropout; raises at a call of its own choosing."""

    def __init__(self, net: nn.Module, raises_at: int | None) -> None:
        super().__init__()
        self.net, self.drop = net, nn.Dropout(0.5)
        self.register_buffer("calls_allowed", torch.tensor(-1 if raises_at is None else raises_at))
        self.calls: list[int] = []
        net[0].weight.requires_grad_(False)
        net[0].register_forward_hook(lambda *args: None)
        self.train()
        self.net[2].eval()

    def forward(self, inputs: Tensor) -> Tensor:
        self.calls.append(len(inputs))
        if len(self.calls) == int(self.calls_allowed):
            raise ValueError("in the middle")
        return self.net(self.drop(inputs))

    def state(self) -> list[Any]:
        parts = [p.detach().clone() for p in [*self.parameters(), *self.buffers()]]
        flags: list[Any] = [p.requires_grad for p in self.parameters()] + [p.grad for p in self.parameters()]
        hooks = [len(m._forward_hooks) + len(m._backward_hooks) + len(m._forward_pre_hooks) for m in self.modules()]
        return [parts, flags + [m.training for m in self.modules()] + hooks]


@pytest.mark.parametrize("raises_at", [None, 1, 2, 3, 4, 5, 7, 10, 30])
def test_nothing_is_left_behind_also_when_the_model_raises(
    net: nn.Module, inputs: Tensor, raises_at: int | None
) -> None:
    module, before = Trained(net, raises_at), inputs.clone()
    inputs.requires_grad_()
    state = module.state()
    generators = random.getstate(), np.random.get_state()[1].copy(), torch.get_rng_state()  # noqa: NPY002
    methods = ["gradient", "captum/lime", "smooth_grad(samples=3)", "grad_cam", "captum/deep_lift"]
    asked = {"methods": methods, "metrics": ["ssr", "mprt(seeds=1)"], "batch_size": 4}
    if raises_at in EARLY:
        with pytest.raises(BadInput, match=r"ValueError: in the middle \(test_evaluate.py, line"):
            evaluate(module, inputs, **asked)
    else:
        failed = {reason for reason in evaluate(module, inputs, **asked).scores["reason"] if "middle" in reason}
        assert failed == (set() if raises_at in UNNOTICED else {"ValueError: in the middle"})
    parts, flags = module.state()
    assert all(torch.equal(a, b) for a, b in zip(parts, state[0], strict=True))
    assert flags == state[1]
    assert torch.equal(inputs.detach(), before)
    assert inputs.grad is None
    assert random.getstate() == generators[0]
    assert (np.random.get_state()[1] == generators[1]).all()  # noqa: NPY002
    assert torch.equal(torch.get_rng_state(), generators[2])
    assert torch.is_grad_enabled()


ASKED = {"methods": ["gradient"], "metrics": ["pixel_flipping"]}


@pytest.mark.parametrize(
    ("changed", "error", "message"),
    [
        ({"methods": []}, UsageError, "nothing to evaluate: 0 methods and 1 metrics"),
        ({"methods": {}}, UsageError, "nothing to evaluate: 0 methods"),
        ({"metrics": []}, UsageError, "nothing to evaluate: 1 methods and 0 metrics"),
        ({"methods": "gradient"}, UsageError, "methods='gradient'; expected a list or a dict"),
        ({"metrics": "srg"}, UsageError, "metrics='srg'; expected a list"),
        ({"methods": [3]}, UsageError, "3 is no method: expected a name, a Method or a callable"),
        ({"methods": [torch.zeros(7, 4)]}, UsageError, "tensor.* is no method"),
        ({"metrics": [3]}, UsageError, "3 is no metric"),
        ({"methods": ["gradeint"]}, UnknownName, "unknown method 'gradeint'. Did you mean gradient"),
        ({"metrics": ["pixel_fliping"]}, UnknownName, "unknown metric 'pixel_fliping'. Did you mean pixel_flipping"),
        ({"domain": "tabluar"}, UnknownName, "unknown domain 'tabluar'. Did you mean tabular"),
        ({"domain": "image"}, BadInput, r"inputs of shape \(7, 4\) are not image inputs"),
        ({"methods": ["lrp(composit='x')"]}, BadParameter, "lrp has no parameter 'composit'. Did you mean composite"),
        ({"methods": {"a": torch.zeros(6, 4)}}, BadInput, r"methods\['a'\] has shape \(6, 4\) for inputs \(7, 4\)"),
        ({"methods": {"a": torch.tensor(1.0)}}, BadInput, r"methods\['a'\] has shape \(\) for inputs"),
        ({"targets": 3}, BadInput, r"targets \[3\] outside the 3 classes"),
        ({"targets": -1}, BadInput, r"targets \[-1\] outside the 3 classes"),
        ({"targets": [0, 1]}, BadInput, r"targets of shape \(2,\) for 7 inputs"),
        ({"targets": torch.zeros(7)}, BadInput, "targets have dtype torch.float32"),
        ({"targets": ["cat"] * 7}, BadInput, r"targets=\['cat', .*; expected whole class numbers"),
        ({"ids": ["a"] * 7}, BadInput, r"7 ids \(1 different ones\) for 7 inputs"),
        ({"ids": ["a", "b"]}, BadInput, r"2 ids .* for 7 inputs"),
        ({"batch_size": 0}, BadParameter, "batch_size=0; a whole number >= 1"),
        ({"batch_size": 2.5}, BadParameter, "batch_size=2.5; a whole number >= 1"),
        ({"bounds": (1.0, -1.0)}, BadParameter, r"bounds=\(1.0, -1.0\); expected \(lowest, highest\)"),
        ({"bounds": (1.0,)}, BadParameter, r"bounds=\(1.0,\); expected"),
        ({"device": "abacus"}, UsageError, "device 'abacus' cannot be used here"),
    ],
)
def test_what_cannot_be_asked(
    net: nn.Module, inputs: Tensor, changed: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        evaluate(net, inputs, **{**ASKED, **changed})


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (lambda x: x[:, :3], r"cannot answer inputs of shape \(7, 3\) and type torch.float64: RuntimeError: mat1"),
        (lambda x: x.float(), "cannot answer inputs .* torch.float32: RuntimeError: mat1 and mat2 must have the same"),
        (lambda x: x[0], r"inputs of shape \(4,\); expected \(n, ...\) with n >= 1"),
        (lambda x: x[:0], r"inputs of shape \(0, 4\); expected \(n, ...\) with n >= 1"),
        (lambda x: x[:, None, :], r"the module returned \(1, 1, 3\) for one input"),
        (lambda x: x.long(), "inputs are torch.int64; expected a floating-point tensor"),
        (lambda x: x.numpy(), "inputs are ndarray; expected a floating-point tensor"),
        (lambda x: x.tolist(), "inputs are list; expected a floating-point tensor"),
        (lambda x: x.index_fill(0, torch.tensor([2, 5]), float("nan")), r"inputs are not finite at positions \[2, 5\]"),
        (lambda x: x.index_fill(0, torch.tensor(1), float("inf")), r"inputs are not finite at positions \[1\]"),
    ],
)
def test_inputs_that_cannot_be_used(
    net: nn.Module, inputs: Tensor, broken: Callable[[Tensor], Any], message: str
) -> None:
    with pytest.raises(BadInput, match=message):
        evaluate(net, broken(inputs), **ASKED)


class Answering(nn.Module):
    def __init__(self, answer: Callable[[Tensor], Any]) -> None:
        super().__init__()
        self.answer = answer

    def forward(self, inputs: Tensor) -> Any:
        return self.answer(inputs)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda x: (x,), "the module returned tuple for one input"),
        (lambda x: x[:, :, None], r"the module returned \(1, 4, 1\) for one input"),
        (lambda x: x.sum(), r"the module returned \(\) for one input"),
        (lambda x: x[:1], r"model 'model' returned \(1, 4\) for 7 inputs"),
        (lambda x: x * float("nan"), r"model 'model' returned NaN or infinity for the inputs at positions \[0"),
        (lambda x: x / (x[:, :1] != x.max()), r"model 'model' returned NaN or infinity for the inputs at positions"),
    ],
)
@pytest.mark.parametrize("targets", [None, 0])
def test_models_that_answer_with_something_else(
    inputs: Tensor, answer: Callable[[Tensor], Any], message: str, targets: int | None
) -> None:
    inputs[3, 0] = 9.0
    with pytest.raises(BadInput, match=message):
        evaluate(Answering(answer), inputs, targets, **ASKED)


@pytest.mark.parametrize("thing", [3, "digits_cnn", nn.Linear, None])
def test_what_is_no_model_is_named(inputs: Tensor, thing: Any) -> None:
    with pytest.raises(BadInput, match=r"is no torch.nn.Module, no Model and no function inputs -> outputs"):
        evaluate(thing, inputs, **ASKED)
