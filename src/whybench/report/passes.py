"""Passes needed and done, as files."""

from collections.abc import Sequence
from textwrap import fill

from whybench.leaderboard.view import View
from whybench.plots import Load, passes_needed_and_done
from whybench.plots.loads import What, finding, loads
from whybench.plots.style import figure_of
from whybench.report.drawing import drawn
from whybench.report.folder import Folder
from whybench.report.pictures import Picture

BOTH: tuple[What, ...] = ("methods", "metrics")


def passes_pictures(view: View, folder: Folder) -> list[Picture]:
    """The methods of a block, and its metrics (the mean over the methods), each as a figure; none without passes."""
    found = {what: loads(view, what) for what in BOTH}
    return [_picture(view, folder, what, some) for what, some in found.items() if any(load.done for load in some)]


def _picture(view: View, folder: Folder, what: What, some: Sequence[Load]) -> Picture:
    said = finding(what, some)
    ax = passes_needed_and_done(some, what, fill(f"{view.title}: {said}", 100))
    return drawn(
        figure_of(ax),
        folder,
        *("passes", what, view.block.dataset, view.block.model),
        alt=f"Passes needed and done, and time in bare forward passes, of {len(some)} {what}, {view.title}. {said}.",
        caption=f"Samples through the model (forward and backward together) that a definition needs and that were "
        f"counted, and wall time in bare forward passes of the same samples, a sample: {what}, {view.title}. "
        + ("Metrics: the mean over the methods, without the explanation itself." if what == "metrics" else ""),
    )
