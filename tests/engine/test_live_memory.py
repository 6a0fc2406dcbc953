"""The memory that metrics and methods need besides inputs, maps and answers: the same for any number of samples."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
import torch
from counted_bytes import live_bytes
from torch import Tensor, nn

from whybench.cases import ask, open_case
from whybench.domains import infills
from whybench.methods.attribution import Gradient
from whybench.metrics.attribution import nearby_inputs, randomised_similarities
from whybench.protocols import Artifact, Case, Scores, Training, Truth
from whybench.protocols.asking import sample_ids, wrap
from whybench.protocols.blocks import blocks, by_block, scores_by_block
from whybench.registries import fill, methods, metrics
from whybench.streams import Streams
from whybench.sweeps import answers, sweep

SIDE, ROWS, CHANNELS = 32, 4, 3
INPUT = CHANNELS * SIDE * SIDE * 4
"""Bytes of one input."""
HIDDEN = 2 * (SIDE // 4) ** 2 * 4
"""Bytes of the largest activation of one input."""

fill()


@pytest.fixture(autouse=True)
def nothing_shared_between_methods(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is kept for other methods, or for other models, has a bound of its own, which few images do not reach."""
    monkeypatch.setattr(nearby_inputs, "MOST_BYTES", 0)
    monkeypatch.setattr(randomised_similarities, "TOGETHER", 1)


def net() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(CHANNELS, 2, 4, 4), nn.ReLU(), nn.Flatten(), nn.Linear(2 * (SIDE // 4) ** 2, 3)
    ).eval()


def images(n: int) -> Tensor:
    return torch.rand(n, CHANNELS, SIDE, SIDE, generator=torch.Generator().manual_seed(0))


def bytes_of(tensors: Mapping[str, Tensor]) -> int:
    return sum(t.numel() * t.element_size() for t in tensors.values())


def opened(n: int) -> Case[Any]:
    x = images(n)
    model = wrap(net(), x, bounds=(0.0, 1.0), mean=0.5, target_layer="0")
    truth = Truth(x[:, 0] > 0.7)
    return open_case(Gradient(), model, x, torch.zeros(n, dtype=torch.int64), ids=sample_ids(n), rows=ROWS, truth=truth)


def scoring(metric: Any, n: int) -> tuple[int, int]:
    """The most bytes alive while `n` samples are scored, and the bytes of what is kept: artifacts and scores."""
    case, kept = opened(n), 0

    def fetch(request: Artifact) -> dict[str, Tensor]:
        nonlocal kept
        tensors = case.fetch(request)
        kept += bytes_of(tensors)
        return tensors

    with live_bytes() as live:
        scores: Scores = metric.score(replace(case, fetch=fetch))
    curves = {} if scores.curves is None else {"x": scores.curves.x, "y": scores.curves.y}
    return live.peak, kept + bytes_of({"": scores.values, **scores.details, **curves})


METRICS: dict[str, dict[str, Any]] = {
    "average_drop": {},
    "complexity": {},
    "continuity": {},
    "faithfulness_correlation": {"region": 8, "subsets": 8},
    "gini": {},
    "infidelity": {"draws": 4},
    "input_invariance": {},
    "input_shift_consistency": {},
    "insertion": {"region": 8, "steps": 4},
    "local_lipschitz": {"draws": 2},
    "mprt": {"blocks": 2, "seeds": 1},
    "non_sensitivity": {"region": 8, "draws": 2},
    "pixel_flipping": {"region": 8, "steps": 4},
    "pixel_flipping of pixels": {"region": 1, "steps": 4},
    "pixel_flipping of strata": {"region": 8, "steps": "stratified(4)"},
    "pixel_flipping with blur": {"region": 8, "steps": 4, "infill": "blur"},
    "pixel_flipping with noise": {"region": 8, "steps": 4, "infill": "uniform"},
    "pointing_game": {},
    "random_logit": {},
    "rank_accuracy": {},
    "relative_input_stability": {"draws": 2},
    "road": {"percentages": (50,)},
    "saliency_metric": {},
    "sensitivity_max": {"draws": 2},
    "sensitivity_n": {"region": 8, "sizes": 2, "subsets": 8},
    "srg": {"region": 8, "steps": 4, "infill": "mean"},
    "ssr": {"region": 8, "steps": 4},
}


@pytest.mark.parametrize("label", METRICS)
def test_a_metric_needs_the_same_memory_for_any_number_of_samples(label: str) -> None:
    metric = metrics[label.split()[0]](**METRICS[label])
    (few, kept), (many, kept_of_many) = scoring(metric, 2 * ROWS), scoring(metric, 5 * ROWS)
    assert many - few <= 4 * (kept_of_many - kept)
    assert kept_of_many - kept < ROWS * INPUT


@pytest.mark.parametrize(
    "label",
    [
        "pixel_flipping",
        "pixel_flipping of pixels",
        "pixel_flipping with noise",
        "insertion",
        "ssr",
        "srg",
        "pixel_flipping of strata",
    ],
)
def test_a_sweep_needs_two_and_a_half_batches_and_the_activations(label: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweep, "TOGETHER", SIDE * SIDE)  # one sample: what is ranked at once is next to nothing,
    monkeypatch.setattr(infills, "TOGETHER", CHANNELS * SIDE * SIDE)  # as it is where batches are large,
    monkeypatch.setattr(answers, "FILLED", 1)  # of which no two are filled in together
    peak, kept = scoring(metrics[label.split()[0]](**METRICS[label]), 5 * ROWS)
    assert peak <= ROWS * (2.5 * INPUT + 3 * HIDDEN) + 4 * kept


@pytest.mark.parametrize(
    "label",
    [
        "gradient",
        "input_x_gradient",
        "integrated_gradients",
        "smooth_grad",
        "expected_gradients",
        "grad_cam",
        "occlusion",
        "kernel_shap",
        "lime",
        "rise",
        "shapley_sampling",
    ],
)
def test_a_method_needs_the_same_memory_for_any_number_of_samples(label: str) -> None:
    learned = Training(images(4), torch.zeros(4, dtype=torch.int64))
    sizes = {"kernel_shap": {"samples": 32, "region": 8}, "lime": {"samples": 32, "region": 8}, "rise": {"masks": 16}}
    sizes |= {"occlusion": {"window": 8}, "shapley_sampling": {"permutations": 2, "region": 8}}
    sizes |= {"expected_gradients": {"samples": 4}, "integrated_gradients": {"steps": 4}, "smooth_grad": {"samples": 4}}
    method = methods[label](**sizes.get(label, {}))

    def asking(n: int) -> tuple[int, int]:
        x = images(n)
        model = wrap(net(), x, mean=0.5, target_layer="0")
        if label == "expected_gradients":
            model = replace(model, training=learned)
        with live_bytes() as live:
            found = ask(method, model, x, torch.zeros(n, dtype=torch.int64), sample_ids(n), Streams(0), ROWS)
        return live.peak, bytes_of(found.tensors())

    (few, maps), (many, maps_of_many) = asking(2 * ROWS), asking(5 * ROWS)
    assert many - few <= 2 * (maps_of_many - maps) + 1024  # the maps, and the batches that they are joined from


def test_all_samples_at_once_are_seen() -> None:
    """The count grows where what is needed for one sample is held for all, and not where it is done by block."""

    def doubled(case: Case[Any]) -> dict[str, Tensor]:
        return {"sum": case.inputs.double().flatten(1).sum(1)}

    def peak(n: int, *, in_blocks: bool) -> int:
        case = opened(n)
        with live_bytes() as live:
            by_block(doubled, case) if in_blocks else doubled(case)
        return live.peak

    assert peak(4 * ROWS, in_blocks=False) - peak(2 * ROWS, in_blocks=False) >= 2 * ROWS * 2 * INPUT
    assert peak(4 * ROWS, in_blocks=True) - peak(2 * ROWS, in_blocks=True) <= 2 * ROWS * 2 * 8
    assert peak(4 * ROWS, in_blocks=True) >= ROWS * 2 * INPUT


def test_blocks_are_the_case_cut_up() -> None:
    case = opened(2 * ROWS + 1)
    parts = list(blocks(case))
    assert [len(part) for part in parts] == [3, 3, 3]
    assert tuple(i for part in parts for i in part.ids) == case.ids
    assert torch.equal(torch.cat([part.explanation.relevance for part in parts]), case.explanation.relevance)
    assert torch.equal(parts[1].explain().relevance, case.explanation.relevance[3:6])
    assert [part.explanation.polarity for part in parts] == ["sensitivity"] * 3
    assert next(iter(blocks(opened(ROWS)))).inputs.shape[0] == ROWS


def test_scores_of_blocks_are_joined_with_their_reasons() -> None:
    """The third sample of each of three blocks has no value, the first is a bound."""

    def judged(case: Case[Any]) -> Scores:
        values = torch.tensor([float(i) for i in case.ids], dtype=torch.float64)
        values[2] = torch.nan
        return Scores(values, {2: "third"}, {0: "first"}, {"id": values.nan_to_num(-1.0)})

    found = scores_by_block(judged, opened(2 * ROWS + 1))
    assert found.undefined == {2: "third", 5: "third", 8: "third"}
    assert found.censored == {0: "first", 3: "first", 6: "first"}
    assert found.values.nan_to_num(-1.0).tolist() == [0, 1, -1, 3, 4, -1, 6, 7, -1]
    assert found.details["id"].tolist() == [0, 1, -1, 3, 4, -1, 6, 7, -1]
