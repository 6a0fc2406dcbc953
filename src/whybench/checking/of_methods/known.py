"""C30: answers that are known beforehand, from what a method claims and from evidence that was planted."""

from dataclasses import replace

import torch
from torch import Tensor

from whybench.checking.clause import Inapplicable, clause, insist
from whybench.checking.of_methods.evidence import ranks_evidence
from whybench.checking.trial import Trial
from whybench.checking.zoo import Scene
from whybench.planted import watermark
from whybench.protocols import Training

NEAR = 1e-6
ABSORBED = 1e-4
"""How far a sum may be off where an epsilon in the denominators absorbs relevance, in the same units as STEPPED."""
STEPPED = 0.15
"""How far a sum may be off where an integral is taken in steps, in units of the change of the output."""


@clause(
    30,
    "method",
    "known answers",
    "What a method claims is so: relevance sums to what `complete` says, and is never negative where `signed` is "
    "False; planted pixels that alone decide the answer get more relevance than their share of the area; and, as maps "
    "of the declared `polarity` are read, evidence for the target ranks above what has no weight, whichever sign the "
    "weight has.",
    "compare with the definition on one linear layer by hand: a sign, an absolute value, an index or a normalisation "
    "is wrong, or the claim is; where only the size of a value counts, say polarity = 'sensitivity'",
    ("linear", "additive", "mlp", "cnn", "oblong"),
)
def known(trial: Trial) -> None:
    told = [_complete(trial), _unsigned(trial)]
    if trial.name == "oblong":
        told.append(_finds_evidence(trial))
    if trial.name in ("linear", "oblong"):
        told.append(ranks_evidence(trial, image=trial.name == "oblong"))
    if not any(told):
        raise Inapplicable("it claims nothing that could be checked here")


def _complete(trial: Trial) -> bool:
    claim = trial.explainer.complete
    if claim not in ("f(x)", "f(x) - f(baseline)"):
        return False
    scene = trial.scene()
    if claim == "f(x)":
        _without_biases(scene)
    maps = trial.ask(scene).double()
    if maps.shape != scene.inputs.shape:
        return False
    wanted = _explained(scene, scene.inputs)
    if claim == "f(x) - f(baseline)":
        wanted = wanted - _explained(scene, torch.zeros_like(scene.inputs))
    within = ABSORBED if hasattr(trial.method, "epsilon") else NEAR
    if trial.name != "linear" and (hasattr(trial.method, "steps") or hasattr(trial.method, "n_steps")):
        within = STEPPED
    sums = maps.flatten(1).sum(1)
    for i, name in enumerate(scene.ids):
        gap = abs(float(sums[i] - wanted[i]))
        said = f"sample {name!r}: the map sums to {float(sums[i]):.6g}, {claim} is {float(wanted[i]):.6g}"
        insist(gap <= within * max(1.0, abs(float(wanted[i]))), said)
    return True


def _unsigned(trial: Trial) -> bool:
    if trial.explainer.signed is not False:
        return False
    scene = trial.scene()
    maps = trial.ask(scene)
    if trial.explainer.polarity == "sensitivity":
        maps = scene.model.domain.per_feature(maps, "sensitivity", tuple(scene.inputs.shape))
    least = float(maps.min())
    insist(least >= -1e-12, f"a relevance of {least:.6g}, though `signed` is False")
    return True


def _finds_evidence(trial: Trial) -> bool:
    """On `planted.watermark`: more than the nine pixels' share of the area, and more than any other nine there."""
    if trial.explainer.control:
        return False
    found = watermark(samples=8).double()
    model = replace(found.model, training=_training(found.inputs))
    scene = Scene("watermark", model, found.inputs, found.labels, found.ids)
    try:
        maps = trial.ask(scene)
    except Exception:
        if trial.method is None:
            return False  # a network of the clause's own, refused in whatever words
        raise
    polarity = trial.explainer.polarity or "contribution"
    values = model.domain.per_feature(maps, polarity, tuple(scene.inputs.shape)).abs()
    share = (values * found.masks).flatten(1).sum(1) / values.flatten(1).sum(1)
    even = float(found.masks[0].double().mean())
    if bool(share.isnan().any()) and not bool(share.isnan().all()):
        share = share[~share.isnan()]  # few draws may meet no change at all, and a map of zeros has no place
    got = float(share.nan_to_num(nan=0.0).median())
    insist(got > even, f"planted pixels have {got:.4g} of the relevance in the median, and {even:.4g} of the area")
    return True


def _training(inputs: Tensor) -> Training:
    rows = torch.cat([inputs, inputs.flip(3), inputs.flip(2)])
    return Training(rows, torch.arange(len(rows)) % 4)


def _explained(scene: Scene, inputs: Tensor) -> Tensor:
    with torch.no_grad():
        return scene.model.explained(scene.module(inputs.clone()), scene.targets).double()


def _without_biases(scene: Scene) -> None:
    for name, value in scene.module.state_dict().items():
        if name.endswith(("bias", "running_mean", "shift")):
            value.zero_()
