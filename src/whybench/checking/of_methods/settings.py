"""C13 and C14: memory layouts, and what torch is told about gradients around a call."""

from collections.abc import Iterator

import torch
from torch import Tensor

from whybench.checking.clause import Broken, clause
from whybench.checking.of_methods.form import FEW
from whybench.checking.trial import Trial, insist_same
from whybench.errors import Unsupported


@clause(
    13,
    "method",
    "layouts",
    "Strided, transposed and channels-last inputs of the same values give the same maps: to 1e-12 of the largest "
    "value in float64.",
    "use reshape in place of view, and no strides",
    FEW,
)
def layouts(trial: Trial) -> None:
    scene = trial.scene()
    wanted = trial.ask(scene)
    for name, inputs in _laid_out(scene.inputs):
        try:
            found = trial.ask(trial.scene().of(inputs))
        except Unsupported:
            raise
        except Exception as error:
            raise Broken(f"{name} inputs raise {type(error).__name__}: {str(error)[:200]}") from error
        insist_same(found, wanted, scene.exactness, (f"for {name} inputs", "for contiguous ones"), scene.ids)


def _laid_out(inputs: Tensor) -> Iterator[tuple[str, Tensor]]:
    yield "strided", torch.stack([inputs, inputs], -1)[..., 0]
    yield "transposed", inputs.transpose(0, 1).contiguous().transpose(0, 1)
    if inputs.ndim == 4:
        yield "channels-last", inputs.contiguous(memory_format=torch.channels_last)


@clause(
    14,
    "method",
    "grad contexts",
    "Under torch.no_grad the maps are the same; under torch.inference_mode they are, or the error says so.",
    "wrap what needs gradients in torch.enable_grad(), and in torch.inference_mode(False) with clones of the inputs",
    FEW,
)
def grad_contexts(trial: Trial) -> None:
    scene = trial.scene()
    wanted = trial.explainer.attribute(scene)
    try:
        with torch.no_grad():
            found = trial.explainer.attribute(trial.scene())
    except Unsupported:
        raise
    except Exception as error:
        raise Broken(f"under torch.no_grad it raises {type(error).__name__}: {str(error)[:200]}") from error
    insist_same(found, wanted, scene.exactness, ("under torch.no_grad", "without"), scene.ids)
    try:
        with torch.inference_mode():
            found = trial.explainer.attribute(trial.scene()).clone()
    except Unsupported:
        raise
    except Exception as error:
        if "nference" in str(error):
            return
        said = f"{type(error).__name__} without a word on it: {str(error)[:200]}"
        raise Broken(f"under torch.inference_mode it raises {said}") from error
    insist_same(found, wanted, scene.exactness, ("under torch.inference_mode", "without"), scene.ids)
