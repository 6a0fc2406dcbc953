"""C19 to C22: targets, parameters, calls again, and a method as text."""

import dataclasses
import inspect
import json
from typing import Any, get_type_hints

import torch

from whybench.building import build, fits
from whybench.checking.clause import Broken, Inapplicable, clause, insist
from whybench.checking.of_methods.form import FEW
from whybench.checking.trial import Trial, distance, insist_same
from whybench.errors import Unsupported, WhybenchError
from whybench.parameters import parameters
from whybench.protocols import AttributionMethod


@clause(
    19,
    "method",
    "targets",
    "Each sample is explained for its own target; a class that the model does not have is refused.",
    "select outputs by outputs.gather(1, targets[:, None]), and raise for targets outside the classes",
    ("linear", "cnn"),
)
def targets(trial: Trial) -> None:
    scene, other = trial.scene(), trial.scene()
    wanted = trial.ask(scene)
    found = trial.ask(dataclasses.replace(other, targets=(other.targets + 1) % 3))
    if not trial.explainer.control and scene.name == "linear":
        same = [i for i, (a, b) in enumerate(zip(wanted, found, strict=True)) if distance(a, b) == 0]
        insist(not same, f"the map of sample {scene.ids[same[0]]!r} is the same for two classes" if same else "")
    mixed = trial.ask(trial.scene().rows([0, 1]))
    insist_same(mixed, wanted[:2], scene.exactness, ("with two targets", "with all"), scene.ids)
    outside = dataclasses.replace(trial.scene(), targets=torch.tensor([0, 1, 2, 7]))
    try:
        trial.explainer.attribute(outside)
    except Unsupported:
        raise
    except Exception:
        return
    insist(trial.explainer.control, "target 7 of a model with 3 classes has a map")


@clause(
    20,
    "method",
    "parameter validation",
    "A parameter that does not exist, or has a value of the wrong type, is refused.",
    "check parameters in __post_init__ and raise BadParameter with the value",
    ("linear",),
)
def parameter_validation(trial: Trial) -> None:
    method = trial.method
    if method is None:
        raise Inapplicable("a function takes no parameters")
    hints = get_type_hints(type(method).__init__)
    plain = [name for name in inspect.signature(type(method)).parameters if not fits(object(), hints.get(name, Any))]
    for name, value in [("no_such_parameter", 1), *((name, object()) for name in plain)]:
        try:
            build(type(method), method.name, (), {**_given(method, name), name: value})
        except WhybenchError:
            continue
        except Exception as error:
            shown = f"{type(error).__name__} ({str(error)[:100]})"
            raise Broken(f"{name}={value!r} raises {shown} in place of BadParameter") from error
        raise Broken(f"{name}={value!r} is accepted")


def _given(method: AttributionMethod, without: str) -> dict[str, Any]:
    """The parameters that the method has, where it cannot be made without them."""
    needed = [n for n, p in inspect.signature(type(method)).parameters.items() if p.default is inspect.Parameter.empty]
    return {name: getattr(method, name) for name in needed if name != without}


@clause(
    21,
    "method",
    "idempotent object",
    "A call leaves nothing in the method: asked again after another model and other inputs, it gives the same map.",
    "keep nothing between calls, and no cache that does not name model and input",
    FEW,
)
def idempotent(trial: Trial) -> None:
    scene = trial.scene()
    before = trial.ask(scene)
    for name in ("linear", "additive") if trial.name == "mlp" else ("edges",):
        try:
            trial.ask(Trial(trial.explainer, name, trial.dtype).scene())
        except Exception:
            continue
    trial.ask(trial.scene().rows([3, 1]))
    insist_same(trial.ask(), before, 0.0, ("asked again after others", "at first"), scene.ids)


@clause(
    22,
    "method",
    "serialisable spec",
    "The parameters are plain values: written as JSON and read back they make an equal method with the same hash.",
    "make parameters numbers, text, tuples or methods, and the class a frozen dataclass",
    ("linear",),
)
def serialisable(trial: Trial) -> None:
    method = trial.method
    if method is None:
        raise Inapplicable("a function has no parameters; its source is its identity")
    written = json.dumps(parameters(method), allow_nan=False)
    values = {f.name: getattr(method, f.name) for f in dataclasses.fields(method) if f.init}
    again = type(method)(**values)
    insist(json.dumps(parameters(again)) == written, f"{written} is written, {json.dumps(parameters(again))} read back")
    insist(again == method, f"{again!r} does not equal {method!r}")
    insist(hash(again) == hash(method), "two equal methods have different hashes")
    read = json.loads(written)
    unlike = [name for name in read if "object at 0x" in str(read[name])]
    insist(not unlike, f"parameter {unlike[0]!r} is written as {read[unlike[0]]!r}" if unlike else "")
