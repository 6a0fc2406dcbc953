"""C6 to C8: a sample's map does not depend on which other samples are asked about."""

import torch

from whybench.checking.clause import clause
from whybench.checking.of_methods.form import EVERY, FEW
from whybench.checking.trial import Trial, insist_same

BATCHED = EVERY
SINGLE = ("mlp", "cnn", "edges")


@clause(
    6,
    "method",
    "batch invariance",
    "A sample's map is the same alone, in a batch and in a last batch that is not full: to 1e-12 of the largest value "
    "in float64, 1e-5 in float32; stochastic methods included.",
    "look for indices and means over the batch, and draw noise by the sample's name, not by the batch's shape",
    BATCHED,
)
def batches(trial: Trial) -> None:
    scene = trial.scene()
    whole = trial.ask(scene)
    for rows in (1, len(scene.ids) - 1):
        found = trial.ask(rows=rows)
        insist_same(found, whole, scene.exactness, (f"in batches of {rows}", f"in one of {len(whole)}"), scene.ids)
    if trial.name in FEW:
        rough = trial.scene(torch.float32)
        together, alone = trial.ask(rough), trial.ask(trial.scene(torch.float32), rows=1)
        insist_same(alone, together, rough.exactness, ("alone in float32", "in a batch"), rough.ids)


@clause(
    7,
    "method",
    "order equivariance",
    "Samples in another order give the same maps in that order.",
    "a map may depend on a sample's input, target and id only, never on its position",
    SINGLE,
)
def order(trial: Trial) -> None:
    scene, turned = trial.scene(), [2, 0, 3, 1]
    whole = trial.ask(scene)
    found = trial.ask(trial.scene().rows(turned))
    ids = tuple(scene.ids[i] for i in turned)
    insist_same(found, whole[turned], scene.exactness, ("in another order", "in the first"), ids)


@clause(
    8,
    "method",
    "cross-sample isolation",
    "Another input for the first sample leaves the maps of all others as they were; so does NaN where it is let in.",
    "take no statistics over the batch: the first dimension is not to be averaged, ranked or normalised over",
    SINGLE,
)
def isolation(trial: Trial) -> None:
    scene, other = trial.scene(), trial.scene()
    whole = trial.ask(scene)
    other.inputs[0] = 100 * other.inputs[0] + 1
    found = trial.ask(other)
    said = ("beside a sample 100 times as large", "before")
    insist_same(found[1:], whole[1:], scene.exactness, said, scene.ids[1:])
    if trial.method is None:  # the door of whybench's protocol refuses NaN
        spoilt = trial.scene()
        spoilt.inputs[0].view(-1)[0] = torch.nan
        try:
            found = trial.ask(spoilt)
        except Exception:
            return  # it does not let NaN in
        insist_same(found[1:], whole[1:], scene.exactness, ("beside NaN", "before"), scene.ids[1:])
