"""How alike two maps are."""

import numpy as np
from slow_costs import pearson, ranks
from slow_world import HEIGHT, WIDTH, Array

WINDOW, DATA_RANGE = 3, 2.0
"""The largest odd side up to half of the image's shorter one, at least 3; maps are scaled to [-1, 1]."""


def spearman(a: Array, b: Array) -> float:
    return pearson(ranks(a.ravel()), ranks(b.ravel()))


def ssim(a: Array, b: Array) -> float:
    """(2 m_a m_b + C1) (2 s_ab + C2) / ((m_a^2 + m_b^2 + C1) (s_a^2 + s_b^2 + C2)), the mean over windows."""
    a, b = a / np.abs(a).max(), b / np.abs(b).max()
    c1, c2 = (0.01 * DATA_RANGE) ** 2, (0.03 * DATA_RANGE) ** 2
    found = []
    for u, v in np.ndindex(HEIGHT - WINDOW + 1, WIDTH - WINDOW + 1):
        p, q = (each[u : u + WINDOW, v : v + WINDOW].ravel() for each in (a, b))
        covariance = np.cov(p, q)
        alike = (2 * p.mean() * q.mean() + c1) * (2 * covariance[0, 1] + c2)
        most = (p.mean() ** 2 + q.mean() ** 2 + c1) * (covariance[0, 0] + covariance[1, 1] + c2)
        found.append(alike / most)
    return float(np.mean(found))
