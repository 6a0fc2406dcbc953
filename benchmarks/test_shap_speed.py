"""Own methods beside the library shap, called directly for the same work in the same rounds."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from conftest import Against, Place, opened
from peers import quiet
from pytest_benchmark.fixture import BenchmarkFixture

from whybench.meter import Meter
from whybench.methods.attribution.shap_baselines.trees import described, rounded
from whybench.streams import Streams

shap = pytest.importorskip("shap", reason="pip install whybench[shap]")

COALITIONS, BACKGROUND = 1022, 25


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
    benchmark.extra_info[f"forward, {library}"] = counted(where, direct)
    against(lambda: where.explain(spec), {library: direct})


@pytest.mark.benchmark(group="kernel_shap beside shap", disable_gc=True)
def test_kernel_shap(benchmark: BenchmarkFixture, against: Against) -> None:
    """All coalitions of ten columns, the baseline standing in."""
    spec = f"kernel_shap(samples={COALITIONS})"
    with opened("diabetes_mlp", "diabetes", 8) as where, quiet():
        bench = where.bench
        rows = bench.inputs.double().numpy()

        def function(x: Any) -> Any:
            return bench.model.module(torch.from_numpy(x).float())[:, 0].double().numpy()

        def direct() -> Any:
            with torch.inference_mode():
                explainer = shap.KernelExplainer(function, np.zeros((1, rows.shape[1])))
                return explainer.shap_values(rows, nsamples=COALITIONS, l1_reg=0, silent=True)

        measure(where, spec, direct, "shap", benchmark, against)
        assert np.abs(where.explain(spec).relevance.numpy() - direct()).max() < 1e-2


@pytest.mark.benchmark(group="deep_shap beside shap", disable_gc=True)
def test_deep_shap(benchmark: BenchmarkFixture, against: Against) -> None:
    with opened("digits_cnn", "digits", 8) as where, quiet():
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
    with opened(model, dataset, 32) as where, quiet():
        bench = where.bench
        trees, rows = described(bench.model.module), rounded(bench.inputs)
        data = rounded(bench.model.training.background(100, Streams(0))) if mode == "interventional" else None

        def direct() -> Any:
            kind = "interventional" if mode == "interventional" else "tree_path_dependent"
            explainer = shap.TreeExplainer(trees, data, feature_perturbation=kind)
            return explainer.shap_values(rows, check_additivity=False)

        measure(where, f"tree_shap(mode={mode!r})", direct, "shap", benchmark, against)
