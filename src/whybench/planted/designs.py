"""The designs: what each network computes, and hence what each pixel is worth."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import torch
from torch import Tensor, nn

from whybench.errors import BadParameter
from whybench.planted.glyph_detector import glyph_detector
from whybench.planted.glyphs import GLYPHS
from whybench.planted.hand_set import hand_set, mean, network, of_means
from whybench.planted.places import PIXELS, A, B, background, brightness, uniform, written
from whybench.planted.planted import HEIGHT, SHAPE, WIDTH, Planted, planted
from whybench.streams import Streams


def additive(samples: int = 8, seed: int = 0) -> Planted:
    """f_c(x) = sum over pixels i, channels k of u_cki max(0, w_k x_i + b_k): each pixel has a rectifier of its own.

    worth_i = sum_k u_cki (max(0, w_k x_i + b_k) - max(0, b_k)). The mask is the pixels that add to the answer.
    """
    filters, biases = torch.tensor([1.0, 1.0, -1.0]), torch.tensor([0.0, -0.5, 0.25])
    drawn = torch.randn(
        3, 3, HEIGHT * WIDTH, generator=Streams(seed).generator("planted/additive", ""), dtype=torch.float64
    )
    added = (4 * drawn).round() / 4
    module = hand_set(
        partial(network, 3, 1, 3 * HEIGHT * WIDTH, 3, bias=False),
        {"filters.weight": filters.view(3, 1, 1, 1), "filters.bias": biases, "logits.weight": added.flatten(1)},
    )
    inputs = (uniform("planted/additive", samples, SHAPE, seed) * 64).floor() / 64
    found = planted(
        "additive", module, inputs, torch.zeros(samples, *SHAPE), torch.ones(samples, *SHAPE[1:]) > 0, "relu"
    )
    answers = torch.relu(inputs.flatten(1)[:, None] * filters[:, None] + biases[:, None]) - biases.relu()[:, None]
    worth = (added.double()[found.labels] * answers.double()).sum(1).view(samples, *SHAPE)
    return replace(found, worth=worth, masks=worth[:, 0] > 0)


def watermark(samples: int = 8, seed: int = 0) -> Planted:
    """f_c(x) = 5 sum over places of max(0, <2 g_c - 1, x there> - 4): a filter answers its own glyph and nothing else.

    The gradient is exactly 0 outside the nine pixels of the glyph, which are the mask. All five bright pixels are
    needed, so that each is worth a fifth of the answer.
    """
    images = background("watermark", samples, seed)
    masks, worth = torch.zeros(samples, HEIGHT, WIDTH, dtype=torch.bool), torch.zeros(samples, *SHAPE)
    for row in range(samples):
        glyph = GLYPHS[row % len(GLYPHS)]
        generator = Streams(seed).generator("planted/watermark/place", str(row))
        top, left = divmod(int(torch.randperm((HEIGHT - 2) * (WIDTH - 2), generator=generator)[0]), WIDTH - 2)
        where = (..., slice(top, top + 3), slice(left, left + 3))
        images[row][where] = glyph.double()
        masks[row][where] = True
        worth[row][where] = glyph.float()
    module = glyph_detector(HEIGHT, WIDTH, 5.0)
    return planted("watermark", module, images, worth, masks, "whole")


def shortcut(strength: float = 0.5, samples: int = 8, seed: int = 0) -> Planted:
    """f(x) = alpha mean(tag) + (1 - alpha) mean(shape): how much of the answer is the tag's is known for every alpha.

    Tag and shape have one brightness, so that the tag's share of the worth is alpha. The mask is the shape.
    Raises BadParameter for an alpha outside [0, 1].
    """
    if not 0 <= strength <= 1:
        raise BadParameter(f"shortcut: strength={strength!r}; a number from 0 to 1 is needed")
    bright = brightness("shortcut", samples, seed)
    images = written(written(background("shortcut", samples, seed), A, bright), B, bright)
    module = of_means([mean(A), mean(B)], [0.0, 0.0], [strength, 1 - strength])
    share = strength * A.double() + (1 - strength) * B.double()
    return _signed("shortcut", module, images, images * share / PIXELS, B)


def conjunction(samples: int = 8, seed: int = 0) -> Planted:
    """f(x) = max(0, mean(a) + mean(b) - 1), AND: nothing unless both patches are bright, then each is worth a half.

    Every fourth sample has the first patch only, and nothing to explain.
    """
    second = (torch.arange(samples) % 4 != 3).double()
    images = _two(samples, seed, "conjunction", torch.ones_like(second), second)
    module = of_means([mean(A) + mean(B)], [-1.0], [1.0])
    worth = second.view(-1, 1, 1, 1) * (A | B).double() / (2 * PIXELS)
    return _signed("conjunction", module, images, worth.expand(samples, *SHAPE), A | B)


def exclusive(samples: int = 8, seed: int = 0) -> Planted:
    """f(x) = |mean(a) - mean(b)|, XOR: a patch is worth all where it is alone, and nothing beside the other one."""
    first = torch.arange(samples) % 4 != 1
    second = torch.arange(samples) % 4 != 0
    images = _two(samples, seed, "exclusive", first.double(), second.double())
    module = of_means([mean(A) - mean(B), mean(B) - mean(A)], [0.0, 0.0], [1.0, 1.0])
    alone_a, alone_b = (each.double().view(-1, 1, 1, 1) for each in (first & ~second, second & ~first))
    worth = (alone_a * A.double() + alone_b * B.double()) / PIXELS
    return _signed("exclusive", module, images, worth.expand(samples, *SHAPE), A | B)


def suppressor(samples: int = 8, seed: int = 0) -> Planted:
    """f(x) = mean(a) - mean(b), where a shows signal and noise and b the noise alone, which is thereby taken off.

    b has a gradient and a worth, and tells nothing of the class. The mask is a.
    """
    noise = (brightness("suppressor", samples, seed) - 0.5).view(-1, 1, 1, 1)
    signal = 0.5 * (torch.arange(samples) % 2 == 0).double().view(-1, 1, 1, 1)
    images = written(written(background("suppressor", samples, seed), A, signal + noise), B, noise)
    module = of_means([mean(A) - mean(B), mean(B) - mean(A)], [0.0, 0.0], [1.0, -1.0])
    return _signed("suppressor", module, images, images * (A.double() - B.double()) / PIXELS, A)


def saturating(samples: int = 8, seed: int = 0) -> Planted:
    """f(x) = min(1, sum of a), where a's four pixels sum to 2 or more: the gradient is 0, each is worth a fourth."""
    images = written(background("saturating", samples, seed), A, brightness("saturating", samples, seed))
    total = PIXELS * mean(A)
    module = of_means([total, total], [0.0, -1.0], [1.0, -1.0])
    worth = (A.double() / PIXELS).expand(samples, *SHAPE)
    return _signed("saturating", module, images, worth, A)


def dead_branch(samples: int = 8, seed: int = 0) -> Planted:
    """f(x) = mean(a) + 0 mean(b): b is seen, rectified as a is, and has no weight in the answer."""
    bright = brightness("dead_branch", samples, seed)
    images = written(written(background("dead_branch", samples, seed), A, bright), B, 1.5 - bright)
    module = of_means([mean(A), mean(B)], [0.0, 0.0], [1.0, 0.0])
    return _signed("dead_branch", module, images, images * A.double() / PIXELS, A)


DESIGNS: dict[str, Callable[..., Planted]] = {
    made.__name__: made
    for made in (additive, watermark, shortcut, conjunction, exclusive, suppressor, saturating, dead_branch)
}


def _signed(name: str, module: nn.Module, images: Tensor, worth: Tensor, mask: Tensor) -> Planted:
    """Two logits of opposite sign: what is worth something to one is worth the opposite to the other."""
    found = planted(name, module, images, worth, mask.expand(len(images), -1, -1).clone(), "relu")
    sign = (2.0 * found.labels - 1).view(-1, 1, 1, 1)
    return replace(found, worth=worth.double() * sign)


def _two(samples: int, seed: int, role: str, first: Tensor, second: Tensor) -> Tensor:
    """Images with both patches switched on (1) or off (0)."""
    return written(written(background(role, samples, seed), A, first), B, second)
