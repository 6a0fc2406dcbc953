"""C19, C20 and C22: targets, parameters, and a method as text."""

import dataclasses

import torch

from whybench.checking.clause import Inapplicable, clause, insist
from whybench.checking.components import insist_written_and_read, refuse_wrong_values
from whybench.checking.of_methods.form import FEW
from whybench.checking.trial import Trial, insist_same
from whybench.errors import Unsupported


@clause(
    19,
    "method",
    "targets",
    "Each sample is explained for its own target; a class that the model does not have is refused.",
    "select outputs by outputs.gather(1, targets[:, None]), and raise for targets outside the classes",
    FEW,
)
def targets(trial: Trial) -> None:
    scene, other = trial.scene(), trial.scene()
    wanted = trial.ask(scene)
    found = trial.ask(dataclasses.replace(other, targets=(other.targets + 1) % 3))
    if not trial.explainer.control and scene.name == "mlp":
        insist(not found.equal(wanted), f"the maps are the same for targets {scene.targets.tolist()} and all others")
    last = trial.ask(dataclasses.replace(trial.scene(), targets=torch.tensor([0, 2, 1, 2])))
    insist_same(last[:3], wanted[:3], scene.exactness, ("with another target of 'dog'", "before"), scene.ids)
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
    refuse_wrong_values(method, method.name)


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
    insist_written_and_read(method)
