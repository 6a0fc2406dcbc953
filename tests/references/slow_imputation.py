"""Metrics that put a guess from what is left, or pieces that follow the image's edges, in the place of pixels."""

import numpy as np
from skimage.segmentation import slic
from slow_curves import area, orders, probability
from slow_streams import normal, permutation
from slow_world import HEIGHT, IDS, INPUTS, MEAN, TARGETS, WIDTH, Array, judged

PERCENTAGES = 20, 60
NOISE = 0.01
SEGMENTS, COMPACTNESS, SMOOTHING = 4, 0.1, 1.0


def neighbours(u: int, v: int) -> list[tuple[tuple[int, int], float]]:
    """Those inside the image and their weights: 1/6 for direct ones, 1/12 for diagonal ones."""
    around = [(u + a, v + b, 1 / 6 if a == 0 or b == 0 else 1 / 12) for a in (-1, 0, 1) for b in (-1, 0, 1) if a or b]
    return [((p, q), weight) for p, q, weight in around if 0 <= p < HEIGHT and 0 <= q < WIDTH]


def imputed(x: Array, gone: list[tuple[int, int]]) -> Array:
    """Each pixel that is gone is the weighted mean of its neighbours, gone ones too: a system of equations."""
    found = x.copy()
    matrix, right = np.zeros((len(gone), len(gone))), np.zeros((len(gone), len(x)))
    for row, place in enumerate(gone):
        for there, weight in neighbours(*place):
            matrix[row, row] += weight
            if there in gone:
                matrix[row, gone.index(there)] -= weight
            else:
                right[row] += weight * x[:, there[0], there[1]]
    for (u, v), values in zip(gone, np.linalg.solve(matrix, right), strict=True):
        found[:, u, v] = values
    return found


def road(i: int) -> float:
    """The target's probability, the mean over percentages and over both orders of equal ones."""
    noise, found = NOISE * normal("infill/noisy_linear", IDS[i], 0, INPUTS[i].shape), []
    for places in orders(i):
        for percentage in PERCENTAGES:
            gone = places[: HEIGHT * WIDTH * percentage // 100]
            x = imputed(INPUTS[i], gone)
            for u, v in gone:
                x[:, u, v] += noise[:, u, v]
            found.append(probability(x, TARGETS[i]))
    return float(np.mean(found))


def irof(i: int) -> float:
    """1 less the area under the probability in units of the clean one, the superpixels of highest mean first."""
    pieces = slic(
        INPUTS[i].transpose(1, 2, 0),
        n_segments=SEGMENTS,
        compactness=COMPACTNESS,
        sigma=SMOOTHING,
        channel_axis=-1,
        start_label=0,
    )
    names = sorted(set(pieces.ravel().tolist()))
    means = [judged(i)[pieces == name].mean() for name in names]
    drawn, areas = permutation("sweep/ties", IDS[i], 0, len(names)), []
    for ties in (drawn, drawn[::-1]):
        x = INPUTS[i].copy()
        said = [probability(x, TARGETS[i])]
        for p in sorted(range(len(names)), key=lambda p: (-means[p], ties.index(p))):
            x[:, pieces == names[p]] = MEAN
            said.append(probability(x, TARGETS[i]))
        areas.append(area(said) / said[0])
    return 1 - sum(areas) / 2
