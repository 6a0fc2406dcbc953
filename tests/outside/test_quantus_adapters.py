"""Quantus' metrics behind their adapters: the numbers of Quantus called by hand, and a table that says what it says."""

import inspect
import random
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from whybench.cases import open_case
from whybench.domains import ImageDomain
from whybench.errors import Unsupported
from whybench.meter import Meter
from whybench.methods.attribution import InputXGradient
from whybench.metrics.attribution.quantus_adapters import METRICS
from whybench.metrics.attribution.quantus_adapters.facts import FAMILIES, MISDECLARED, Facts
from whybench.metrics.attribution.quantus_adapters.generated import snake_case
from whybench.metrics.attribution.quantus_adapters.table import ALL
from whybench.protocols import AttributionMethod, Case, Model, Query, Truth

quantus = pytest.importorskip("quantus", reason="Quantus is not installed; python -m pip install 'whybench[quantus]'")

SAMPLES, SIDE = 4, 6
BOUNDED = {
    "aggregate_func",
    "default_plot_func",
    "disable_warnings",
    "display_progressbar",
    "return_aggregate",
    "self",
    "kwargs",
}
"""What the adapter says itself."""
SMALL: dict[str, dict[str, Any]] = {
    "faithfulness_correlation": {"subset_size": 7, "nr_runs": 5},
    "infidelity": {"perturb_patch_sizes": (3,)},
    "local_lipschitz_estimate": {"nr_samples": 2},
    "max_sensitivity": {"nr_samples": 2},
    "avg_sensitivity": {"nr_samples": 2},
    "monotonicity_correlation": {"nr_samples": 2},
    "region_perturbation": {"patch_size": 2},
    "relative_input_stability": {"nr_samples": 2},
    "relative_output_stability": {"nr_samples": 2},
    "relative_representation_stability": {"nr_samples": 2},
    "road": {"percentages": (20, 60)},
    "selectivity": {"patch_size": 3},
    "smooth_mprt": {"nr_samples": 2},
    "top_k_intersection": {"k": 5},
}


def draw(*shape: int, seed: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


class Net(nn.Module):
    """With what every metric of Quantus asks for: a convolution with a bias first, and no padding."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.last = nn.Conv2d(1, 3, 3), nn.Linear(48, 3)
        for k, parameter in enumerate(self.parameters()):
            parameter.data = draw(*parameter.shape, seed=k) / 2

    def forward(self, x: Tensor) -> Tensor:
        return self.last(torch.tanh(self.first(x)).flatten(1))  # type: ignore[no-any-return]


IMAGES = draw(SAMPLES, 1, SIDE, SIDE, seed=7)


def opened(method: AttributionMethod | None = None, images: Tensor = IMAGES, quarters: bool = False) -> Case[Any]:
    net = Net().double().eval()
    masks = torch.zeros(SAMPLES, SIDE, SIDE, dtype=torch.bool)
    masks[:, :3, :3] = True
    if not quarters:
        masks[:, 0, 5] = True
    model = Model(name="net", module=net, domain=ImageDomain(low=-4.0, high=4.0, mean=0.0))
    ids = tuple("abcd")
    return open_case(method or InputXGradient(), model, images, net(images).argmax(1), ids=ids, truth=Truth(masks))


def test_every_metric_of_quantus_is_in_the_table_under_its_name() -> None:
    theirs = {
        snake_case(found.__name__): (found, category)
        for category, group in quantus.helpers.constants.AVAILABLE_METRICS.items()
        for found in group.values()
    }
    assert {f"quantus/{name}" for name in theirs} == set(METRICS)
    for name, (found, category) in theirs.items():
        facts = METRICS[f"quantus/{name}"].facts
        assert (found.evaluation_category.value, facts.family) == (category, FAMILIES[category])
        declared = found.score_direction.value == "higher"
        assert facts.higher == (declared != (facts.theirs in MISDECLARED)), name
        images_only = {kind.value for kind in found.data_applicability} == {"image"}
        assert ("image" in facts.needs) == images_only, name


@pytest.mark.parametrize("facts", ALL, ids=lambda facts: facts.theirs)
def test_parameters_and_defaults_are_those_of_quantus(facts: Facts) -> None:
    theirs = getattr(quantus, facts.theirs)
    made, called = (inspect.signature(part).parameters for part in (theirs.__init__, theirs.__call__))
    filled = {"percentages": list(range(1, 100, 2)), "perturb_patch_sizes": [4], "num_classes": 1000}
    for name, default in facts.parameters.items():
        declared = (called if name == "softmax" else made)[name].default
        if name in filled:
            assert declared is None or declared == filled[name]
        else:
            assert default == declared, name
    left_out = set(made) - set(facts.parameters) - BOUNDED
    assert all(
        name.endswith(("_func", "_kwargs")) or "norm_" in name
        for name in left_out - {"compute_extra_scores"} - {"mosaic_shape", "return_sample_correlation"}
    ), left_out


def by_hand(name: str, case: Case[Any], **parameters: Any) -> np.ndarray:
    """Quantus called as its own documentation does, from the same seed."""
    seed = case.streams.generator(name, "").initial_seed()
    random.seed(seed)
    np.random.seed(seed % 2**32)  # noqa: NPY002
    torch.manual_seed(seed)
    facts = METRICS[name].facts
    values = {k: list(v) if isinstance(v, tuple) else v for k, v in (dict(facts.parameters) | parameters).items()}
    softmax = values.pop("softmax")
    if "num_classes" in values:
        values["num_classes"] = 3

    def explain(model: Any, inputs: np.ndarray, targets: np.ndarray, **_: Any) -> np.ndarray:
        x = torch.as_tensor(inputs, dtype=torch.float64).requires_grad_()
        with torch.enable_grad():
            chosen = model(x).gather(1, torch.as_tensor(targets)[:, None]).sum()
            return (x * torch.autograd.grad(chosen, x)[0]).detach().numpy()

    masks = case.truth.masks.numpy()
    found = getattr(quantus, facts.theirs)(**values, disable_warnings=True, return_aggregate=False)(
        model=case.model.module,
        x_batch=case.inputs.numpy().copy(),
        y_batch=case.targets.numpy(),
        a_batch=case.explanation.relevance.numpy().copy(),
        **({"s_batch": masks[:, None]} if facts.category == "Localisation" and facts.theirs != "Focus" else {}),
        **({"custom_batch": [(1, 0, 0, 0)] * SAMPLES} if facts.theirs == "Focus" else {}),
        explain_func=explain,
        channel_first=True,
        softmax=softmax,
        device="cpu",
    )
    columns = list(found.values()) if isinstance(found, dict) else None
    table = np.array(columns, dtype=float).T if columns else np.array(found, dtype=float).reshape(len(found), -1)
    return table.mean(-1)


@pytest.fixture
def in_double_precision(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Quantus makes tensors of the default type, and names a function that NumPy 2.4 has no more."""
    monkeypatch.setattr(np, "trapz", np.trapezoid, raising=False)
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(before)


BY_HAND = sorted(set(METRICS) - {"quantus/sensitivity_n", "quantus/smooth_mprt", "quantus/road"})


@pytest.mark.parametrize("name", BY_HAND)
def test_the_adapter_says_what_quantus_says(name: str, in_double_precision: Any) -> None:
    case, parameters = opened(quarters=name == "quantus/focus"), SMALL.get(name.partition("/")[2], {})
    scores = METRICS[name](**parameters).score(case)
    np.testing.assert_allclose(scores.values.numpy(), by_hand(name, case, **parameters), rtol=1e-10, atol=1e-12)
    assert len(scores.undefined) < SAMPLES


def test_road_is_the_mean_of_what_it_says_of_each_sample(in_double_precision: Any) -> None:
    case = opened()
    scores = METRICS["quantus/road"](percentages=(20, 60), noise=1e-9).score(case)
    assert scores.values.mean().item() == pytest.approx(
        by_hand("quantus/road", case, percentages=(20, 60), noise=1e-9).mean()
    )


def test_smooth_mprt_asks_the_method_and_not_a_gradient_of_its_own() -> None:
    seen = []

    class Watched(InputXGradient):
        def relevance(self, query: Query) -> Tensor:
            seen.append(query.inputs.clone())
            return super().relevance(query)

    scores = METRICS["quantus/smooth_mprt"](nr_samples=3).score(opened(Watched()))
    assert len(seen) == 1 + 3 * 3  # the map itself; the original and two layers, three noisy copies each
    assert torch.equal(seen[3], IMAGES)  # the last copy has no noise
    assert scores.values.abs().max() <= 1


@pytest.mark.parametrize("name", sorted(METRICS))
def test_nothing_is_left_behind_and_the_same_seed_says_the_same(name: str) -> None:
    case, metric = opened(quarters=name == "quantus/focus"), METRICS[name](**SMALL.get(name.partition("/")[2], {}))
    weights = [p.clone() for p in case.model.module.parameters()]
    kept = (case.inputs.clone(), case.explanation.relevance.clone())
    before = (random.getstate(), np.random.get_state()[1].copy(), torch.get_rng_state())  # noqa: NPY002
    try:
        first, again = metric.score(case), metric.score(case)
        torch.testing.assert_close(first.values, again.values, rtol=0, atol=0, equal_nan=True)
    except Unsupported:
        assert name == "quantus/sensitivity_n"
    assert random.getstate() == before[0]
    assert np.array_equal(np.random.get_state()[1], before[1])  # noqa: NPY002
    assert torch.equal(torch.get_rng_state(), before[2])
    assert torch.get_default_dtype() == torch.float32
    assert torch.is_grad_enabled()
    assert all(torch.equal(a, b) for a, b in zip(weights, case.model.module.parameters(), strict=True))
    assert torch.equal(kept[0], case.inputs)
    assert torch.equal(kept[1], case.explanation.relevance)


def test_passes_are_counted_copies_included() -> None:
    case, meter = opened(), Meter()
    with meter.watching(case.model.module):
        METRICS["quantus/mprt"]().score(case)
    assert meter.backward == SAMPLES * 3  # the original again and two randomised layers


def test_what_quantus_refuses_is_refused_in_its_words() -> None:
    class Negative(InputXGradient):
        def relevance(self, query: Query) -> Tensor:
            return -super().relevance(query).abs() - 1

    with pytest.raises(Unsupported, match=r"AssertionError: Attributions should not all be less than zero"):
        METRICS["quantus/sparseness"]().score(opened(Negative()))
    with pytest.raises(Unsupported, match="quantus/focus judges mosaics"):
        METRICS["quantus/focus"]().score(opened())


def test_a_failure_of_the_method_is_none_of_quantus() -> None:
    class Breaks(InputXGradient):
        def relevance(self, query: Query) -> Tensor:
            if not torch.equal(query.inputs, IMAGES):
                raise ZeroDivisionError("mine")
            return super().relevance(query)

    with pytest.raises(ZeroDivisionError, match="mine"):
        METRICS["quantus/max_sensitivity"](nr_samples=1).score(opened(Breaks()))


def test_nan_is_undefined_with_a_reason() -> None:
    case = opened()
    assert case.truth is not None
    case.truth.masks[1] = False
    with pytest.raises(Unsupported, match="AssertionError"):
        METRICS["quantus/relevance_rank_accuracy"]().score(opened(images=IMAGES * 0))
    scores = METRICS["quantus/relevance_rank_accuracy"]().score(case)
    assert dict(scores.undefined) == {1: "Quantus returned NaN"}
