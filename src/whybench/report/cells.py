"""Cells of a table as a page shows them: the number apart from its uncertainty, and a value to sort by."""

import re
from dataclasses import dataclass

NUMBER = r"[+-]?\d+(?:\.\d+)?(?:e[+-]?\d+)?"
LEADING = re.compile(rf"({NUMBER})(?![\w.])(.*)", re.DOTALL)
NUMBER_ALONE = re.compile(NUMBER)
SUM = re.compile(rf" \+ ({NUMBER})$")
TOP = re.compile(r"\ba[a-z]*†?$|\*$")
"""A cell whose letters hold an a, the group that nobody is ahead of, or that a star marks."""


@dataclass(frozen=True)
class Cell:
    """head: what is read first; tail: what stands smaller behind it; value: what sorts it, None comes last."""

    head: str
    tail: str = ""
    value: float | None = None
    link: str | None = None
    top: bool = False

    @property
    def told(self) -> bool:
        """Whether what is read first is the value itself."""
        return self.value is not None and NUMBER_ALONE.fullmatch(self.head) is not None


def cell(text: str, link: str | None = None) -> Cell:
    """A cell from its text.

    >>> cell("0.123 ± 0.025 ab")
    Cell(head='0.123', tail=' ± 0.025 ab', value=0.123, link=None, top=True)
    >>> cell("8 + 8").value, cell("— 3/4").value
    (16.0, None)
    """
    found = LEADING.fullmatch(text)
    if found is None:
        return Cell(text, link=link)
    value, plus = float(found[1]), SUM.fullmatch(found[2])
    if plus:
        return Cell(text, "", value + float(plus[1]), link)
    return Cell(found[1], found[2], value, link, bool(found[2] and TOP.search(found[2])))
