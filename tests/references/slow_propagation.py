"""Methods that share relevance out, layer by layer, from explicit contributions."""

import numpy as np
from slow_gradients import gradient, guided_backprop
from slow_world import FILTERS, HEIGHT, HIGH, INPUTS, LOW, NETWORK, TARGETS, WIDTH, Array

STABILISER = 1e-6


def shared(contributions: Array, constants: Array, relevance: Array, stabiliser: float) -> Array:
    """R_j = sum_k c_kj R_k / (sum_i c_ki + constant_k, moved away from 0); nothing where there is nothing to share."""
    total = contributions.sum(1) + constants
    total = np.where(total >= 0, total + stabiliser, total - stabiliser)
    parts = np.divide(relevance, total, out=np.zeros_like(total), where=total != 0)
    return parts @ contributions


def top(i: int, relevance: float, epsilon: float, positive: bool) -> Array:
    """What reaches the rectified maps from the target's unit, by epsilon or by the positive parts alone."""
    steps = NETWORK.run(INPUTS[i])
    parts = (NETWORK.weights[TARGETS[i]] * steps.pooled)[None]
    constant = np.array([0.0 if positive else NETWORK.offsets[TARGETS[i]]])
    parts = np.maximum(parts, 0) if positive else parts
    return NETWORK.unpooled(shared(parts, constant, np.array([relevance]), epsilon), steps.winners)


def lrp(i: int) -> Array:
    """Epsilon at the linear layer, z+ at the convolution."""
    return convolved(i, top(i, NETWORK.run(INPUTS[i]).logits[TARGETS[i]], STABILISER, positive=False))


def convolved(i: int, upper: Array) -> Array:
    """What reaches the image from the convolution's outputs, by z+ with the positive part of the bias."""
    parts = np.maximum(NETWORK.matrix * INPUTS[i].ravel(), 0)
    return shared(parts, np.maximum(NETWORK.constants, 0), upper, STABILISER).reshape(INPUTS[i].shape)


def excitation_backprop(i: int) -> Array:
    """z+ everywhere, from 1, with neither biases nor stabilisers."""
    parts = np.maximum(NETWORK.matrix * INPUTS[i].ravel(), 0)
    upper = top(i, 1.0, 0.0, positive=True)
    return shared(parts, np.zeros(len(parts)), upper, 0.0).reshape(INPUTS[i].shape)


def rap(i: int) -> Array:
    """The linear layer is next to the output: shares by absolute influence; the convolution reads the input: zB."""
    steps, x = NETWORK.run(INPUTS[i]), INPUTS[i].ravel()
    parts = np.abs(NETWORK.weights[TARGETS[i]] * steps.pooled)[None]
    upper = NETWORK.unpooled(shared(parts, np.zeros(1), steps.logits[TARGETS[i], None], 0.0), steps.winners)
    weight = NETWORK.matrix
    clipped = np.clip(x, LOW, HIGH)
    boxed = weight * clipped - np.maximum(weight, 0) * LOW - np.minimum(weight, 0) * HIGH
    return shared(boxed, np.zeros(len(boxed)), upper, 0.0).reshape(INPUTS[i].shape)


def visual_back_prop(i: int) -> Array:
    """The mean rectified map, spread over what each of its places has read, and scaled to [0, 1]."""
    mean, spread = NETWORK.run(INPUTS[i]).a.mean(0), np.zeros((HEIGHT, WIDTH))
    for u, v in np.ndindex(HEIGHT, WIDTH):
        for p in range(max(u - 1, 0), min(u + 2, HEIGHT)):
            for q in range(max(v - 1, 0), min(v + 2, WIDTH)):
                spread[p, q] += mean[u, v]
    return ((spread - spread.min()) / (spread.max() - spread.min()))[None]


def maps(i: int) -> Array:
    return NETWORK.run(INPUTS[i]).a


def map_gradient(i: int) -> Array:
    return NETWORK.map_gradient(INPUTS[i], TARGETS[i]).reshape(FILTERS, HEIGHT, WIDTH)


def grad_cam(i: int) -> Array:
    weights = map_gradient(i).mean((1, 2))
    return np.maximum(sum(w * a for w, a in zip(weights, maps(i), strict=True)), 0)[None]


def grad_cam_plus_plus(i: int) -> Array:
    total = np.zeros((HEIGHT, WIDTH))
    for a, g in zip(maps(i), map_gradient(i), strict=True):
        shares = [max(slope, 0) / (2 + slope * a.sum()) for slope in g.ravel() if 2 + slope * a.sum()]
        total += sum(shares) * a
    return np.maximum(total, 0)[None]


def layer_cam(i: int) -> Array:
    return np.maximum((np.maximum(map_gradient(i), 0) * maps(i)).sum(0), 0)[None]


def score_cam(i: int) -> Array:
    logits, known = [], [a for a in maps(i) if a.max() > a.min()]
    for a in known:
        logits.append(NETWORK.logit(INPUTS[i] * (a - a.min()) / (a.max() - a.min()), TARGETS[i]))
    weights = np.exp(np.array(logits) - max(logits))
    return np.maximum(sum(w * a for w, a in zip(weights / weights.sum(), known, strict=True)), 0)[None]


def guided_grad_cam(i: int) -> Array:
    return guided_backprop(i) * grad_cam(i)


def inverted(i: int) -> Array:
    """The gradient's channels have no sign to sum: their norm is turned around."""
    return -np.sqrt((gradient(i) ** 2).sum(0))[None]
