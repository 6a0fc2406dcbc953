"""Implementation invariance: LRP on the same function written as another network, of which its rules get to know."""

import numpy as np
from slow_propagation import STABILISER, convolved, shared, top
from slow_world import INPUTS, NETWORK, TARGETS, Array

LARGE = 0.5
"""An epsilon that absorbs much."""


def through_identity(values: Array, relevance: Array, stabiliser: float) -> Array:
    """A layer whose weights are the identity shares nothing out, and absorbs."""
    return shared(np.diag(values), np.zeros(len(values)), relevance, stabiliser)


def change(i: int, epsilon: float) -> float:
    """The larger of an identity behind the linear layer and one behind the convolution, by their own layers' rules.

    A padding of its own changes nothing, nor does a batch normalisation, which is made part of the convolution again;
    for a rectifier written as a choice there is no rule, and a flattening lies between the pair of layers.
    """
    steps, start = NETWORK.run(INPUTS[i]), np.zeros(len(NETWORK.offsets))
    start[TARGETS[i]] = steps.logits[TARGETS[i]]
    upper = top(i, start[TARGETS[i]], epsilon, positive=False)
    after_linear = through_identity(steps.logits, start, epsilon)[TARGETS[i]]
    after_convolution = through_identity(np.maximum(steps.z.ravel(), 0), upper, STABILISER)
    before = convolved(i, upper)
    rewritten = convolved(i, top(i, after_linear, epsilon, positive=False)), convolved(i, after_convolution)
    return max(float(np.abs(after - before).sum() / np.abs(before).sum()) for after in rewritten)


def implementation_invariance(i: int) -> float:
    return change(i, STABILISER)


def implementation_invariance_of_a_large_epsilon(i: int) -> float:
    return change(i, LARGE)
