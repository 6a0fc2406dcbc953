"""Pixel flipping as whybench and as Quantus do it: one pixel at a time to zero, the same maps, the same steps."""

import numpy as np
import pytest
from conftest import Against, Passes, Place, unshared

from whybench.suite import metric

quantus = pytest.importorskip(
    "quantus", reason="Quantus is not installed; python -m pip install 'whybench[quantus]', or tox -e timing"
)

pytestmark = pytest.mark.benchmark(group="against Quantus", disable_gc=True)


def test_pixel_flipping(digits: Place, against: Against) -> None:
    case = digits.case("random")  # a map without ties: whybench sweeps a map with ties twice
    pixels = case.inputs[0].numel()
    ours = metric(f"pixel_flipping(infill='zero', region=1, steps={pixels}, output='probability')")
    theirs = quantus.PixelFlipping(
        features_in_step=1,
        perturb_baseline="black",
        normalise=False,
        disable_warnings=True,
    )
    inputs, maps = (t.contiguous().numpy() for t in (case.inputs, case.explanation.relevance))

    def flip() -> object:
        return theirs(
            model=case.model.module,
            x_batch=inputs,
            y_batch=case.targets.numpy(),
            a_batch=maps,
            softmax=True,
            device="cpu",
            batch_size=len(case),
        )

    curves = ours.score(unshared(case)).curves
    assert curves is not None
    np.testing.assert_allclose(curves.y[:, 1:].numpy(), np.array(flip()), atol=1e-5)
    passes = Passes(digits, lambda: ours.score(unshared(case)))
    against(lambda: ours.score(unshared(case)), {"Quantus": flip, "its passes": passes.again})
