"""C28 and C30: what is removed at each step, and the area under what the model says then."""

from typing import Any

import torch
from torch import Tensor

from whybench.checking.clause import Inapplicable, clause, insist
from whybench.checking.metric_world import scaled
from whybench.checking.of_metrics.additive_world import IDS, PIXELS, Sum, drawn, images, on_sum, times
from whybench.protocols import AttributionMethod, Case, Metric, Scores

TOLERANCE = 1e-9


def curved(metric: Metric[Any], case: Case[Any]) -> Scores:
    scores = metric.score(case)
    removal = scores.curves is not None and scores.curves.x_name.startswith("fraction")
    if not removal or metric.family != "faithfulness":
        raise Inapplicable("it gives no curve of removed features")
    return scores


@clause(
    28,
    "metric",
    "perturbation accounting",
    "A curve begins with the clean input and ends with nothing left; at each of its points exactly that share of the "
    "features differs from the input, all others are bit-equal to it, and what is removed stays removed.",
    "build every step from the clean input and a mask, and count both ends",
)
def accounting(metric: Metric[Any]) -> None:
    case = on_sum(metric, times(1.0), classes=False)
    seen: list[Tensor] = []
    handle = case.model.module.register_forward_pre_hook(lambda module, given: seen.append(given[0].detach().clone()))
    try:
        scores = curved(metric, case)
    finally:
        handle.remove()
    assert scores.curves is not None
    x = scores.curves.x
    ends = float(x[0].min()), float(x[0].max())
    insist(ends == (0.0, 1.0), f"the curve goes from {ends[0]:g} to {ends[1]:g}; from 0, the clean input, to 1 is all")
    rows = torch.cat(seen)
    gone = x if scores.curves.x_name in ("fraction", "fraction removed") else 1 - x
    wanted = {round(float(share) * PIXELS) for share in gone.flatten()}
    for sample, image in enumerate(images()):
        mine = [row for row in rows if (row == image).any() or sample == 0]
        counts = {int((row != image).sum()) for row in mine if _made_of(row, image)}
        missing = sorted(wanted - counts - {PIXELS})
        insist(not missing, f"sample {IDS[sample]!r}: no input with {missing[:4]} of {PIXELS} pixels removed was asked")
        extra = sorted(counts - wanted)
        insist(
            not extra,
            f"sample {IDS[sample]!r}: inputs with {extra[:4]} pixels removed were asked, curve: {sorted(wanted)}",
        )


def _made_of(row: Tensor, image: Tensor) -> bool:
    """Whether a row is this image with some pixels replaced by the mean, which is 0 here."""
    return bool(((row == image) | (row == 0)).all())


@clause(
    30,
    "metric",
    "known answers",
    "On a sum of pixels the area of a map and of its reverse add up to f(clean) + f(removed), for gains to 0 and for "
    "drops to f(clean) - f(removed), whatever the map; a map of one value everywhere scores half of that.",
    "count both ends of the curve, take the distance of two points for the width, and give ties their mean",
)
def areas(metric: Metric[Any]) -> None:
    x = curved(metric, on_sum(metric, times(1.0), classes=False)).curves
    assert x is not None
    if (float(x.x.min()), float(x.x.max())) != (0.0, 1.0):
        raise Inapplicable("the law is that of whole curves")
    module = Sum(classes=False)
    clean, removed = module(images()).double(), module(torch.zeros_like(images())).double()
    allowed = {"areas": clean + removed, "gains": 0 * clean, "drops": clean - removed}
    sums = []
    for one, other in ((times(1.0), times(-1.0)), (_noise(1.0), _noise(-1.0))):
        values = [metric.score(on_sum(metric, method, classes=False)).values for method in (one, other)]
        sums.append(values[0] + values[1])
    law = min(allowed, key=lambda name: float((sums[0] - allowed[name]).abs().max()))
    for found, what in zip(sums, ("what each pixel adds", "noise"), strict=True):
        i = int((found - allowed[law]).abs().argmax())
        said = f"sample {IDS[i]!r}: {what} and its reverse add up to {float(found[i]):.9g}; {law} add up to"
        insist(abs(float(found[i] - allowed[law][i])) <= TOLERANCE, f"{said} {float(allowed[law][i]):.9g}")
    flat = metric.score(on_sum(metric, times(0.0), classes=False)).values
    half = allowed[law] / 2
    i = int((flat - half).abs().argmax())
    said = (
        f"sample {IDS[i]!r}: a constant map scores {float(flat[i]):.9g}, the mean of all orders is {float(half[i]):.9g}"
    )
    insist(abs(float(flat[i] - half[i])) <= TOLERANCE, said)


def _noise(factor: float) -> AttributionMethod:
    return scaled(drawn(5), factor)
