"""What tiles show, in words for those who cannot see them."""

from collections.abc import Sequence

from torch import Tensor

from whybench.plots.labels import label


def map_in_words(relevance: Tensor) -> str:
    """Where a map, (H, W), is strongest, and how much of it speaks for the explained output.

    >>> import torch
    >>> map_in_words(torch.tensor([[0.0, 1.0], [-3.0, 0.0]]))
    'Map, strongest at row 2 of 2, column 1 of 2, 25 % positive'
    """
    total = float(relevance.abs().sum())
    if total == 0:
        return "Map that is zero everywhere"
    high, wide = relevance.shape
    row, column = divmod(int(relevance.abs().flatten().argmax()), wide)
    share = 100 * float(relevance.clamp(min=0).sum()) / total
    return f"Map, strongest at row {row + 1} of {high}, column {column + 1} of {wide}, {share:.0f} % positive"


def columns_in_words(what: str, columns: Sequence[tuple[str, float | None]]) -> str:
    """Columns with their numbers.

    >>> columns_in_words("The input v", [("age", 1.5), ("height", -0.25)])
    'The input v: age 1.5, height -0.25'
    """
    said = (label(name) if value is None else f"{label(name)} {value:.3g}" for name, value in columns)
    return f"{what}: {', '.join(said)}"
