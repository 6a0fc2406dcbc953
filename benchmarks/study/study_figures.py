"""The figures of benchmarks/methods_study.py."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from study_verdicts import Verdict

from whybench.leaderboard.field import Field
from whybench.plots.style import COLOURS, new_figure, place, styled
from whybench.statistics.values import Array


def map_of_places(field: Field, ranks: Array) -> Figure:
    """Every method's place on every model, methods by mean rank: rows that change colour are methods that models rank
    differently."""
    methods, models = ranks.shape
    width, height = 0.42 * models, 0.26 * methods
    with styled():
        figure = new_figure(width + 3.2, height + 2.6)
        ax = place(figure, 2.2, 0.55, width, height)
        ax.imshow(ranks, cmap="viridis_r", aspect="auto", vmin=1, vmax=methods)
        ax.grid(visible=False)
        for m in range(methods):
            for b in range(models):
                colour = "white" if ranks[m, b] > 0.45 * methods else "black"
                ax.text(b, m, f"{ranks[m, b]:g}", ha="center", va="center", fontsize=6.5, color=colour)
        ax.set_xticks(range(models), [block.model for block in field.blocks], rotation=60, ha="right")
        ax.set_yticks(range(methods), [f"{m} (control)" if m in field.controls else m for m in field.pool])
        ax.set_title(f"Places by {field.metric} on {models} models, best mean rank first")
    return figure


def reliability(found: Sequence[Verdict], title: str) -> Figure:
    """What a study with few models says of pairs that all models separate."""
    models = [v.models for v in found]
    lines = (
        ("the majority of models is the other way", [v.wrong_way for v in found], "o"),
        ("the test says who is ahead", [v.claimed for v in found], "s"),
        ("share of such claims that contradict the pool", [v.contradicted for v in found], "^"),
    )
    with styled():
        figure = new_figure(6.6, 4.0)
        ax = place(figure, 0.85, 0.6, 5.4, 2.2)
        for (label, values, marker), colour in zip(lines, COLOURS, strict=False):
            shown = np.array([np.nan if v is None else 100 * v for v in values])
            ax.plot(models, shown, color=colour, marker=marker, markersize=5, linewidth=1.4, label=label)
        ax.set_xlabel("models drawn from the pool")
        ax.set_ylabel("% of pairs and draws")
        ax.set_xticks(models)
        ax.set_ylim(-2, 102)
        figure.legend(*ax.get_legend_handles_labels(), loc="lower left", bbox_to_anchor=(0.1, 0.0), ncols=1)
        figure.suptitle(title, x=0.85 / 6.6, y=0.985, ha="left", va="top", fontsize=10)
    return figure
