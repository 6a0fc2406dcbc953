"""C29: an explanation alone is that explanation in a grid."""

from typing import Any

from whybench.checking.clause import clause, insist
from whybench.checking.explainers import ForeignExplainer
from whybench.checking.trial import Trial
from whybench.evaluation import evaluate
from whybench.methods.attribution import InputXGradient
from whybench.metrics.attribution import Complexity


@clause(
    29,
    "method",
    "grid independence",
    "A cell alone has the same bits as in a grid of methods, in any order.",
    "keep nothing between calls, and draw from query.streams",
    ("mlp",),
)
def grid(trial: Trial) -> None:
    explainer, other = trial.explainer, InputXGradient()
    this: Any = trial.method
    if isinstance(explainer, ForeignExplainer):

        def this(module: object, inputs: Any, targets: Any) -> Any:
            return explainer.function(trial.scene(), inputs, targets)

    alone = _scores(trial, {"this": this})
    for methods in ({"other": other, "this": this}, {"this": this, "other": other}):
        found = _scores(trial, methods)
        insist(found == alone, f"complexity {found} in a grid, {alone} alone")


def _scores(trial: Trial, methods: dict[str, Any]) -> list[str]:
    """The complexity of each map of the method `this`, which moves with any bit of it, or why there is none."""
    scene = trial.scene()
    board = evaluate(scene.model, scene.inputs, scene.targets, methods=methods, metrics=[Complexity()], batch_size=4)
    rows = board.scores[board.scores["method"] == "this"].sort_values("sample_id")
    return [repr(score) for score in rows["score"]]
