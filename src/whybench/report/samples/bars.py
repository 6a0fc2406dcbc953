"""Relevance of columns, sample by sample, as strips of bars; the names of the columns stand in a strip of their own."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from torch import Tensor

from whybench.plots.labels import label
from whybench.report.samples.tiles import palette

BARS = 8
"""Columns of a sample that are drawn."""
STEP = 11
"""Pixels from one bar to the next."""
NAMES, WIDE = 190, 96
HIGH = BARS * STEP


def strongest(rows: Sequence[Tensor]) -> list[int]:
    """The columns that carry most relevance over several maps of one sample, by their mean share, the largest first.

    >>> import torch
    >>> strongest([torch.tensor([1.0, -3.0, 0.0]), torch.tensor([0.0, 0.5, 0.5])])[:2]
    [1, 2]
    """
    if not rows:
        return []
    shares = [row.abs() / row.abs().sum().clamp(min=1e-300) for row in rows]
    total = sum(shares[1:], shares[0])
    return total.argsort(descending=True, stable=True)[:BARS].tolist()


@dataclass(frozen=True)
class Named:
    """A column of one sample: its name, and its value as the model sees it."""

    name: str
    value: float | None


def bar_strip(rows: Sequence[Tensor | None], orders: Sequence[Sequence[int]]) -> str:
    """One method's bars: each sample's are divided by its largest |relevance|; red is for the explained output."""
    against, _, towards = ("#{:02x}{:02x}{:02x}".format(*colour) for colour in palette()[[8, 32, -9]])
    half = WIDE // 2
    body = [f'<path stroke="#bbb" d="M{half} 0v{HIGH * len(rows)}"/>']
    for colour, sign in ((towards, 1), (against, -1)):
        body.append(f'<g fill="{colour}">')
        for k, (row, order) in enumerate(zip(rows, orders, strict=True)):
            largest = 0.0 if row is None else float(row.abs().max())
            if row is None or largest == 0:
                continue
            ends = [(i, round(float(row[column]) / largest * (half - 2))) for i, column in enumerate(order)]
            drawn = "".join(
                f"M{half} {HIGH * k + STEP * i + 1}h{end}v{STEP - 2}h{-end}z" for i, end in ends if sign * end > 0
            )
            body += [f'<path d="{drawn}"/>'] if drawn else []
        body.append("</g>")
    return _file(WIDE, len(rows), body)


def name_strip(samples: Sequence[Sequence[Named]]) -> str:
    """The columns of each sample's bars, with their values."""
    body = [
        f'<text x="{NAMES - 2}" y="{HIGH * k + STEP * i + 9}">{escape(column_text(column))}</text>'
        for k, columns in enumerate(samples)
        for i, column in enumerate(columns)
    ]
    style = "<style>text{font:9.5px 'DejaVu Sans',Verdana,sans-serif;fill:#222;text-anchor:end}</style>"
    return _file(NAMES, len(samples), [style, *body])


def column_text(column: Named) -> str:
    """A column's name, and its value where that was kept."""
    name = label(column.name, 24)
    return name if column.value is None else f"{name} = {column.value:.2f}"


def _file(wide: int, samples: int, body: Sequence[str]) -> str:
    views = [f'<view id="s{k}" viewBox="0 {HIGH * k} {wide} {HIGH}"/>' for k in range(samples)]
    size = f'width="{wide}" height="{HIGH * samples}" viewBox="0 0 {wide} {HIGH * samples}"'
    return "\n".join([f'<svg xmlns="http://www.w3.org/2000/svg" {size}>', *views, *body, "</svg>"]) + "\n"
