"""Own methods beside the libraries shap and lime, called directly for the same work in the same rounds."""

import contextlib
import io
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import torch
from conftest import Against, Place, place
from pytest_benchmark.fixture import BenchmarkFixture

from whybench.meter import Meter
from whybench.methods.attribution.shap_baselines.trees import described, rounded
from whybench.protocols.model import steady
from whybench.streams import Streams

shap = pytest.importorskip("shap", reason="pip install whybench[shap]")
lime_image = pytest.importorskip("lime.lime_image", reason="pip install whybench[lime]")

SAMPLES, BACKGROUND = 200, 25


@contextlib.contextmanager
def opened(model: str, dataset: str, samples: int) -> Iterator[Place]:
    """A model and samples, frozen and in eval mode, without the libraries' warnings and progress bars."""
    found = place(model, dataset, samples)
    with steady(found.bench.model.module), warnings.catch_warnings(), contextlib.redirect_stderr(io.StringIO()):
        warnings.simplefilter("ignore")
        yield found


def counted(where: Place, work: Callable[[], object]) -> int:
    """Samples forward through the model while something runs."""
    meter = Meter()
    with meter.watching(where.bench.model.module):
        work()
    return meter.forward


def measure(
    where: Place, spec: str, direct: Callable[[], Any], library: str, benchmark: BenchmarkFixture, against: Against
) -> None:
    benchmark.extra_info["forward"] = counted(where, lambda: where.explain(spec))
    benchmark.extra_info[f"{library}'s forward"] = counted(where, direct)
    against(lambda: where.explain(spec), {library: direct})


@pytest.mark.benchmark(group="kernel_shap beside shap", disable_gc=True)
@pytest.mark.parametrize("players", [10, 64])
def test_kernel_shap(players: int, benchmark: BenchmarkFixture, against: Against) -> None:
    """All 1022 coalitions of ten columns, or 200 of the 64 pixels of a digit; the baseline stands in."""
    table, samples = players == 10, 1022 if players == 10 else SAMPLES
    with opened(*(("diabetes_mlp", "diabetes", 8) if table else ("digits_cnn", "digits", 1))) as where:
        bench = where.bench
        rows = bench.inputs.flatten(1).double().numpy()

        def function(x: Any) -> Any:
            out = bench.model.module(torch.from_numpy(x).float().view(-1, *bench.inputs.shape[1:]))
            return out[:, 0 if table else int(where.targets[0])].double().numpy()

        def direct() -> Any:
            with torch.inference_mode():
                explainer = shap.KernelExplainer(function, np.zeros((1, players)))
                return explainer.shap_values(rows, nsamples=samples, l1_reg=0, silent=True)

        measure(where, f"kernel_shap(samples={samples})", direct, "shap", benchmark, against)
        if table:
            assert np.abs(where.explain("kernel_shap(samples=1022)").relevance.numpy() - direct()).max() < 1e-2


@pytest.mark.benchmark(group="deep_shap beside shap", disable_gc=True)
def test_deep_shap(benchmark: BenchmarkFixture, against: Against) -> None:
    with opened("digits_cnn", "digits", 8) as where:
        bench = where.bench
        references = bench.model.training.background(BACKGROUND, Streams(0))

        def direct() -> Any:
            explainer = shap.DeepExplainer(bench.model.module, references)
            return explainer.shap_values(bench.inputs.clone(), ranked_outputs=1, check_additivity=False)[0]

        measure(where, f"deep_shap(background={BACKGROUND})", direct, "shap", benchmark, against)
        ours = where.explain(f"deep_shap(background={BACKGROUND})").relevance.detach().numpy()
        assert np.abs(ours - direct().reshape(ours.shape)).max() < 1e-3


@pytest.mark.benchmark(group="tree_shap beside shap", disable_gc=True)
@pytest.mark.parametrize("mode", ["path_dependent", "interventional"])
@pytest.mark.parametrize(
    ("model", "dataset"), [("diabetes_forest", "diabetes"), ("breast_cancer_boosting", "breast_cancer")]
)
def test_tree_shap(model: str, dataset: str, mode: str, benchmark: BenchmarkFixture, against: Against) -> None:
    """shap does the work of tree_shap: the ratio is what arrays, the check of the sums and one pass a sample cost."""
    with opened(model, dataset, 32) as where:
        bench = where.bench
        trees, rows = described(bench.model.module), rounded(bench.inputs)
        data = rounded(bench.model.training.background(100, Streams(0))) if mode == "interventional" else None

        def direct() -> Any:
            kind = "interventional" if mode == "interventional" else "tree_path_dependent"
            explainer = shap.TreeExplainer(trees, data, feature_perturbation=kind)
            return explainer.shap_values(rows, check_additivity=False)

        measure(where, f"tree_shap(mode={mode!r})", direct, "shap", benchmark, against)


@pytest.mark.benchmark(group="lime beside lime", disable_gc=True)
def test_lime(benchmark: BenchmarkFixture, against: Against) -> None:
    """200 draws of the 64 pixels of a digit, in lime's own passes of ten rows."""
    with opened("digits_cnn", "digits", 1) as where:
        bench = where.bench
        image = np.repeat(bench.inputs[0, 0].double().numpy()[:, :, None], 3, 2)
        segments = np.arange(64).reshape(8, 8)

        def function(images: Any) -> Any:
            with torch.inference_mode():
                return bench.model.module(torch.from_numpy(images[..., :1]).float().movedim(-1, 1)).double().numpy()

        def direct() -> Any:
            explainer = lime_image.LimeImageExplainer(random_state=0, feature_selection="none")
            return explainer.explain_instance(
                image,
                function,
                labels=(int(where.targets[0]),),
                top_labels=None,
                hide_color=0.0,
                num_samples=SAMPLES,
                segmentation_fn=lambda image: segments,
            )

        measure(where, f"lime(samples={SAMPLES}, ridge=1.0)", direct, "lime", benchmark, against)
