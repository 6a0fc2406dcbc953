"""What `board.plot` is."""

from collections.abc import Iterable
from textwrap import fill

from matplotlib.axes import Axes

from whybench.leaderboard.board import Leaderboard
from whybench.leaderboard.variants import Variant
from whybench.plots.contested import contested, draw_order, draw_pair
from whybench.plots.cost import quality_against_cost
from whybench.plots.critical_difference import critical_difference
from whybench.plots.curves import draw_curves
from whybench.plots.findings import ends, finding
from whybench.plots.loads import What, loads
from whybench.plots.loads import finding as loads_found
from whybench.plots.overviews import draw_family_agreement, draw_metric_agreement, draw_profile
from whybench.plots.passes import passes_needed_and_done
from whybench.plots.picks import pick_contest, pick_curve, pick_field, pick_view
from whybench.plots.readings import lines, points, scored
from whybench.plots.scores import mean_scores


class BoardPlots:
    """The figures of a leaderboard; `board.plot()` is `board.plot.scores()`.

    Every one draws into the axes given and returns them; without, it makes a figure of its own that pyplot does not
    know: `.figure` of what is returned shows it in a notebook, `.figure.savefig(path)` writes it. metric, model and
    dataset say which block and metric a figure is of; by default the first ranked one. Titles say what is found.
    Raises UnknownName for a name that is not on the board, and UsageError where there is nothing to draw.
    """

    def __init__(self, board: Leaderboard) -> None:
        self.board = board

    def __call__(
        self, metric: str | None = None, model: str | None = None, dataset: str | None = None, ax: Axes | None = None
    ) -> Axes:
        return self.scores(metric, model, dataset, ax)

    def scores(
        self, metric: str | None = None, model: str | None = None, dataset: str | None = None, ax: Axes | None = None
    ) -> Axes:
        """Means of one metric with their intervals, best first, beside the best control."""
        view, contest = pick_contest(self.board, metric, model, dataset, lambda _, c: bool(c.pool), "scored")
        name = view.metric_names[contest.metric]
        title = fill(f"{view.title}: {finding(contest, view.method_names)}", 90)
        return mean_scores(scored(view, contest), name, contest.higher_is_better, title, ax)

    def cost(
        self, metric: str | None = None, model: str | None = None, dataset: str | None = None, ax: Axes | None = None
    ) -> Axes:
        """The mean of one metric against the wall time of an explanation, with the front of methods."""
        view, contest = pick_contest(self.board, metric, model, dataset, lambda _, c: c.ranked, "ranked")
        seconds = {
            Variant(row.method, row.method_parameters): row.wall_seconds
            for row in self.board.expenses
            if not row.metric and (row.kind, row.dataset, row.model) == tuple(view.block)
        }
        title = f"{view.title}: {finding(contest, view.method_names)}"
        name = view.metric_names[contest.metric]
        return quality_against_cost(points(view, contest, seconds), name, contest.higher_is_better, title, ax)

    def curves(
        self,
        metric: str | None = None,
        model: str | None = None,
        dataset: str | None = None,
        methods: Iterable[str] | None = None,
        ax: Axes | None = None,
    ) -> Axes:
        """The curves behind a metric, the mean over samples; methods: labels of those to draw, by default all."""
        view, contest = pick_contest(
            self.board, metric, model, dataset, lambda v, c: bool(lines(v, c)), "with curves behind it"
        )
        wanted = None if methods is None else set(methods)
        found = [line for line in lines(view, contest) if wanted is None or line.name in wanted]
        read = next(r.curves for e in contest.entries for r in view.records(contest, e.method) if r.curves is not None)
        said = ends(found, read.y_name) if contest.trivial and found else finding(contest, view.method_names)
        title = fill(f"{view.metric_names[contest.metric]}: {said}", 70)
        return draw_curves(found, read.x_name, read.y_name, title, ax)

    def profile(self, ax: Axes | None = None) -> Axes:
        """Every method's place in every family, side by side and never added up."""
        return draw_profile(self.board, ax)

    def agreement(self, family: str | None = None, ax: Axes | None = None) -> Axes:
        """How alike two families of metrics order the methods; with a family, how alike its metrics do."""
        return (
            draw_family_agreement(self.board, ax) if family is None else draw_metric_agreement(self.board, family, ax)
        )

    def critical_difference(self, metric: str | None = None, ax: Axes | None = None) -> Axes:
        """Mean ranks over model x dataset blocks; a bar joins what is not separated. Needs two blocks or more."""
        field = pick_field(self.board, metric)
        title = f"Mean ranks by {field.metric} over {len(field.blocks)} blocks"
        return critical_difference(field.pool, field.mean_ranks, field.pairs.p, title, ax=ax)

    def specifications(
        self, metric: str | None = None, model: str | None = None, dataset: str | None = None, ax: Axes | None = None
    ) -> Axes:
        """The most contested pair of methods under every specification of a metric."""
        curve = pick_curve(self.board, metric, model, dataset)
        return draw_pair(curve, contested(curve), ax)

    def ahead(
        self, metric: str | None = None, model: str | None = None, dataset: str | None = None, ax: Axes | None = None
    ) -> Axes:
        """In how many per cent of a metric's specifications each method is ahead of each other one."""
        return draw_order(pick_curve(self.board, metric, model, dataset), ax)

    def passes(
        self, what: What = "methods", model: str | None = None, dataset: str | None = None, ax: Axes | None = None
    ) -> Axes:
        """Passes needed and done by the methods of a block, or by its metrics."""
        view = pick_view(self.board, model, dataset)
        found = loads(view, what)
        return passes_needed_and_done(found, what, fill(f"{view.title}: {loads_found(what, found)}", 100), ax)
