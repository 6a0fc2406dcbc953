"""What to say of a map or of scores that differ from their golden by more than is allowed."""

from collections.abc import Mapping

import torch
from torch import Tensor

from whybench.errors import shown
from whybench.testing.tolerances import Tolerance

MOST = 10
"""Samples that a message shows."""


def maps_differ(found: Tensor, wanted: Tensor, allowed: Tolerance) -> str:
    """What to say of two maps that differ by more than is allowed; nothing where they do not."""
    if found.shape != wanted.shape or found.dtype != wanted.dtype:
        return f"shape {tuple(found.shape)} of {found.dtype}; golden: {tuple(wanted.shape)} of {wanted.dtype}"
    now, then = found.double(), wanted.double()
    largest = then.flatten(1).abs().amax(1).view(-1, *(1,) * (then.ndim - 1))
    apart = (now - then).abs()
    beyond = apart > allowed.relative * largest + allowed.absolute
    if not beyond.any():
        return ""
    place = torch.unravel_index(torch.where(beyond, apart, -1.0).argmax(), apart.shape)
    at = tuple(int(i) for i in place)
    samples = beyond.flatten(1).any(1).nonzero().flatten().tolist()
    return (
        f"{int(beyond.sum())} of {beyond.numel()} values differ, in the samples at positions {samples[:MOST]}; most at "
        f"{at}: {now[at].item()!r}, golden {then[at].item()!r} (tolerance {allowed.relative} of the sample's largest "
        f"{float(largest[at[0]]):.6g})"
    )


def scores_differ(found: Mapping[str, float | None], wanted: Mapping[str, float | None], allowed: Tolerance) -> str:
    """What to say of scores that differ by more than is allowed; nothing where they do not."""
    if list(found) != list(wanted):
        return f"scores of the samples {shown(list(found))}; golden: {shown(list(wanted))}"
    apart = [
        f"{name}: {_said(now)}, golden {_said(wanted[name])}"
        for name, now in found.items()
        if not _close(now, wanted[name], allowed)
    ]
    more = f"\n  and {len(apart) - MOST} more" if len(apart) > MOST else ""
    return f"{len(apart)} of {len(found)} scores differ:\n  " + "\n  ".join(apart[:MOST]) + more if apart else ""


def _close(now: float | None, then: float | None, allowed: Tolerance) -> bool:
    if now is None or then is None:
        return now is then
    return abs(now - then) <= allowed.relative * abs(then) + allowed.absolute


def _said(score: float | None) -> str:
    return "undefined" if score is None else repr(score)
