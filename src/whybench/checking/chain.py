"""Three layers with whole numbers for weights: as matrices, to reckon with, and as modules, to be explained."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from whybench.checking.zoo import HIGH, IDS, Scene
from whybench.domains import ImageDomain, TabularDomain
from whybench.protocols import Model, Training

MATRICES = (
    [[2, -1, 0, 0, 1, 1, 0, 0], [0, 0, 2, -1, 0, 0, 1, 1], [-1, 1, 0, 0, 2, -2, 0, 0], [0, 0, -1, 1, 0, 0, 2, -2]],
    [[1, -1, 2, 1], [-1, 2, 1, -1]],
    [[1, -2], [-1, 1], [2, 1]],
)
"""On an image of 2 x 4 pixels the first are two filters of 2 x 2 pixels, side by side, the second two of 1 x 2."""
BIASES = ([1, 1, -1, -1], [1, -1], [1, -1, 2])
INPUTS = [[1, -1, 1, -3, 3, 1, 2, -1], [2, 2, 1, 3, 2, 1, -3, 2], [-3, -3, -3, -2, 2, 1, -1, 3]]
"""No unit is 0, and on the way from zeros rectifiers switch halfway and nowhere else."""
TARGETS = [2, 0, 1]
BACKGROUND = [[0, 0, 0, 0, 0, 0, 0, 0], [1, -1, 2, 1, -2, 1, -1, 1]]


@dataclass(frozen=True, eq=False)
class Chain:
    """z_l = W_l a_(l-1) + b_l, with a_0 = x and a_l = max(0, z_l); the last z are the outputs.

    weights: (outputs, inputs) each; background: references, (references, inputs); image: whether all layers but the
    last are convolutions.
    """

    weights: tuple[Tensor, ...]
    biases: tuple[Tensor, ...]
    background: Tensor
    image: bool

    def totals(self, x: Tensor) -> list[Tensor]:
        """z_1, z_2, ... of one input."""
        found, values = list[Tensor](), x
        for weight, bias in zip(self.weights, self.biases, strict=True):
            found.append(weight @ values + bias)
            values = found[-1].clamp(min=0)
        return found

    def values(self, x: Tensor) -> list[Tensor]:
        """a_0, a_1, ...: what each layer reads."""
        return [x, *(total.clamp(min=0) for total in self.totals(x)[:-1])]

    def output(self, x: Tensor, target: int) -> Tensor:
        return self.totals(x)[-1][target]


def chain(image: bool) -> Chain:
    """The matrices, in float64."""
    weights, biases = (tuple(torch.tensor(each).double() for each in given) for given in (MATRICES, BIASES))
    return Chain(weights, biases, torch.tensor(BACKGROUND).double(), image)


def chain_scene(known: Chain, dtype: torch.dtype) -> Scene:
    """The same as a model and samples of it: convolutions on an image, or fully connected layers on a table."""
    first, second, last = (_connected(*each) for each in zip(known.weights, known.biases, strict=True))
    layers = [first, nn.ReLU(), second, nn.ReLU(), last]
    if known.image:
        first, second = _convolutions(known)
        layers = [first, nn.ReLU(), second, nn.ReLU(), nn.Flatten(), last]
    module = nn.Sequential(*layers).to(dtype).eval()
    shape = (-1, 1, 2, 4) if known.image else (-1, 8)
    inputs, background = (rows.to(dtype).view(shape) for rows in (torch.tensor(INPUTS), known.background))
    domain = (ImageDomain if known.image else TabularDomain)(low=-HIGH, high=HIGH)
    training = Training(background, torch.arange(len(background)))
    model = Model("chain", module, domain, layers={"cam": "2"}, training=training)
    return Scene("chain", model, inputs, torch.tensor(TARGETS), IDS[: len(INPUTS)])


def _connected(weight: Tensor, bias: Tensor) -> nn.Module:
    layer = nn.Linear(weight.shape[1], weight.shape[0])
    layer.weight.data, layer.bias.data = weight.clone(), bias.clone()
    return layer


def _convolutions(known: Chain) -> tuple[nn.Module, nn.Module]:
    first, second = nn.Conv2d(1, 2, 2, stride=2), nn.Conv2d(2, 2, (1, 2))
    assert first.bias is not None
    assert second.bias is not None
    first.weight.data = known.weights[0][::2, [0, 1, 4, 5]].view(2, 1, 2, 2)
    second.weight.data = known.weights[1].view(2, 2, 1, 2).clone()
    first.bias.data, second.bias.data = known.biases[0][::2].clone(), known.biases[1].clone()
    return first, second
