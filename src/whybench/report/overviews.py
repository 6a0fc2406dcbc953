"""Figures of a whole board and of a block's lead, as files."""

from textwrap import fill

from whybench.leaderboard import Leaderboard
from whybench.leaderboard.profile import columns
from whybench.leaderboard.view import View
from whybench.plots.findings import finding
from whybench.plots.overviews import draw_profile
from whybench.plots.readings import scored
from whybench.plots.scores import mean_scores
from whybench.plots.style import figure_of
from whybench.report.drawing import drawn, title_of
from whybench.report.folder import Folder
from whybench.report.pictures import Picture


def profile_pictures(board: Leaderboard, folder: Folder) -> list[Picture]:
    """The place of every method in every family; nothing where nothing is ranked."""
    if not any(f.pool for f in columns(board.fields)):
        return []
    figure = figure_of(draw_profile(board))
    caption = (
        "The place of each method by the headline metric of each family, 1 is best; blue is the better half, red the "
        "worse one. Places are not added up; the table below has their intervals."
    )
    return [drawn(figure, folder, "profile", alt=f"{title_of(figure)}.", caption=caption)]


def lead_pictures(view: View, folder: Folder) -> list[Picture]:
    """The means of a block's lead with their intervals, beside the controls; nothing where nothing is ranked."""
    if view.lead is None:
        return []
    metric, said = view.metric_names[view.lead.metric], finding(view.lead, view.method_names)
    ax = mean_scores(scored(view, view.lead), metric, view.lead.higher_is_better, fill(f"{view.title}: {said}", 90))
    caption = f"Mean {metric} with its 95 % interval, best first; the dashed line is the best control."
    name = ("scores", view.block.dataset, view.block.model)
    return [drawn(figure_of(ax), folder, *name, alt=f"{metric}, {view.title}. {said}.", caption=caption)]
