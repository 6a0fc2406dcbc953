"""The masking model of Dabkowski and Gal."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from whybench.domains.blur import blur
from whybench.errors import BadParameter
from whybench.methods.attribution.checks import at_least, positive, whole
from whybench.methods.attribution.masks.cells import to_features, variation
from whybench.methods.attribution.masks.masking_network import MaskingNetwork
from whybench.methods.attribution.masks.scores import scores
from whybench.passes import Passes
from whybench.protocols import AttributionMethod, Model, Query
from whybench.protocols.asking import predict
from whybench.protocols.model import check_classes
from whybench.registries import register
from whybench.streams import Streams

NOISE = 0.055
"""Standard deviation of the noise on a plain colour, as a share of the range of the training data."""


@register
@dataclass(frozen=True)
class MaskingModel(AttributionMethod):
    """The part of an image that a network, trained for the model on its training data, keeps for the target.

    A U-Net (`MaskingNetwork`) maps an image x and a class c to a mask m in [0, 1], in one pass. It is trained once
    a model by Adam on

        area * mean(m) + variation * TV(m) - log p_c(m x + (1 - m) a) + destroyed * p_c((1 - m) x + m a)^power,

    where c is the class that the model predicts for x and p_c its softmax probability. a is drawn anew for each
    image and step: by a fair coin the blurred image, or one colour within the range of the training data plus
    noise, so that no mask can be an adversarial pattern against one infill. With probability `absent` an image is
    paired with one of the other classes instead: there the last two terms are left out, and the mask is to be
    empty. TV is the mean squared step between cells below each other, plus that between cells beside each other.
    `selector` times the binary cross-entropy of the class selector, summed over the classes, is added, so that the
    network learns which class an image shows; without it masks take no notice of c. Gives m, (n, 1, height, width);
    an explanation takes no pass through the model. The training takes one forward pass a training sample, and 2 x
    batch x (1 - absent) forward and backward passes a step on average, in passes of up to `batch` rows whatever the
    batch plan.

    area, variation, destroyed, power, selector: as above; absent: share of classes that are not there; steps,
    batch, rate: of Adam, whose rate falls to zero along half a cosine; width: channels at the first level, doubled
    at each of the two below; cells: the most along an image's shorter side, larger images are brought to so many by
    averaging, and their masks back by bilinear interpolation.

    The loss, the coin and the class selector are the authors'; their weights are for masks at 224 x 224. Ours are
    the prices, the selector's own term, the small network in the place of a pretrained classifier's features, its
    sigmoid, and the whole range of colours.

    Raises BadParameter for values not allowed, Unsupported for models without classes, gradients or training images.

    Source: dabkowski2017.

    >>> import torch
    >>> model = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(16, 2))
    >>> images = torch.linspace(0, 1, 48).view(3, 1, 4, 4)
    >>> MaskingModel(steps=1).attribute(model, images, 0, training=images).shape
    torch.Size([3, 1, 4, 4])
    """

    name: ClassVar[str] = "masking_model"
    reference: ClassVar[str] = "dabkowski2017"
    needs: ClassVar[frozenset[str]] = frozenset({"classes", "gradients", "image", "training"})
    stochastic: ClassVar[bool] = True
    signed: ClassVar[bool] = False
    grid: ClassVar[Literal["input", "spatial"]] = "spatial"
    passes_each: ClassVar[Passes | None] = Passes()

    area: float = 3.0
    variation: float = 1.0
    destroyed: float = 5.0
    power: float = 0.3
    absent: float = 0.3
    selector: float = 1.0
    steps: int = 250
    batch: int = 32
    rate: float = 0.003
    width: int = 12
    cells: int = 56

    def __post_init__(self) -> None:
        whole(self, 1, "steps", "batch", "width", "cells")
        positive(self, "power", "rate")
        at_least(self, 0, "area", "variation", "destroyed", "absent", "selector")
        if self.absent > 1:
            raise BadParameter(f"{self.name}: absent={self.absent!r}; a share of at most 1 is needed")

    @torch.inference_mode(False)
    @torch.enable_grad()
    def prepare(self, model: Model, streams: Streams, rows: int) -> dict[str, Tensor]:
        assert model.training is not None  # `needs` has seen to it
        images = model.training.inputs.clone()
        outputs = predict(model, images, self.batch)
        predicted, classes = outputs.argmax(1), outputs.shape[1]
        network = self._network(images, classes)
        network.initialise(streams.generator("masking_model/weights", ""))
        optimiser = torch.optim.Adam(network.parameters(), self.rate)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, self.steps)
        for step, draw in enumerate(self._draws(len(images), streams)):
            x, c = images[draw], predicted[draw]
            generator = streams.generator("masking_model/draws", "", step)
            absent = torch.rand(len(x), generator=generator) < (self.absent if classes > 1 else 0)
            other = torch.randint(1, max(2, classes), c.shape, generator=generator)
            targets = torch.where(absent.to(c.device), (c + other.to(c.device)) % classes, c)
            asked = Query(model, x, targets, (), streams, rows)
            fills = random_fills(x, images, generator)
            small, evidence = network.with_evidence(self._small(x), targets)
            masks = to_features(small, x.shape[2:])
            there = F.one_hot(c, classes).to(evidence)
            taught = F.binary_cross_entropy_with_logits(evidence, there, reduction="none").sum(1)
            loss = (self.loss(asked, masks, fills, ~absent.to(c.device)) + self.selector * taught).mean()
            optimiser.zero_grad()
            torch.autograd.backward(loss)
            optimiser.step()
            schedule.step()
        return {name: value.detach() for name, value in network.state_dict().items()}

    def relevance(self, query: Query) -> Tensor:
        classes = len(query.prepared["classes.weight"])
        check_classes(query.targets, classes)
        network = self._network(query.inputs, classes)
        network.load_state_dict(query.prepared)
        network.requires_grad_(False)
        rows = zip(torch.split(query.inputs, query.rows), torch.split(query.targets, query.rows), strict=True)
        masks = torch.cat([network(self._small(x), c) for x, c in rows])
        return to_features(masks, query.inputs.shape[2:]).unsqueeze(1)

    def loss(self, query: Query, masks: Tensor, fills: Tensor, present: Tensor) -> Tensor:
        """What is made small, (n,): masks (n, height, width), fills like the inputs, present (n,) bool."""
        price = self.area * masks.flatten(1).mean(1) + self.variation * variation(masks, 2.0)
        there = present.nonzero().squeeze(1)
        if not len(there):
            return price
        mask, x, a = masks[there].unsqueeze(1), query.inputs[there], fills[there]
        kept = scores(query, torch.lerp(a, x, mask), there, "log_probability")
        lost = scores(query, torch.lerp(x, a, mask), there, "log_probability")
        return price.index_add(0, there, self.destroyed * (self.power * lost).exp() - kept)

    def _network(self, images: Tensor, classes: int) -> MaskingNetwork:
        with torch.device("meta"):  # draws nothing from the global generator
            network = MaskingNetwork(images.shape[1], classes, (self.width, 2 * self.width, 4 * self.width))
        return network.to(images.dtype).to_empty(device=images.device)

    def _small(self, images: Tensor) -> Tensor:
        size = images.shape[2:]
        factor = max(1.0, min(size) / self.cells)
        small = (
            images if factor == 1 else F.adaptive_avg_pool2d(images, (round(size[0] / factor), round(size[1] / factor)))
        )
        return small.contiguous()

    def _draws(self, count: int, streams: Streams) -> Iterator[Tensor]:
        """The samples of each step: one permutation of all after another."""
        needed = self.steps * self.batch
        epochs = range(-(-needed // count))
        order = torch.cat([streams.permutation("masking_model/order", "", epoch, count) for epoch in epochs])
        return iter(torch.split(order[:needed], self.batch))


def random_fills(images: Tensor, training: Tensor, generator: torch.Generator) -> Tensor:
    """What stands in for hidden pixels: for each image, by a fair coin, its blurred copy or a colour with noise."""
    low, high = (training.amin((0, 2, 3))[:, None, None], training.amax((0, 2, 3))[:, None, None])
    n, channels = images.shape[:2]
    coin = torch.rand(n, 1, 1, 1, generator=generator) < 0.5
    colour = torch.rand(n, channels, 1, 1, generator=generator, dtype=torch.float64).to(images)
    noise = torch.randn(images.shape, generator=generator, dtype=torch.float64).to(images)
    plain = low + (high - low) * (colour + NOISE * noise)
    return torch.where(coin.to(images.device), blur(images), plain)
