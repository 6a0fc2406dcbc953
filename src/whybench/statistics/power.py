"""How many units are needed before anything can be claimed."""


def needed_units(contenders: int, alpha: float = 0.05) -> int:
    """The fewest units (blocks or samples) with which a Holm-corrected signed-rank pair can be significant at all.

    The smallest b with 2^(1-b) m (m - 1) / 2 <= alpha: with all b differences of one sign the two-sided p value is
    2^(1-b), and the smallest of m (m - 1) / 2 p values is multiplied by their number. Source: demsar2006.

    >>> needed_units(2), needed_units(15)
    (6, 13)
    """
    pairs = contenders * (contenders - 1) // 2
    units = 1
    while pairs * 2.0 ** (1 - units) > alpha:
        units += 1
    return units
