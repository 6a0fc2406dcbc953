"""FIDO, a sample, a draw and a coin at a time."""

from collections.abc import Callable

import torch
from slow_descent import Adam, descended, enlarged, log_odds, variation
from slow_masks import A_PIXEL_EACH, IMAGES, PLAIN, Cells, faded
from slow_streams import uniform
from slow_world import HEIGHT, IDS, TARGETS, WIDTH, Array
from torch import Tensor

PRICE, TEMPERATURE = 50, 0.1
Fill = Callable[[int, Tensor], Tensor]
"""What stands in for the hidden pixels of a sample, given which are known."""


def odds(p: Tensor) -> Tensor:
    return (p / (1 - p)).log()


def plain(i: int, known: Tensor) -> Tensor:
    return PLAIN


def around(i: int, known: Tensor) -> Tensor:
    """The mean of what is known in the 3 x 3 pixels around each, the data's where nothing is."""
    found = PLAIN.clone()
    for u in range(HEIGHT):
        for v in range(WIDTH):
            rows, columns = slice(max(u - 1, 0), u + 2), slice(max(v - 1, 0), v + 2)
            if known[rows, columns].any():
                found[:, u, v] = IMAGES[i][:, rows, columns][:, known[rows, columns]].mean(1)
    return found


def learned(
    i: int, kept: bool, iterations: int, cells: Cells, warm_up: int, jagged: float, fill: Fill = plain
) -> Array:
    """p after steps down -E[log-odds] + warmth (price * mean(p) + jagged * TV(p)), or 1 - p with signs exchanged.

    p = sigmoid(theta); E is over two coins a pixel, sigmoid((logit p + logit u) / temperature), which fade it.
    """

    def loss(theta: Tensor, t: int) -> Tensor:
        p = theta.sigmoid()
        pixels = odds(enlarged(p))
        draws = torch.as_tensor(uniform("fido", IDS[i], t, (2, HEIGHT, WIDTH)))
        coins = [((pixels + odds(u)) / TEMPERATURE).sigmoid() for u in draws]
        said = sum(log_odds(faded(IMAGES[i], fill(i, coin > 0.5), coin), TARGETS[i]) for coin in coins) / 2
        cost = min(1, t / warm_up) * (PRICE * (p if kept else 1 - p).mean() + jagged * variation(p, 2))
        return cost - said if kept else cost + said

    theta = descended(torch.zeros(cells, dtype=torch.float64), loss, Adam(0.05), iterations)
    return enlarged((theta if kept else -theta).sigmoid()).numpy()[None]


def fido_ssr(i: int) -> Array:
    return learned(i, True, 4, A_PIXEL_EACH, 30, 0.0)


def fido_sdr(i: int) -> Array:
    return learned(i, False, 4, A_PIXEL_EACH, 30, 0.0)


def fido_ssr_of_cells(i: int) -> Array:
    return learned(i, True, 12, (2, 3), 3, 4.0)


def fido_sdr_with_local_mean(i: int) -> Array:
    return learned(i, False, 10, A_PIXEL_EACH, 3, 0.0, around)
