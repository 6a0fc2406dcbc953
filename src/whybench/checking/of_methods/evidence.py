"""Evidence of both signs: weights and inputs that are negative together speak for a class as others do."""

import torch
from torch import Tensor, nn

from whybench.checking.clause import insist
from whybench.checking.trial import Trial
from whybench.checking.zoo import HIGH, IDS, Scene
from whybench.domains import ImageDomain, TabularDomain
from whybench.errors import BadExplanation, Unsupported
from whybench.protocols import Model, Training

WEIGHTS = [[1.0, -1.0, 1.0, -1.0, 0.0, 0.0], [0.0, 0.0, -1.0, 1.0, -1.0, 1.0], [-1.0, 1.0, 0.0, 0.0, 1.0, -1.0]]
INPUTS = [[2.0, -2.0, -1.0, 1.0, 1.0, 1.0], [1.0, 1.0, -2.0, 2.0, 1.0, -1.0], [-2.0, 2.0, 1.0, 1.0, -1.0, 1.0]]
"""A sample a class: two of its values are evidence for the class, two against it, and two have no weight."""
SLACK = 0.25
"""How far evidence may rank below what has no weight, in units of the largest relevance: room for few draws."""


def ranks_evidence(trial: Trial, image: bool) -> bool:
    """Raise Broken where evidence for the target ranks below what has no weight; False where nothing can be said."""
    polarity = trial.explainer.polarity
    if trial.explainer.control or polarity is None:
        return False
    scene = _scene(trial.dtype, image)
    try:
        maps = trial.ask(scene)
        values = scene.model.domain.per_feature(maps, polarity, tuple(scene.inputs.shape))
    except (Unsupported, BadExplanation):  # C1 tells of a map that does not fit
        return False
    values = values.mean(2) if image else values
    weights, inputs = torch.tensor(WEIGHTS), torch.tensor(INPUTS)
    least = float(values[weights == 0].mean()) - SLACK * float(values.abs().max())
    for sign, name in ((1, "positive"), (-1, "negative")):
        evidence = float(values[(weights * sign > 0) & (inputs * weights > 1)].mean())
        said = f"evidence for the target by {name} weights has the relevance {evidence:.4g} in the mean"
        none = f"what has no weight {float(values[weights == 0].mean()):.4g}, read as polarity={polarity!r}"
        insist(evidence >= least, f"{said}, {none}")
    return True


def _scene(dtype: torch.dtype, image: bool) -> Scene:
    """One linear layer, its columns, or an image's rows, worth the weights; all corners of a cube to learn from."""
    weights, inputs = torch.tensor(WEIGHTS, dtype=dtype), torch.tensor(INPUTS, dtype=dtype)
    corners = torch.cartesian_prod(*[torch.tensor([-1.0, 1.0], dtype=dtype)] * inputs.shape[1])
    if image:
        weights, inputs, corners = (_rows(values) for values in (weights / 6, inputs, corners))
    layer = nn.Linear(weights[0].numel(), 3, dtype=dtype)
    with torch.no_grad():
        layer.weight.copy_(weights.flatten(1))
        layer.bias.zero_()
        module = nn.Sequential(nn.Flatten(), layer).eval()
        labels = module(corners).argmax(1)
    domain = (ImageDomain if image else TabularDomain)(low=-HIGH, high=HIGH)
    model = Model("evidence", module, domain, training=Training(corners, labels))
    return Scene("evidence", model, inputs, torch.arange(3), IDS[:3])


def _rows(values: Tensor) -> Tensor:
    """(n, rows) -> (n, 1, rows, rows), the same value all along a row."""
    return values[:, None, :, None].expand(-1, 1, -1, values.shape[1]).contiguous()
