"""The shares of features that metrics remove, in per cent."""

from collections.abc import Sequence

from whybench.errors import BadParameter, shown


def check_percentages(metric: str, percentages: Sequence[int]) -> tuple[int, ...]:
    """Whole numbers from 1 to 100, rising, as a tuple; raises BadParameter for anything else.

    >>> check_percentages("road", [10, 30])
    (10, 30)
    """
    found = tuple(percentages) if isinstance(percentages, Sequence) else ()
    whole = all(isinstance(p, int) and not isinstance(p, bool) and 1 <= p <= 100 for p in found)
    if not found or not whole or list(found) != sorted(set(found)):
        raise BadParameter(
            f"{metric}: percentages={shown(percentages)}; whole numbers from 1 to 100 are needed, rising"
        )
    return found
