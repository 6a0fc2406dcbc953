"""Every registered metric: with channels exchanged or images moved, and the model alike, the scores are the same."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from law_world import SHAPE, images, judged, masks, names, network, opened, small, world
from torch import Tensor

from whybench.cases import open_case
from whybench.protocols import Case, Retraining, Training, Truth
from whybench.streams import Streams

POOL = 2
"""Side of the windows that the network of `law_world` averages over; it moves by whole ones."""


@dataclass(frozen=True)
class Move:
    """What becomes of the pixels of an image, and whether its two channels change places."""

    pixels: Callable[[Tensor], Tensor]
    exchanged: bool = False

    def __call__(self, images: Tensor) -> Tensor:
        """(..., C, H, W), moved; anything else is left alone."""
        if images.shape[-2:] != SHAPE[-2:]:
            return images
        moved = self.pixels(images)
        return moved.flip(-3) if self.exchanged and images.shape[-3] == SHAPE[0] else moved


MOVES = {
    "channels": Move(lambda image: image, exchanged=True),
    "mirrored": Move(lambda image: image.flip(-1)),
    "turned": Move(lambda image: image.rot90(1, (-2, -1))),
    "translated": Move(lambda image: image.roll((POOL, -POOL), (-2, -1))),
}

WEIGHTS = "weights are shuffled by their places in a tensor"
SUBSETS = "which regions, or pairs, are tried is drawn by their numbers"
BORDER = "an image has a border, at which what it moves or interpolates comes to an end"
PLACES = ("mirrored", "turned", "translated")
UNMOVED = {
    **{(name, key): WEIGHTS for name in ("efficient_mprt", "mprt", "smooth_mprt") for key in MOVES},
    **{(name, key): SUBSETS for name in ("faithfulness_correlation", "sensitivity_n", "symmetry") for key in PLACES},
    **{(name, "translated"): BORDER for name in ("continuity", "input_shift_consistency", "road", "saliency_metric")},
    **{("irof", key): "superpixels grow from a corner" for key in PLACES},
    ("explanation_manipulation", "channels"): "the first of the channels that it draws says which features move",
}
"""Metrics that score otherwise under a move, and why: there the law holds in distribution, or not at all."""


def moved(name: str, move: Move) -> Case[Any]:
    """The case of `law_world.opened` with all that is shaped like an image moved: inputs, masks, weights, training."""
    before, net = world(), network()
    assert before.retraining is not None
    net[0].weight.data = net[0].weight.data.flip(1) if move.exchanged else net[0].weight.data
    read = net[4].weight.data.view(3, 4, 2, 2).repeat_interleave(POOL, 2).repeat_interleave(POOL, 3)
    net[4].weight.data = move.pixels(read)[..., ::POOL, ::POOL].flatten(1)
    seen, labels = move(before.retraining.inputs), before.retraining.labels

    def train_on(inputs: Tensor, wanted: Tensor, seed: int) -> Mapping[str, Tensor]:
        features = F.pad(net[:4](inputs), (0, 1), value=1.0)
        solved = torch.linalg.lstsq(features, 9 * F.one_hot(wanted, 3).double(), driver="gelsd").solution.T
        return {**net.state_dict(), "4.weight": solved[:, :-1], "4.bias": solved[:, -1]}

    again = Retraining(seen, labels, lambda wanted, effort: train_on(seen, wanted, 0), train_on)
    model = replace(before, module=net, training=Training(seen, labels), retraining=again)
    inputs = move(images())
    ids = tuple(f"image {i}" for i in range(len(inputs)))
    truth = Truth(move(masks()))
    return open_case(judged(name), model, inputs, net(inputs).argmax(1), ids=ids, seed=3, truth=truth)


@pytest.mark.parametrize("key", MOVES)
@pytest.mark.parametrize("name", names())
def test_a_world_that_moves_as_a_whole_scores_the_same(name: str, key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Draws that are shaped like an image move too; all others are those that they were."""
    wanted = small(name).score(opened(judged(name))).values
    for kind in ("normals", "uniforms"):
        drawn = getattr(Streams, kind)
        monkeypatch.setattr(Streams, kind, lambda *given, drawn=drawn: MOVES[key](drawn(*given)))
    found = small(name).score(moved(name, MOVES[key])).values
    same = torch.allclose(found, wanted, rtol=1e-9, atol=1e-12, equal_nan=True)
    assert same == ((name, key) not in UNMOVED), UNMOVED.get((name, key))
