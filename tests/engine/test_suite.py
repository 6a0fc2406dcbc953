"""Suites: plans, limits, entries, and what cannot stand on one board."""

from dataclasses import replace
from functools import partial
from typing import Any

import pytest
import torch
from torch import Tensor

from whybench import registries
from whybench.bindings import bindings
from whybench.domains import TabularDomain
from whybench.errors import BadInput, UnknownName, UsageError
from whybench.keys import explanation_key
from whybench.loading import load, load_dataset, load_model, usable
from whybench.methods.attribution import Gradient
from whybench.planning import planned
from whybench.protocols import Dataset, Model
from whybench.runner import run
from whybench.store import Store
from whybench.suite import Entry, Suite, SuiteLoader, block, entries, judges
from whybench.suite import suite as find_suite
from whybench.wrappers import FunctionMethod


def test_a_plan_is_the_grid_of_each_block_with_methods_outermost(model: Model, dataset: Dataset) -> None:
    one = block(model, dataset, ["gradient", "random"], ["ssr", "sdr"])
    other = block("digits_cnn", "digits", ["occlusion(window=2)"], ["srg"], samples=2)
    plan = Suite("two", (one, other)).plan()
    assert [(c.model, c.dataset, c.entry.label, c.metric.name) for c in plan] == [
        ("net", "rows", "gradient", "ssr"),
        ("net", "rows", "gradient", "sdr"),
        ("net", "rows", "random", "ssr"),
        ("net", "rows", "random", "sdr"),
        ("digits_cnn", "digits", "occlusion", "srg"),
    ]


def test_limits_change_samples_and_seed_only(suite: Suite) -> None:
    assert suite.limited() == suite
    few = suite.limited(samples=3, seed=7)
    assert (few.seed, [b.samples for b in few.blocks]) == (7, [3])
    assert few.plan() == suite.plan()
    assert suite.limited(seed=0).seed == 0


def minus(module: torch.nn.Module, inputs: Tensor, targets: Tensor) -> Tensor:
    return -inputs


class Called:
    def __call__(self, module: torch.nn.Module, inputs: Tensor, targets: Tensor) -> Tensor:
        return inputs


def test_labels_of_entries() -> None:
    made = entries(["smooth_grad(samples=2)", Gradient, Gradient(polarity="contribution"), minus, Called()])
    assert [e.label for e in made] == ["smooth_grad", "gradient", "gradient", "minus", "Called"]
    assert [e.label for e in entries({"a": "gradient", "gradient": minus})] == ["a", "gradient"]


def test_the_same_method_or_metric_twice_is_one() -> None:
    assert len(entries(["gradient", "gradient()", Gradient(), minus, minus])) == 2
    assert len(judges(["ssr", "ssr", "ssr(region=2)"])) == 2


@pytest.mark.parametrize("pair", [[minus, lambda m, x, t: x], [Called(), Called()], ["gradient", Gradient]])
def test_different_methods_of_one_name(pair: list[Any]) -> None:
    if isinstance(pair[0], str):
        pair = [pair[0], type("Other", (Gradient,), {})()]
    elif not isinstance(pair[0], Called):
        pair[1].__name__ = "minus"
    with pytest.raises(UsageError, match=r"two methods are called '\w+'; name them in a dict \{name: method\}"):
        entries(pair)


def test_one_cell_on_two_sets_of_samples(model: Model, dataset: Dataset) -> None:
    one = block(model, dataset, ["gradient"], ["ssr"], samples=2)
    Suite("fine", (one, replace(one, methods=entries(["random"]), samples=3)))
    Suite("fine", (one, one))
    with pytest.raises(UsageError, match="suite 'twice' holds gradient on net and rows twice, with other data"):
        Suite("twice", (one, replace(one, samples=3)))


class Mine(SuiteLoader):
    name = "test_mine"

    def load(self) -> Suite:
        return Suite(self.name, ())


def test_suites_in_every_form(suite: Suite) -> None:
    assert find_suite(suite) is suite
    assert find_suite(Mine()).name == "test_mine"
    assert find_suite("quickstart").name == "quickstart"
    assert find_suite("imagenet_folder(path='x')").blocks[0].dataset == "imagenet_folder(path='x')"
    assert len(find_suite("imagenet").plan()) > 100
    with pytest.raises(UnknownName, match="unknown suite 'quickstrat'"):
        find_suite("quickstrat")
    with pytest.raises(UsageError, match="3 is no suite"):
        find_suite(3)  # type: ignore[arg-type]


@pytest.mark.parametrize("suite_name", sorted(registries.suites))
def test_built_in_suites_name_what_is_registered(suite_name: str) -> None:
    spec = f"{suite_name}(path='x')" if suite_name == "imagenet_folder" else suite_name
    blocks = find_suite(spec).blocks
    controlled = {(b.model_name, b.dataset_name) for b in blocks if any(e.method.control for e in b.methods)}
    for one in blocks:
        assert one.model_name.partition("(")[0] in registries.models
        assert one.dataset_name.partition("(")[0] in registries.datasets
        assert (one.model_name, one.dataset_name) in controlled or len(one.methods) <= 3


def test_models_and_datasets_in_every_form(model: Model, dataset: Dataset) -> None:
    assert load_model(model) is model
    assert load_model(lambda: model) is model  # type: ignore[arg-type]
    assert load_dataset(dataset) is dataset
    assert load_dataset(lambda: dataset) is dataset  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="3 is no model"):
        load_model(3)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="3 is no dataset"):
        load_dataset(3)  # type: ignore[arg-type]


def test_a_module_is_wrapped_under_its_spec(dataset: Dataset) -> None:
    bench = load(block("torch.nn:Identity()", dataset, [], []), "cpu")
    assert (bench.model.name, bench.model.output, bench.inputs.shape) == ("torch.nn:Identity", "classes", (10, 5))


def test_labels_as_targets(model: Model, dataset: Dataset) -> None:
    assert load(block(model, dataset, [], [], target="label"), "cpu").policy == "label"
    with pytest.raises(BadInput, match=r"targets \[3\] outside the 3 classes"):
        load(block(model, replace(dataset, labels=dataset.labels + 1), [], [], target="label"), "cpu")
    with pytest.raises(BadInput, match=r"target='label', but the labels of 'rows' are torch.float32, no classes"):
        load(block(model, replace(dataset, labels=dataset.labels.float()), [], [], target="label"), "cpu")


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"labels": [0] * 10}, r"labels of dataset 'rows' are list; expected a tensor of shape \(n,\)"),
        ({"labels": torch.zeros(10, 2)}, r"labels of dataset 'rows' are \(10, 2\)"),
        ({"ids": tuple("abc")}, "dataset 'rows' has 10 samples, 3 ids and 10 labels"),
        ({"ids": ("a",) * 10}, r"repeated sample ids: \['a'\]"),
        ({"samples": [], "ids": (), "labels": torch.zeros(0)}, "dataset 'rows' has no samples"),
    ],
)
def test_datasets_that_cannot_be(dataset: Dataset, changed: dict[str, Any], message: str) -> None:
    with pytest.raises(BadInput, match=message):
        replace(dataset, **changed)


def test_no_samples_are_too_few(dataset: Dataset) -> None:
    with pytest.raises(BadInput, match="samples=0; at least 1 is needed"):
        dataset.take(0)
    assert len(dataset.take(99)) == 10


def test_devices() -> None:
    assert usable("cpu") == torch.device("cpu")
    with pytest.raises(UsageError, match="device 'abacus' cannot be used here"):
        usable("abacus")


def scaled(by: Any) -> Any:
    return lambda module, inputs, targets: by * inputs


def test_functions_of_one_text_have_keys_of_their_own(model: Model, dataset: Dataset) -> None:
    bench, plan = planned(load(block(model, dataset, [], []), "cpu"), Store.memory(), "cpu", 1)

    def key(function: Any) -> str:
        return explanation_key(bench, plan, Entry("f", FunctionMethod(function)), 0)

    assert key(scaled(2)) == key(scaled(2))
    assert key(minus) == key(minus)
    same_line = [lambda m, x, t: x, lambda m, x, t: -x]
    nets = [torch.nn.Linear(5, 5), torch.nn.Linear(5, 5)]
    different = [
        *same_line,
        minus,
        scaled(2),
        scaled(3),
        scaled(torch.ones(5)),
        scaled(2 * torch.ones(5).numpy()),
        scaled(nets[0]),
        scaled(nets[1]),
        scaled(minus),
        scaled(scaled(1)),
        partial(minus, 1),
        partial(minus, 2),
        partial(minus, a=1),
        partial(minus, a=2),
        Called().__call__,
    ]
    assert len({key(function) for function in different}) == len(different)


def test_a_function_that_holds_itself() -> None:
    def outer() -> Any:
        def inner(module: torch.nn.Module, inputs: Tensor, targets: Tensor) -> Tensor:
            return inner  # type: ignore[return-value]

        return inner

    assert bindings(outer())[1] == ["itself"]
    assert bindings(3) == 3


def test_a_scalar_model_is_explained_without_targets(dataset: Dataset, open_store: Any) -> None:
    linear = torch.nn.Linear(5, 1)
    scalar = Model("scalar", linear, TabularDomain(mean=0.0), output="scalar")
    values = replace(dataset, labels=torch.linspace(0, 1, 10, dtype=torch.float64))
    store = open_store()
    (record,) = run(Suite("scalar", (block(scalar, values, ["gradient"], ["pixel_flipping"]),)), store)
    assert (record.status, {s.correct for s in record.samples}) == ("ok", {None})
    (made,) = store.explanation_records()
    assert store.explanation(made.key)[1].targets.tolist() == [0] * 10


@pytest.mark.parametrize(
    ("model", "dataset"),
    [("planted", "planted"), ("planted('shortcut')", "planted(design='shortcut')"), ("digits_cnn", "digits")],
)
def test_a_plan_calls_models_and_datasets_as_they_call_themselves(model: str, dataset: str) -> None:
    """What was run is found again by these names."""
    planned, bench = block(model, dataset, [], []), load(block(model, dataset, [], [], samples=2), "cpu")
    assert (planned.model_name, planned.dataset_name) == (bench.model.name, load_dataset(dataset).name)
