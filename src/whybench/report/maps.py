"""Relevance of a table's columns over all samples."""

import torch
from torch import Tensor

from whybench.explanations import Attribution
from whybench.leaderboard.variants import Variant
from whybench.leaderboard.view import View
from whybench.plots import column_relevance
from whybench.plots.labels import label
from whybench.plots.style import new_figure, place, styled
from whybench.report.drawing import drawn
from whybench.report.folder import Folder
from whybench.report.pictures import Picture
from whybench.report.samples.kept import Samples

PANELS = 3
COLUMNS = 10


def column_picture(samples: Samples, view: View, folder: Folder) -> Picture | None:
    """Mean relevance of the columns that carry most of it, by the methods of the best scores; None without a table."""
    if samples.inputs is None or samples.inputs.domain != "tabular":
        return None
    tables = _tables(samples, view)
    if not tables:
        return None
    width = next(iter(tables.values())).shape[1]
    names = samples.inputs.names("columns") or [f"column {i}" for i in range(width)]
    strength = torch.stack([table.abs().mean(0) for table in tables.values()])
    shares = (strength / strength.sum(1, keepdim=True).clamp(min=1e-300)).sum(0)
    order = shares.argsort(descending=True, stable=True)[:COLUMNS].tolist()
    shown = list(tables)[:PANELS]
    said = f"{label(names[order[0]])} carries most relevance, by its mean share over {len(tables)} maps"
    across, tall = 3.1, 0.2 * len(order)
    with styled():
        figure = new_figure(2.0 + across * len(shown), tall + 1.4)
        for k, m in enumerate(shown):
            ax = place(figure, 2.0 + across * k, 0.95, across - 0.3, tall)
            column_relevance(tables[m].numpy(), names, order, label(view.method_names[m]), ax)
            if k:
                ax.set_yticklabels([])
        wide, high = figure.get_size_inches()
        handles = figure.axes[0].get_legend_handles_labels()
        figure.legend(
            *handles, loc="upper left", bbox_to_anchor=(0.1 / wide, 1 - 0.28 / high), ncols=2, borderaxespad=0
        )
        figure.text(0.1 / wide, 1 - 0.08 / high, said, va="top", fontsize=10.5)
    count = len(next(iter(tables.values())))
    return drawn(
        figure,
        folder,
        *("columns", view.block.dataset, view.block.model),
        alt=f"Relevance of {len(order)} of {width} columns, {view.title}. {said}.",
        caption=f"Over {count} samples: mean of |relevance| (bars) and signed mean (dots) of the {len(order)} "
        "columns that carry most relevance over all maps, in each method's own unit; methods of the best scores.",
    )


def _tables(samples: Samples, view: View) -> dict[Variant, Tensor]:
    """The relevance of all columns, (samples, columns), by each method that explains columns."""
    found = {m: samples.explained(m) for m in view.methods}
    return {
        m: one.payload.relevance.double().cpu()
        for m, one in found.items()
        if one is not None and isinstance(one.payload, Attribution) and one.payload.relevance.ndim == 2
    }
