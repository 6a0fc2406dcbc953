"""C29: a cell alone is that cell in a grid."""

from typing import Any

from whybench.checking.clause import clause, insist
from whybench.checking.metric_world import images, judged, masks, world
from whybench.evaluation import evaluate
from whybench.methods.attribution import InputXGradient
from whybench.metrics.attribution import PixelFlipping
from whybench.protocols import AttributionMethod, Metric


def cell(metrics: list[Any], methods: dict[str, AttributionMethod], name: str) -> list[float | None]:
    """The scores of the method `this` by one metric."""
    board = evaluate(world(), images(), methods=methods, metrics=metrics, masks=masks(), batch_size=64)
    rows = board.scores[(board.scores["method"] == "this") & (board.scores["metric"] == name)]
    return [None if score != score else float(score) for score in rows.sort_values("sample_id")["score"]]


@clause(
    29,
    "metric",
    "grid independence",
    "A cell alone has the same bits as in a grid of methods and metrics, in any order.",
    "keep nothing outside of the case, and name artifacts by all that they depend on",
)
def grid(metric: Metric[Any]) -> None:
    method, other = judged(metric.name), InputXGradient()
    alone = cell([metric], {"this": method}, metric.name)
    others = [m for m in (PixelFlipping(), metric) if m.name != metric.name or m is metric]
    for metrics, methods in (
        (others, {"other": other, "this": method}),
        (others[::-1], {"this": method, "other": other}),
    ):
        found = cell(metrics, methods, metric.name)
        insist(found == alone, f"{found} in a grid, {alone} alone")
