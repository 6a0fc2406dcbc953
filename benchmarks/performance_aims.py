"""What the speed tables are held against: an upper bound of a ratio, and whether a run stayed below it."""

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from performance_tables import interval, names


@dataclass(frozen=True)
class Aim:
    """`quantity` of the benchmarks of `group` whose name fits `pattern` is to be at most `bound`."""

    group: str
    pattern: str
    quantity: str
    bound: float


FORWARDS = "x bare forwards of the same rows"

AIMS = (
    Aim("sweeps", "efficientnet_lite0*", FORWARDS, 1.1),
    Aim("sweeps", "digits_cnn*", FORWARDS, 1.25),
    Aim("sweeps", "digits_cnn*", "x Quantus", 0.25),
    Aim("sweeps", "*", "curve apart from Quantus'", 1e-6),
    Aim("metrics beside peers", "road*", "x its passes", 2.0),
    Aim("metrics beside peers", "mprt*", "x its gradients", 1.5),
    Aim("metrics beside peers", "efficient_mprt*", "x its gradients", 1.5),
    Aim("metrics beside peers", "faithfulness_correlation*", "x its passes", 1.2),
    Aim("metrics beside peers", "infidelity*", "x its passes", 1.2),
    Aim("metrics beside peers", "sensitivity_max*", "x its passes", 1.2),
    Aim("whole benchmark", "*", "x quantus.evaluate", 0.25),
    Aim("whole benchmark", "*", "scores apart, *", 1e-5),
    Aim("gradient methods", "*", "x its gradients", 1.15),
    Aim("perturbation methods", "*", "x its forwards", 1.5),
    Aim("memory", "whybench*", "extra in batches", 3.0),
)


def verdict(numbers: Sequence[float], bound: float) -> str:
    """Whether a quantity stayed below its bound, by its interval; a single number is its own.

    >>> [verdict(each, 1.1) for each in ([1.0, 0.9, 1.1], [1.0, 0.9, 1.2], [1.3, 1.2, 1.4])]
    ['kept', 'open', 'missed']
    """
    if max(numbers) <= bound:
        return "kept"
    return "open" if min(numbers) <= bound else "missed"


def held(members: Sequence[dict[str, Any]], aims: Sequence[Aim] = AIMS) -> str:
    """A table of all aims that the benchmarks speak to: quantity, bound, what was measured, verdict."""
    lines = [["", "", "at most", "measured", ""], ["---", "---", "---:", "---:", "---"]]
    groups = {aim.group: [one for one in members if one["group"] == aim.group] for aim in aims}
    for aim in aims:
        for name, one in zip(names(groups[aim.group]), groups[aim.group], strict=True):
            for quantity, value in one["extra_info"].items():
                if not (fnmatchcase(name, aim.pattern) and fnmatchcase(quantity, aim.quantity)):
                    continue
                if isinstance(value, str):
                    lines.append([f"`{name}`", quantity, f"{aim.bound:g}", value, ""])
                    continue
                numbers = value["cpu"] if isinstance(value, dict) else [value]
                said = interval(numbers) if len(numbers) == 3 else f"{numbers[0]:.3g}"
                lines.append([f"`{name}`", quantity, f"{aim.bound:g}", said, verdict(numbers, aim.bound)])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
