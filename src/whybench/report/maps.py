"""Explanations themselves: a gallery of maps on images, column relevance on tables."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor

from whybench.explanations import Attribution, Explanation
from whybench.leaderboard.variants import Variant
from whybench.plots import Column, column_relevance, gallery, save, shown
from whybench.plots.gallery import cell_side
from whybench.plots.labels import label, listed
from whybench.plots.style import figure_of, new_figure, place, styled
from whybench.records import Array, ExplanationRecord
from whybench.report.folder import Folder
from whybench.report.pictures import Picture
from whybench.report.view import View
from whybench.store import Store

SAMPLES = 3
A_STRIP = 7
"""Methods side by side in one figure of the gallery."""
PANELS = 3
COLUMNS = 10


@dataclass(frozen=True, eq=False)
class Kept:
    """What the store kept of a bench, and its explanations by method."""

    tensors: dict[str, Tensor]
    facts: dict[str, str]
    explanations: dict[Variant, Explanation]

    def names(self, fact: str) -> list[str]:
        return [str(name) for name in json.loads(self.facts.get(fact, "[]"))]


def map_pictures(store: Store, view: View, folder: Folder) -> list[Picture]:
    """The gallery of an image block or the column relevance of a table; nothing where nothing can be drawn."""
    kept = _kept(store, view)
    if kept is None:
        return []
    if kept.facts.get("domain") == "image" and kept.tensors["inputs"].ndim == 4:
        return _galleries(kept, view, folder)
    if kept.facts.get("domain") == "tabular":
        picture = _relevance(kept, view, folder)
        return [picture] if picture else []
    return []


def _kept(store: Store, view: View) -> Kept | None:
    """Of the sets of samples that were explained in this block, the one that most methods explained."""
    made = {m: [e for e in view.explanations(m) if e.status == "ok" and e.bench] for m in view.methods}
    benches = [e.bench for found in made.values() for e in found]
    if not benches:
        return None
    bench = max(sorted(set(benches)), key=benches.count)
    pictures = store.pictures(bench)
    if pictures is None:
        return None
    payloads = {m: _payload(store, [e for e in found if e.bench == bench]) for m, found in made.items()}
    return Kept(*pictures, {m: payload for m, payload in payloads.items() if payload is not None})


def _payload(store: Store, found: Sequence[ExplanationRecord]) -> Explanation | None:
    """The payload of the first seed."""
    first = min(found, key=lambda e: e.subject.seed, default=None)
    stored = store.explanation(first.key) if first else None
    return stored[1] if stored else None


def _galleries(kept: Kept, view: View, folder: Folder) -> list[Picture]:
    inputs = kept.tensors["inputs"][:SAMPLES]
    samples = range(len(inputs))
    maps = {m: [payload.picture(i) for i in samples] for m, payload in kept.explanations.items()}
    methods = [m for m, found in maps.items() if any(one is not None for one in found)]
    pictures = shown(inputs, kept.tensors["low"], kept.tensors["high"])
    ids, targets = kept.names("ids"), kept.names("target_names")
    rows = [f"{target} ({sample})" for sample, target in zip(ids, targets, strict=True)][: len(inputs)]
    made = []
    size = -(-len(methods) // max(1, -(-len(methods) // A_STRIP)))
    for strip in (methods[i : i + size] for i in range(0, len(methods), size or 1)):
        ax = gallery(pictures, rows, [Column(view.method_names[m], maps[m]) for m in strip])
        path = folder.file("figures", "maps", view.block.dataset, view.block.model, ending="png")
        save(figure_of(ax), path)
        named = listed([view.method_names[m] for m in strip], most=A_STRIP)
        made.append(
            Picture(
                link=folder.link(path),
                alt=f"Maps by {named} for {len(inputs)} samples of {view.block.dataset}, explained output: "
                f"{listed(rows, most=SAMPLES)}.",
                caption=f"Maps by {named}. {_cells(pictures)}Each map is divided by its own largest |relevance|; all "
                "share one scale: red for the explained output, white zero, blue against it; sensitivity maps have no "
                "sign and stay between white and red. Left of each row: the explained class and the sample.",
            )
        )
    return made


def _cells(pictures: Array) -> str:
    side = cell_side((pictures.shape[1], pictures.shape[2]))
    return f"Relevance is averaged within cells of {side} x {side} pixels. " if side > 1 else ""


def _relevance(kept: Kept, view: View, folder: Folder) -> Picture | None:
    tables = {
        m: payload.relevance.double().cpu()
        for m, payload in kept.explanations.items()
        if isinstance(payload, Attribution) and payload.relevance.ndim == 2
    }
    if not tables:
        return None
    width = next(iter(tables.values())).shape[1]
    names = kept.names("columns") or [f"column {i}" for i in range(width)]
    strength = {m: table.abs().mean(0) for m, table in tables.items()}
    shares = sum(one / one.sum().clamp(min=1e-300) for one in strength.values())
    assert isinstance(shares, Tensor)
    order = shares.argsort(descending=True, stable=True)[:COLUMNS].tolist()
    drawn = list(tables)[:PANELS]
    said = f"{label(names[order[0]])} carries most relevance, by its mean share over {len(tables)} maps"
    across, tall = 3.1, 0.2 * len(order)
    with styled():
        figure = new_figure(2.0 + across * len(drawn), tall + 1.4)
        for k, m in enumerate(drawn):
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
    path = folder.file("figures", "columns", view.block.dataset, view.block.model, ending="svg")
    save(figure, path)
    samples = len(next(iter(tables.values())))
    return Picture(
        link=folder.link(path),
        alt=f"Relevance of {len(order)} of {width} columns, {view.title}. {said}.",
        caption=f"Over {samples} samples: mean of |relevance| (bars) and signed mean (dots) of the {len(order)} "
        "columns that carry most relevance over all maps, in each method's own unit; methods of the best scores.",
    )
