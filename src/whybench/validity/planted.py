"""Networks whose weights are written so that every pixel's worth is known exactly."""

from collections import OrderedDict
from collections.abc import Callable

import torch
from torch import Tensor, nn

from whybench.datasets import digits
from whybench.domains import ImageDomain
from whybench.errors import BadParameter, shown
from whybench.planted.hand_set import hand_set
from whybench.protocols import Model, Training, Truth
from whybench.protocols.asking import predict
from whybench.streams import Streams
from whybench.validity.world import World
from whybench.worlds import shapley_values
from whybench.worlds.coalitions import members

SIDE, PATCH, CHANNELS, CLASSES = 8, 2, 4, 3
PATCHES = (SIDE // PATCH) ** 2
USED = 6
"""How many patches of 16 the design `sparse` looks at."""
FULL = 16.0

Weights = tuple[Tensor, Tensor, Tensor]
"""Filters (channels, 4), biases (channels,), and what each channel of each patch adds, (classes, channels, patches)."""


def planted_world(design: str = "random", seed: int = 0, samples: int = 16) -> World:
    """A network of one convolution that sees patches of 2 x 2 pixels one by one, a rectifier and a linear layer.

        f_c(x) = sum over patches p, channels k of  u_ckp max(0, <w_k, x_p> + b_k)

    on held-out 8 x 8 digits. Patches only add, so that a pixel's Shapley value, with the data's mean in place of
    pixels left out, is that in the game of its own patch, exactly, from 2^4 sets. The mean is also the baseline of
    methods that need one, and the infill of most metrics: game, methods and metrics speak of the same removal.

    design: `linear` (rectifiers cancel to a linear function), `saturating` (min(t, sum)), `conjunction` (pairs of
    pixels that count when both are bright), `sparse` (ten patches of 16 are not looked at; the others are the mask),
    `random`; seed: of the drawn weights; the explained class is the predicted one. Raises BadParameter for another
    design.
    """
    if design not in DESIGNS:
        raise BadParameter(f"planted_world: design={shown(design)}; allowed: {', '.join(DESIGNS)}")
    filters, biases, added = DESIGNS[design](
        lambda name, *shape: torch.randn(shape, generator=Streams(seed).generator(name, design), dtype=torch.float64)
    )
    module = _network(filters, biases, added)
    training, held_out = digits.parts()
    mean = float(training.samples.mean() / FULL)
    inputs = _inputs(held_out.samples[seed * samples % 300 :][:samples])
    learned = _inputs(training.samples[:200])
    model = Model(
        name=f"planted({design!r}, seed={seed})",
        module=module,
        domain=ImageDomain(low=0.0, high=1.0, mean=mean, baseline=mean),
        layers={"cam": "relu"},
        training=Training(learned, predict(Model("", module, ImageDomain()), learned, 256).argmax(1)),
    )
    targets = predict(model, inputs, 256).argmax(1)
    ids = tuple(f"planted_{row:04d}" for row in held_out.rows[seed * samples % 300 :][:samples])
    worth = _worth(inputs, mean, targets, filters, biases, added)
    used = added.abs().sum((0, 1)).view(SIDE // PATCH, SIDE // PATCH) > 0
    mask = used.repeat_interleave(PATCH, 0).repeat_interleave(PATCH, 1)
    return World(
        model.name,
        model,
        inputs,
        targets,
        targets,
        ids,
        torch.arange(SIDE * SIDE).view(SIDE, SIDE),
        worth,
        None if used.all() else Truth(mask.expand(len(inputs), -1, -1).clone()),
    )


def _inputs(samples: object) -> Tensor:
    return (torch.as_tensor(samples) / FULL).float().unsqueeze(1)


def _network(filters: Tensor, biases: Tensor, added: Tensor) -> nn.Module:
    def network() -> nn.Module:
        return nn.Sequential(
            OrderedDict(
                conv=nn.Conv2d(1, len(filters), PATCH, stride=PATCH),
                relu=nn.ReLU(),
                flatten=nn.Flatten(),
                logits=nn.Linear(len(filters) * PATCHES, CLASSES, bias=False),
            )
        )

    weights = {
        "conv.weight": filters.view(-1, 1, PATCH, PATCH),
        "conv.bias": biases,
        "logits.weight": added.flatten(1),
    }
    return hand_set(network, weights)


def _worth(inputs: Tensor, mean: float, targets: Tensor, filters: Tensor, biases: Tensor, added: Tensor) -> Tensor:
    """Every pixel's Shapley value in the game of its patch: (n, 64) float64."""
    n, across = len(inputs), SIDE // PATCH
    patches = inputs.double().view(n, across, PATCH, across, PATCH).permute(0, 1, 3, 2, 4).reshape(n, PATCHES, -1)
    sets = members(PATCH * PATCH)
    kept = torch.where(sets, patches[:, :, None], torch.as_tensor(mean, dtype=torch.float64))
    answers = torch.relu(torch.einsum("npsi,ki->npsk", kept, filters) + biases)
    table = torch.einsum("npsk,nkp->nps", answers, added[targets])
    found = shapley_values(table.flatten(0, 1))
    return found.view(n, across, across, PATCH, PATCH).permute(0, 1, 3, 2, 4).reshape(n, -1)


Draw = Callable[..., Tensor]


def _random(draw: Draw) -> Weights:
    return draw("filters", CHANNELS, 4), 0.3 * draw("biases", CHANNELS), draw("added", CLASSES, CHANNELS, PATCHES)


def _sparse(draw: Draw) -> Weights:
    filters, biases, added = _random(draw)
    added[:, :, draw("used", PATCHES).argsort()[USED:]] = 0
    return filters, biases, added


def _linear(draw: Draw) -> Weights:
    """max(0, z) - max(0, -z) = z."""
    half, added = draw("filters", CHANNELS // 2, 4), draw("added", CLASSES, CHANNELS // 2, PATCHES)
    return torch.cat([half, -half]), torch.zeros(CHANNELS, dtype=torch.float64), torch.cat([added, -added], 1)


def _saturating(draw: Draw) -> Weights:
    """max(0, z) - max(0, z - t) = min(t, z) for z >= 0, with t at a bright pixel and a half."""
    half, added = draw("filters", CHANNELS // 2, 4).abs(), draw("added", CLASSES, CHANNELS // 2, PATCHES)
    limit = 0.4 * half.sum(1)
    return torch.cat([half, half]), torch.cat([0 * limit, -limit]), torch.cat([added, -added], 1)


def _conjunction(draw: Draw) -> Weights:
    """max(0, x_a + x_b - 1): nothing unless both are bright; the four pairs of neighbours."""
    pairs = torch.tensor([[1, 1, 0, 0], [0, 0, 1, 1], [1, 0, 1, 0], [0, 1, 0, 1]], dtype=torch.float64)
    return pairs, -torch.ones(CHANNELS, dtype=torch.float64), draw("added", CLASSES, CHANNELS, PATCHES)


DESIGNS: dict[str, Callable[[Draw], Weights]] = {
    "linear": _linear,
    "saturating": _saturating,
    "conjunction": _conjunction,
    "sparse": _sparse,
    "random": _random,
}
