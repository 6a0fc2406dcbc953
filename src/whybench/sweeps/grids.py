"""The rules by which a sweep may step, beside the even grid: those of others, and how each is mirrored."""

import re

import torch
from torch import Tensor

from whybench.errors import BadParameter, shown
from whybench.sweeps.steps import step_grid
from whybench.sweeps.strata import strata

Steps = int | str
RULE = re.compile(r"(every|tenths|percent)\((\d+(?:, *\d+)*)\)")
MIRRORED = re.compile(r"mirrored\((.*)\)")


def grid(regions: int, steps: Steps) -> Tensor:
    """How many of d regions come before each point: (points,) int64, rising.

    steps: a number of intervals of equal size (`step_grid`), or one of

        every(s)            0, s, 2s, ..., d
        every(s, n)         0, s, 2s, ..., n s, and none beyond d
        tenths(n)           0, s, 2s, ..., (n - 2) s, d with s = max(1, d // n): n points, as PnPXAI takes them
        percent(p, q, ...)  p, q, ... per cent of d, rounded down
        mirrored(rule)      d - k for every k of another rule

    Raises BadParameter for anything else.

    >>> grid(10, "every(4)").tolist(), grid(10, "every(1, 3)").tolist(), grid(20, "mirrored(percent(10, 30))").tolist()
    ([0, 4, 8, 10], [0, 1, 2, 3], [14, 18])
    >>> grid(23, "tenths(10)").tolist()
    [0, 2, 4, 6, 8, 10, 12, 14, 16, 23]
    """
    if isinstance(steps, int) and not isinstance(steps, bool) and steps >= 1:
        return step_grid(regions, steps)
    mirror = MIRRORED.fullmatch(steps) if isinstance(steps, str) else None
    if mirror:
        return regions - grid(regions, mirror[1]).flip(0)
    name, numbers = _parsed(steps)
    if name == "percent":
        return torch.tensor([regions * p // 100 for p in sorted(set(numbers))])
    if name == "tenths":
        size = max(1, regions // numbers[0])
        return torch.cat([(size * torch.arange(numbers[0] - 1)).clamp_max(regions), torch.tensor([regions])])
    size = numbers[0]
    whole = -(-regions // size)
    most = min(whole, numbers[1]) if len(numbers) == 2 else whole
    return (size * torch.arange(most + 1)).clamp_max(regions)


def mirrored(steps: Steps) -> Steps:
    """The rule whose points are counted from the other end; the even grid and stratified steps are their own.

    >>> mirrored(28), mirrored("every(4)"), mirrored("mirrored(every(4))"), mirrored("stratified(8)")
    (28, 'mirrored(every(4))', 'every(4)', 'stratified(8)')
    """
    if isinstance(steps, int) or strata(steps):
        return steps
    inner = MIRRORED.fullmatch(steps)
    return inner[1] if inner else f"mirrored({steps})"


def _parsed(steps: Steps) -> tuple[str, list[int]]:
    found = RULE.fullmatch(steps) if isinstance(steps, str) else None
    if found:
        name, numbers = found[1], [int(n) for n in found[2].split(",")]
        fits = {
            "every": len(numbers) <= 2 and min(numbers) >= 1,
            "tenths": len(numbers) == 1 and numbers[0] >= 2,
            "percent": max(numbers) <= 100,
        }
        if fits[name]:
            return name, numbers
    raise BadParameter(
        f"steps={shown(steps)}; expected a whole number of at least 1, or 'every(size)', 'every(size, most)', "
        "'tenths(n)' with n >= 2, 'percent(p, ...)' up to 100, 'stratified(k)' with k >= 1 where a curve is averaged"
    )
