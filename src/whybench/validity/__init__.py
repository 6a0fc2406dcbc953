"""Who judges the judges: whether a metric puts methods in the order of their true errors, where these are known."""

from whybench.validity.agreement import Agreement, Validity, agreement, validity
from whybench.validity.consistency import inter_consistency, inter_reactivity, intra_consistency
from whybench.validity.criteria import Chance, Resemblance
from whybench.validity.distances import misordered, misplaced
from whybench.validity.judging import Judged, judge, only
from whybench.validity.model_free import ModelFree
from whybench.validity.perturbed import Noise, perturbed
from whybench.validity.planted import DESIGNS, planted_world
from whybench.validity.red_team import Contest, red_team
from whybench.validity.shortcut import Use, shortcut_world, use
from whybench.validity.world import Desk, World

__all__ = [
    "DESIGNS",
    "Agreement",
    "Chance",
    "Contest",
    "Desk",
    "Judged",
    "ModelFree",
    "Noise",
    "Resemblance",
    "Use",
    "Validity",
    "World",
    "agreement",
    "inter_consistency",
    "inter_reactivity",
    "intra_consistency",
    "judge",
    "misordered",
    "misplaced",
    "only",
    "perturbed",
    "planted_world",
    "red_team",
    "shortcut_world",
    "use",
    "validity",
]
