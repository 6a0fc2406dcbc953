"""C31: maps on a network that is small enough to be reckoned with by hand."""

import torch

from whybench.checking.chain import chain, chain_scene
from whybench.checking.clause import Inapplicable, clause, insist
from whybench.checking.closed_forms import FORMS, OF_COLUMNS
from whybench.checking.trial import Trial, insist_same

ABSORBED = 1e-5
"""How far values may be off, in units of the largest: stabilisers of 1e-6 absorb relevance."""
STEPPED = 0.05
"""The same where an integral is taken in steps."""


@clause(
    31,
    "method",
    "closed form",
    "On three layers whose weights are whole numbers, fully connected and convolutional, the map of every sample is "
    "what the definition gives that a method names as its `closed_form`: to 1e-5 of the largest value, 0.05 where an "
    f"integral is taken in steps. Definitions are {', '.join(f'`{name}`' for name in FORMS)}.",
    "compare with the definition layer by layer (whybench.checking.closed_forms): another may well sum to the same",
    ("mlp", "oblong"),
)
def keeps_its_form(trial: Trial) -> None:
    name = trial.explainer.closed_form
    if name is None:
        raise Inapplicable("it names no closed form")
    insist(name in FORMS, f"`closed_form` is {name!r}; known are {', '.join(FORMS)}")
    image = trial.name == "oblong"
    if image and name in OF_COLUMNS:
        raise Inapplicable("its closed form is of columns")
    known = chain(image)
    scene = chain_scene(known, trial.dtype)
    maps = trial.ask(scene)
    rows = zip(scene.inputs.double().flatten(1), scene.targets.tolist(), strict=True)
    wanted = torch.stack([FORMS[name](known, x, target) for x, target in rows]).view(scene.inputs.shape)
    within = STEPPED if name == "integrated_gradients" else ABSORBED
    insist_same(maps, wanted, within, ("in its map", f"by the definition of {name}"), scene.ids)
