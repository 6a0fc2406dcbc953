"""The passes that definitions need, against those that are counted."""

from collections.abc import Iterator

import pytest
import torch
from torch import Tensor, nn

import whybench
from whybench.leaderboard import Leaderboard
from whybench.leaderboard.expenses import Expense
from whybench.passes import Passes
from whybench.protocols import AttributionMethod, Query
from whybench.registries import fill, methods, metrics

SAMPLES = 3
SLOW = {
    "extremal_perturbation": "extremal_perturbation(iterations=2)",
    "fido_sdr": "fido_sdr(iterations=2)",
    "fido_ssr": "fido_ssr(iterations=2)",
    "inverted": "inverted(method='gradient')",
    "kernel_shap": "kernel_shap(samples=130)",
    "masking_model": "masking_model(steps=2)",
    "meaningful_perturbation": "meaningful_perturbation(iterations=2)",
}
UNSAID = {
    "score_cam": "as many passes as the layer has channels, which only a pass can tell",
    "shap/partition": "shap decides on the way",
}
UNSAID_METRICS = {"pattern_quality": "how often a method sees the training data while it learns, only it knows"}
ONE_SAMPLE_MORE = Passes(1)
"""One sample goes in front, to see what runs."""
MORE = {
    "captum/deconvolution": ONE_SAMPLE_MORE,
    "captum/deep_lift": ONE_SAMPLE_MORE + Passes(0, 3),  # the gradient of the baselines, which nobody reads
    "captum/deep_lift_shap": ONE_SAMPLE_MORE + Passes(0, 24),
    "captum/guided_backprop": ONE_SAMPLE_MORE,
    "captum/guided_grad_cam": ONE_SAMPLE_MORE * 2,
    "captum/layer_grad_cam": ONE_SAMPLE_MORE,
    "captum/shapley_value_sampling": Passes(3 * 9),  # every order's last coalition is the whole input
    "shap/deep": Passes(3 * 25, 36),  # means, sums checked, gradients of the background
    "kernel_shap": Passes(-14),  # equal coalitions are asked once
    "shapley_sampling": Passes(-8),
    "cosine_convergence": ONE_SAMPLE_MORE,
    "efficient_mprt": Passes(1 + 5 * 2),  # two rows of noise tell whether a randomised model still answers
    "implementation_invariance": ONE_SAMPLE_MORE * 19,
    "mprt": Passes(1 + 20 * 2),
    "random_logit": ONE_SAMPLE_MORE,
    "relative_representation_stability": ONE_SAMPLE_MORE,
    "smooth_mprt": Passes(1 + 4 * 2),
}
"""By how many passes, of all samples, what is done differs from what is needed."""
JUDGED = {"completeness": "integrated_gradients", "cosine_convergence": "gradient", "pattern_quality": "pattern_net"}


@pytest.fixture(scope="module")
def module() -> nn.Module:
    torch.manual_seed(3)
    return nn.Sequential(
        nn.Conv2d(1, 2, 3, padding=1),
        nn.BatchNorm2d(2),
        nn.ReLU(),
        nn.Conv2d(2, 3, 3, padding=1),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(192, 3),
    ).eval()


@pytest.fixture(scope="module")
def inputs() -> Tensor:
    return torch.rand(SAMPLES, 1, 8, 8, generator=torch.Generator().manual_seed(1))


def board(module: nn.Module, inputs: Tensor, method: str, metric: str) -> Leaderboard:
    training = torch.rand(12, 1, 8, 8, generator=torch.Generator().manual_seed(2))
    masks = torch.zeros(SAMPLES, 8, 8, dtype=torch.bool)
    masks[:, 2:5, 2:5] = True
    return whybench.evaluate(
        module, inputs, [0, 1, 2], methods=[method], metrics=[metric], bounds=(0.0, 1.0), training=training, masks=masks
    )


def names(registry: object) -> Iterator[str]:
    fill()
    yield from sorted(registry)  # type: ignore[call-overload]


def said(expense: Expense) -> Passes | None:
    if expense.needed_forward is None or expense.needed_backward is None:
        return None
    return Passes(round(SAMPLES * expense.needed_forward), round(SAMPLES * expense.needed_backward))


def counted(expense: Expense) -> Passes:
    return Passes(round(SAMPLES * expense.forward), round(SAMPLES * expense.backward))


@pytest.mark.parametrize("name", list(names(methods)))
def test_a_method_says_what_it_needs(name: str, module: nn.Module, inputs: Tensor) -> None:
    found = board(module, inputs, SLOW.get(name, name), "gini")
    (record,) = found.explanations
    if record.status == "unsupported":
        pytest.skip(record.reason)
    assert record.status == "ok", record.reason
    expense = found.expenses[0]
    if name in UNSAID:
        assert said(expense) is None
        return
    needed = said(expense)
    assert needed is not None
    assert counted(expense) == needed + MORE.get(name, Passes())


@pytest.mark.parametrize("name", [name for name in names(metrics) if not name.startswith("quantus/")])
def test_a_metric_says_what_it_needs(name: str, module: nn.Module, inputs: Tensor) -> None:
    found = board(module, inputs, JUDGED.get(name, "input_x_gradient"), name)
    (record,) = found.records
    if record.status == "unsupported":
        pytest.skip(record.reason)
    assert record.status == "ok", record.reason
    (expense,) = (e for e in found.expenses if e.metric)
    needed = said(expense)
    if name in UNSAID_METRICS:
        assert needed is None
        return
    assert needed is not None
    assert counted(expense) == needed + MORE.get(name, Passes())


def test_what_is_shared_is_needed_by_each(module: nn.Module, inputs: Tensor) -> None:
    found = whybench.evaluate(
        module, inputs, 0, methods=["gradient", "input_x_gradient"], metrics=["pixel_flipping(steps=4)", "average_drop"]
    )
    cells = {(e.method, e.metric): e for e in found.expenses if e.metric}
    for method in ("gradient", "input_x_gradient"):
        drop = cells[method, "average_drop"]
        assert (drop.needed_forward, drop.forward) == (2.0, 1.5)  # the clean answers are those of both methods
        flipping = cells[method, "pixel_flipping"]
        assert (flipping.needed_forward, flipping.forward) == (5.0, 5.0)


def test_seeds_and_unknown_needs(module: nn.Module, inputs: Tensor) -> None:
    """A function says nothing of its passes; neither do metrics that ask it again."""

    def function(module: nn.Module, inputs: Tensor, targets: Tensor) -> Tensor:
        return module(inputs).mean() * inputs

    found = whybench.evaluate(
        module, inputs, 0, methods={"mine": function}, metrics=["input_invariance", "gini", "pixel_flipping(steps=4)"]
    )
    needed = {e.metric: e.needed_forward for e in found.expenses}
    assert needed == {"": None, "input_invariance": None, "gini": 0.0, "pixel_flipping": 5.0}
    assert [table.title for table in found.timing_tables()] == ["timing", "timing of metrics"]


class Careless(AttributionMethod):
    """Its `passes` raises: that costs its own cells, with a reason."""

    name = "careless"
    reference = ""

    def relevance(self, query: Query) -> Tensor:
        return query.inputs

    def passes(self, query: Query) -> Passes:
        raise ValueError("no idea")


def test_passes_that_raise_fail_by_name(module: nn.Module, inputs: Tensor) -> None:
    found = whybench.evaluate(module, inputs, 0, methods=[Careless(), "gradient"], metrics=["gini"])
    status = {r.subject.method: (r.status, "no idea" in r.reason) for r in found.records}
    assert status == {"careless": ("failed", True), "gradient": ("ok", False)}


def test_overhead_is_time_over_the_bare_passes() -> None:
    from whybench.records import Cost, ExplanationRecord, Subject

    subject = Subject("attribution", "s", "d", "m", "a", {})
    made = ExplanationRecord(
        "k", subject, "ok", "", None, ("x", "y"), Cost(6, 4, 3.0, 3.0), 0.5, False,
        needed=Passes(4, 4), bare_gradient_seconds=1.0,
    )  # fmt: skip
    (expense,) = Leaderboard([], [made]).expenses
    assert (expense.needed_forward, expense.needed_backward) == (2.0, 2.0)
    # 2 forward passes at 0.25 s and 4 gradients at 0.5 s
    assert expense.overhead == pytest.approx(3.0 / 2.5)
    (without,) = Leaderboard([], [ExplanationRecord(**{**vars(made), "bare_gradient_seconds": None})]).expenses
    assert without.overhead is None
