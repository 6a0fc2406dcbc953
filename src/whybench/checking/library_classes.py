"""Classes of other libraries as functions of a scene, by the shape of their interface and without importing them."""

import inspect
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor

from whybench.checking.clause import Inapplicable
from whybench.checking.zoo import CLASSES, Scene

Answer = Callable[[Scene, Tensor, Tensor], Any]


def library_function(thing: Any) -> Answer | None:
    """A function (scene, inputs, targets) -> relevance, or None where this is no class that is known.

    Known are classes made from a model with a method `attribute(inputs, target=...)`, as Captum's; classes made from
    a model whose objects are contexts that answer (inputs, one-hot outputs) with outputs and relevance, as zennit's
    attributors; a `functools.partial` of either; and objects or classes with a `context(model)` in which a gradient is
    relevance, as its composites.
    """
    kind = thing.func if isinstance(thing, partial) else thing
    if inspect.isclass(kind) and callable(getattr(kind, "attribute", None)):
        return lambda scene, inputs, targets: _attributed(thing, scene, inputs, targets)
    if callable(getattr(thing, "context", None)):
        return lambda scene, inputs, targets: _in_context(thing, scene, inputs, targets)
    if inspect.isclass(kind) and hasattr(kind, "__enter__"):
        return lambda scene, inputs, targets: _attributor(thing, scene, inputs, targets)
    return None


def _attributed(thing: Any, scene: Scene, inputs: Tensor, targets: Tensor) -> Any:
    made = thing(*_required(thing, {"layer": _layer(scene)}, scene.module))
    call = inspect.signature(made.attribute).parameters
    offered = {
        "baselines": torch.stack([torch.zeros_like(inputs[0]), torch.full_like(inputs[0], 0.5)]),
        "sliding_window_shapes": (inputs.shape[1], *(min(2, side) for side in inputs.shape[2:]))
        if inputs.ndim == 4
        else (1,),
    }
    needed = [name for name, parameter in list(call.items())[1:] if parameter.default is inspect.Parameter.empty]
    given = {name: offered[name] for name in needed if name in offered}
    return made.attribute(inputs, **given, **({"target": targets} if "target" in call else {}))


def _required(maker: Any, offered: dict[str, Any], module: Any) -> list[Any]:
    """The positional arguments that a constructor insists on: the model first."""
    parameters = inspect.signature(maker).parameters.values()
    needed = [p for p in parameters if p.default is inspect.Parameter.empty and p.kind is p.POSITIONAL_OR_KEYWORD]
    unknown = [p.name for p in needed[1:] if p.name not in offered or offered[p.name] is None]
    unknown += [p.name for p in needed[:1] if p.name == "attribution_method"]
    if unknown:
        raise Inapplicable(f"its constructor needs {', '.join(unknown)}; check a function that makes it instead")
    return [module, *(offered[p.name] for p in needed[1:])]


def _layer(scene: Scene) -> Any:
    return None if scene.cam is None else scene.module.get_submodule(scene.cam)


def _in_context(thing: Any, scene: Scene, inputs: Tensor, targets: Tensor) -> Any:
    composite: Any = thing() if inspect.isclass(thing) else thing
    with torch.enable_grad():
        leaf = inputs.detach().clone().requires_grad_()
        with composite.context(scene.module) as module:
            chosen = _one_hot(scene, targets).to(inputs)
            (relevance,) = torch.autograd.grad(module(leaf), leaf, chosen)
    return relevance


def _attributor(thing: Any, scene: Scene, inputs: Tensor, targets: Tensor) -> Any:
    with thing(scene.module) as attributor:
        answer = attributor(inputs, _one_hot(scene, targets).to(inputs))
    return answer[1] if isinstance(answer, tuple) else answer


def _one_hot(scene: Scene, targets: Tensor) -> Tensor:
    return torch.nn.functional.one_hot(targets, CLASSES if scene.model.output == "classes" else 1)
