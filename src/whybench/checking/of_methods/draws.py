"""C3 to C5: the same seed gives the same map, another one another, and nobody else's generator is touched."""

import torch

from whybench.checking.clause import Inapplicable, clause, insist
from whybench.checking.new_process import asked_elsewhere
from whybench.checking.of_methods.form import FEW
from whybench.checking.traces import Facts, changes, generators
from whybench.checking.trial import Trial, insist_same

EXHAUSTIVE = {"kernel_shap": 10, "shap/kernel": 6}
"""Methods that draw nothing where an input has no more players than this, since they ask about all coalitions."""


@clause(
    3,
    "method",
    "determinism",
    "Asked twice with one seed, a method gives the same bits, and so it does in another process, where text has other "
    "hashes; a function is seeded by torch.manual_seed.",
    "draw from query.streams, or from one torch.Generator made from the seed; NumPy's and Python's generators have "
    "seeds of their own, and hash() and the order of a set are another in every process",
    FEW,
)
def determinism(trial: Trial) -> None:
    first, second = trial.ask(every_generator=False), trial.ask(every_generator=False)
    insist_same(second, first, 0.0, ("the second time", "the first"), trial.scene().ids)
    if trial.spec:
        reply = asked_elsewhere(trial.spec, trial.name, trial.dtype)
        insist("raises" not in reply, f"in another process it raises {reply.get('raises')}")
        if "values" in reply:
            values = [float.fromhex(value) for value in reply["values"]]
            found = torch.tensor(values, dtype=torch.float64).view(reply["shape"])
            insist_same(found, first.double(), 0.0, ("in another process", "in this one"), trial.scene().ids)


@clause(
    4,
    "method",
    "seed sensitivity",
    "Another seed gives another map where a method is said to be stochastic, and the same bits where it is not.",
    "set `stochastic` to what is true",
    FEW,
)
def seeds(trial: Trial) -> None:
    said, scene = trial.explainer.stochastic, trial.scene()
    if said is None:
        raise Inapplicable("it does not say whether it is stochastic; set `stochastic` on it")
    players = scene.inputs[0].numel()
    if said and players <= EXHAUSTIVE.get(trial.explainer.name, 0):
        raise Inapplicable(f"with {players} features it asks about every coalition and draws nothing")
    first, second = trial.ask(scene, seed=0), trial.ask(seed=1)
    if said:
        insist(not first.equal(second), "seeds 0 and 1 give the same bits, though `stochastic` is True")
    else:
        insist_same(second, first, 0.0, ("with seed 1", "with seed 0"), scene.ids)


@clause(
    5,
    "method",
    "random-state isolation",
    "The global generators of Python, NumPy, torch and CUDA are left as they were.",
    "draw from query.streams or a torch.Generator of your own; never seed a global generator",
    FEW,
)
def generators_untouched(trial: Trial) -> None:
    scene = trial.scene()
    trial.ask(scene)  # what is seeded or loaded at first use is no harm
    seeded = trial.scene()
    before = generators_at_call(trial)
    trial.explainer.ask(seeded, every_generator=False)
    moved = changes(before, generators())
    insist(not moved, f"global generators moved: {'; '.join(moved)}")


def generators_at_call(trial: Trial) -> Facts:
    """The states that a call begins with: functions are seeded through torch before each."""
    if trial.method is None:
        torch.manual_seed(0)
    return generators()
