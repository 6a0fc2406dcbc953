"""Trained networks with a shortcut: what the mark and the parts of the digit are worth, found by exchanging them."""

from dataclasses import dataclass
from functools import cache

import torch
from torch import Tensor

from whybench.datasets import digits
from whybench.datasets.shortcut_digits import SIDE, STRIP, ShortcutDigits, marked
from whybench.errors import BadParameter
from whybench.models.shortcut_cnn import ShortcutCNN
from whybench.protocols import Model, Truth
from whybench.protocols.asking import predict
from whybench.validity.world import World
from whybench.worlds import shapley_values
from whybench.worlds.coalitions import members

CLASSES = 10
REFERENCES = 20
ROWS = 512
"""Inputs a pass."""


def players() -> Tensor:
    """Five players of 20 pixels: the strip with the mark is 0, the four quarters below it are 1 to 4; (10, 10)."""
    found = torch.zeros(SIDE, SIDE, dtype=torch.int64)
    down, right = torch.arange(SIDE - STRIP) // ((SIDE - STRIP) // 2), torch.arange(SIDE) // (SIDE // 2)
    found[STRIP:] = 1 + 2 * down[:, None] + right[None, :]
    return found


def shortcut_world(strength: float = 0.5, seed: int = 0, samples: int = 16) -> World:
    """A `shortcut_cnn` and held-out digits, half of them under their own mark and half under another one.

        v(S) = 1/R sum_r f_c(x on the players S, reference r elsewhere),     worth = Shapley values of v

    exactly, over all 2^5 sets, with R = 20 references: held-out digits that are not explained, two of each class,
    each of the ten marks twice and never over its own digit. What is put in place of a part is thus that part of
    another image, not a fill that the network has never seen; in place of the strip it is every mark there is, in
    equal parts, so that the mark's share is what an intervention on it does. The explained class is the predicted one.

    strength, seed: of the network; another seed explains other samples. Raises BadParameter for samples that are no
    even number from 2.
    """
    if samples < 2 or samples % 2:
        raise BadParameter(
            f"shortcut_world: samples={samples!r}; an even number is needed, half of them under own marks"
        )
    model = ShortcutCNN(seed=seed, strength=strength).load()
    inputs, labels, ids = _explained(seed, samples)
    targets = predict(model, inputs, ROWS).argmax(1)
    masks = torch.zeros(samples, SIDE, SIDE, dtype=torch.bool)
    masks[:, STRIP:, 1:-1] = True
    worth = exchanged(model, inputs, targets, references(model))
    mean = model.domain.like(model.domain.mean, inputs[:1])
    others = {"mean": exchanged(model, inputs, targets, mean)}
    return World(model.name, model, inputs, targets, labels, ids, players(), worth, Truth(masks), others)


def exchanged(model: Model, inputs: Tensor, targets: Tensor, others: Tensor) -> Tensor:
    """The Shapley values of the five players when parts are exchanged for those of others: (n, 5) float64."""
    index = players()
    sets = members(int(index.max()) + 1)
    n, count = len(inputs), len(others)
    table = torch.empty(n, len(sets), dtype=torch.float64)
    for number, kept in enumerate(sets):
        mixed = torch.where(kept[index], inputs[:, None], others[None])
        outputs = predict(model, mixed.flatten(0, 1), ROWS)
        table[:, number] = model.explained(outputs, targets.repeat_interleave(count)).double().view(n, count).mean(1)
    return shapley_values(table)


@dataclass(frozen=True)
class Use:
    """How much a network goes by the mark, measured on samples that are shown under each of the ten marks.

    effect: the mean change of the explained logit against the mean over all marks, in logits, for samples under the
    mark of the class that is explained; follows: how often the answer is the mark's class (one in ten where it goes
    by the digit alone); share: the mark's part of the absolute worth of all players, mean over samples.
    """

    effect: float
    follows: float
    share: float


def use(world: World) -> Use:
    """Measure the use of the mark on a world's samples: ten passes a sample."""
    own, columns = world.inputs, torch.arange(CLASSES)
    shown = own[:, None].repeat(1, CLASSES, 1, 1, 1)
    shown[..., :STRIP, :] = 0
    shown[:, columns, :, :STRIP, columns] = 1
    outputs = predict(world.model, shown.flatten(0, 1), ROWS).double().view(len(own), CLASSES, CLASSES)
    explained = outputs.gather(2, world.targets[:, None, None].expand(-1, CLASSES, 1)).squeeze(2)
    under_it = explained.gather(1, world.targets[:, None]).squeeze(1)
    worth = world.worth.abs()
    return Use(
        effect=float((under_it - explained.mean(1)).mean()),
        follows=float((outputs.argmax(2) == columns).double().mean()),
        share=float((worth[:, 0] / worth.sum(1)).mean()),
    )


def references(model: Model) -> Tensor:
    """What parts are exchanged for, (20, 1, 10, 10): two digits of each class, each mark twice, never over its own."""
    _, held_out = digits.parts()
    labels = held_out.targets
    chosen = [int((labels == c).nonzero()[-1 - turn]) for turn in range(REFERENCES // CLASSES) for c in range(CLASSES)]
    places = [(c + 3 + 4 * turn) % CLASSES for turn in range(REFERENCES // CLASSES) for c in range(CLASSES)]
    pairs = zip(chosen, places, strict=True)
    return torch.stack([model.preprocess(marked(held_out.samples[row], place)) for row, place in pairs])


def _explained(seed: int, samples: int) -> tuple[Tensor, Tensor, tuple[str, ...]]:
    """Samples under their own marks first, others after them; none of them is a reference."""
    inputs, labels, ids, places = _held_out()
    free = torch.ones(len(labels), dtype=torch.bool)
    for c in range(CLASSES):
        free[(labels == c).nonzero().flatten()[-(REFERENCES // CLASSES) :]] = False
    rows = []
    for right in (True, False):
        found = (free & ((places == labels) == right)).nonzero().flatten()
        rows.append(found.roll(-seed * (samples // 2))[: samples // 2])
    chosen = torch.cat(rows)
    return inputs[chosen], labels[chosen], tuple(ids[int(row)] for row in chosen)


@cache
def _held_out() -> tuple[Tensor, Tensor, tuple[str, ...], Tensor]:
    """The held-out digits with marks that are right for half of them and drawn for the others, and their places."""
    dataset = ShortcutDigits(0.5).load()
    model = ShortcutCNN()
    inputs = torch.stack([model.load().preprocess(sample) for sample in dataset.samples])
    return inputs, dataset.labels, dataset.ids, inputs[:, 0, 0].argmax(1)
