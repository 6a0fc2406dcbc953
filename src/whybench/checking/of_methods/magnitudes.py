"""C17: inputs and outputs that are huge or tiny."""

from collections.abc import Iterator

import torch
from torch import nn

from whybench.checking.clause import clause, insist
from whybench.checking.trial import Trial
from whybench.checking.zoo import Scene
from whybench.errors import Unsupported, WhybenchError

LOGITS = 1e4
"""The largest output of a model whose exponential is no number any more, in float64 either."""


@clause(
    17,
    "method",
    "huge and tiny values",
    "Inputs times 1e30 and 1e-30, and a model whose outputs reach 1e4 and -1e4, give finite maps, or an error: no "
    "overflow that looks like an answer.",
    "scale before squares and exponentials are taken: torch.logsumexp and torch.log_softmax do",
    ("mlp", "cnn"),
)
def magnitudes(trial: Trial) -> None:
    for name, scene in _scenes(trial):
        try:
            found = trial.ask(scene)
        except Unsupported:
            raise
        except (WhybenchError, ValueError, ArithmeticError):
            continue
        bad = int((~torch.isfinite(found)).sum())
        insist(bad == 0, f"{name} give {bad} values that are not finite")


def _scenes(trial: Trial) -> Iterator[tuple[str, Scene]]:
    for dtype in (trial.dtype, torch.float32):
        yield f"outputs from {-LOGITS:g} to {LOGITS:g} in {dtype}", _certain(trial.scene(dtype))
    if trial.name == "mlp":
        for factor in (1e30, 1e-30):
            plain = trial.scene()
            yield f"inputs times {factor:g}", plain.of(plain.inputs * factor)


def _certain(scene: Scene) -> Scene:
    """The last layer's weights are as large as makes the largest output LOGITS, and the same model without them."""
    last = [module for module in scene.module.modules() if isinstance(module, nn.Linear)][-1]
    with torch.no_grad():
        factor = LOGITS / scene.module(scene.inputs.clone()).abs().max()
        for parameter in last.parameters():
            parameter.mul_(factor)
    return scene
