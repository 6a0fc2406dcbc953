"""Closed forms: numbers made by hand, every named composite of LRP, and each of its rules exchanged for another."""

import pytest
import torch
from torch import Tensor

import whybench
from whybench import registries
from whybench.checking import check
from whybench.checking.chain import INPUTS, TARGETS, chain
from whybench.checking.closed_forms import FORMS
from whybench.methods.attribution.backpropagation import rules
from whybench.methods.attribution.backpropagation.layers import Layer
from whybench.protocols import AttributionMethod

registries.fill()
BY_HAND = [
    ("gradient", 0, [-3, 4, -1, 1, 11, -9, 2, -2]),
    ("input_x_gradient", 0, [-3, -4, -1, -3, 33, -9, 4, 2]),
    ("guided_backprop", 1, [0, 1, 0, 0, 5, -3, 0, 0]),
    ("deconvnet", 1, [0, 1, -1, 1, 5, -3, 2, -2]),
    ("lrp epsilon", 0, [-3, -4, -1, -3, 33, -9, 4, 2]),
    ("lrp epsilon_plus", 1, [3, 2 / 3, 0, 0, 3 / 2 + 4 / 3, 3 / 4, 0, 0]),
]
"""The first sample has every rectifier on: its gradient for class 2 is (2, 1) W_2 W_1 = (1, 0, 5, 1) W_1.

The second sample's 10 for class 0 are 9 of the first upper unit and 1 of a bias; by z+ its 9 are 6 of the first lower
unit, 2 of the third and 1 of a bias; those 6 are 3, 3/2, 3/4 of its positive products and 3/4 of a bias, those 2 are
2/3 and 4/3.
"""


@pytest.mark.parametrize(("name", "sample", "values"), BY_HAND)
def test_definitions_give_what_was_made_by_hand(name: str, sample: int, values: list[float]) -> None:
    x = torch.tensor(INPUTS[sample]).double()
    assert FORMS[name](chain(image=True), x, TARGETS[sample]).tolist() == pytest.approx(values, abs=1e-12)


@pytest.mark.parametrize("name", ["integrated_gradients", "deep_lift", "kernel_shap"])
def test_what_shares_the_change_of_the_output_sums_to_it(name: str) -> None:
    x = torch.tensor(INPUTS[0]).double()
    assert float(FORMS[name](chain(image=True), x, TARGETS[0]).sum()) == pytest.approx(17 - 4)


@pytest.mark.parametrize("sample", INPUTS)
def test_on_the_way_from_zeros_rectifiers_switch_halfway_and_nowhere_else(sample: list[int]) -> None:
    """Nor does any stay on its kink, where rounding would decide what the gradient is."""
    x, on = torch.tensor(sample).double(), []
    for share in torch.arange(1, 128).double() / 128:
        units = torch.cat(chain(image=True).totals(share * x)[:2])
        assert share == 0.5 or units.abs().min() >= 1 / 64
        on.append((units > 0).tolist())
    assert on[0] == on[62] != on[64] == on[126]


CLAIMING = (
    *("gradient", "input_x_gradient", "integrated_gradients", "deep_lift", "deep_shap", "guided_backprop", "deconvnet"),
    *("lrp", "excitation_backprop", "occlusion", "exact_shapley", "kernel_shap"),
    *("captum/saliency", "captum/input_x_gradient", "captum/integrated_gradients", "captum/deep_lift", "captum/lrp"),
    *("captum/guided_backprop", "captum/deconvolution", "captum/occlusion", "captum/feature_ablation"),
)


@pytest.mark.parametrize("name", CLAIMING)
def test_what_claims_a_definition_keeps_to_it(name: str) -> None:
    (finding,) = check(name, only=("C31",), models=("mlp", "oblong")).findings
    assert finding.verdict == "passed", finding


COMPOSITES = ("epsilon", "epsilon_plus", "epsilon_gamma_box", "epsilon_alpha2_beta1_flat", "deep_taylor")


@pytest.mark.parametrize("composite", COMPOSITES)
def test_every_composite_keeps_to_its_rules_and_to_what_it_sums_to(composite: str) -> None:
    found = check(f"lrp(composite={composite!r})", only=("C30", "C31")).verdicts()
    assert found == {"C30": "passed", "C31": "passed"}


EXCHANGED = [
    ("epsilon", "epsilon", rules.gamma),
    ("epsilon_plus", "z_plus", rules.epsilon),
    ("epsilon_plus", "z_plus", rules.alpha_beta),
    ("epsilon_gamma_box", "gamma", rules.z_plus),
    ("epsilon_gamma_box", "z_box", rules.w_square),
    ("epsilon_alpha2_beta1_flat", "alpha_beta", rules.epsilon),
    ("epsilon_alpha2_beta1_flat", "flat", rules.w_square),
    ("deep_taylor", "z_plus", rules.flat),
]
"""A composite, one of its rules, and the rule that stands in for it; all but one of them conserve as it does."""


@pytest.mark.parametrize(("composite", "name", "other"), EXCHANGED)
def test_a_rule_exchanged_for_another_is_seen(
    composite: str, name: str, other: rules.Rule, monkeypatch: pytest.MonkeyPatch
) -> None:
    def exchanged(layer: Layer, relevance: Tensor, *_: float) -> Tensor:
        return other(layer, relevance)

    monkeypatch.setattr(rules, name, exchanged)
    (finding,) = check(f"lrp(composite={composite!r})", only=("C31",)).findings
    assert finding.verdict == "failed"
    assert finding.values.partition(" by the definition of ")[2].startswith(f"lrp {composite};")


@pytest.mark.parametrize(
    "spec",
    [
        "lrp(contrast='others')",
        "lrp(layer='0')",
        "integrated_gradients(steps=5)",
        "deep_lift(rule='reveal_cancel')",
        "occlusion(window=2)",
        "kernel_shap(samples=20)",
        "exact_shapley(output='logit')",
        "random",
    ],
)
def test_parameters_of_which_no_definition_is_written_down_claim_none(spec: str) -> None:
    method = whybench.method(spec)
    assert isinstance(method, AttributionMethod)
    assert method.closed_form is None
