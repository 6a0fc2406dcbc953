"""The page of agreement: do metrics put methods in the same order, and which are the same numbers again?"""

from collections.abc import Sequence

from matplotlib.axes import Axes

from whybench.leaderboard import Leaderboard, Table
from whybench.leaderboard.agreement import Agreement, FamilyAgreement, agreements, family_agreements
from whybench.leaderboard.contest import Block
from whybench.leaderboard.figures import DASH
from whybench.leaderboard.frame import frame
from whybench.leaderboard.names import names
from whybench.leaderboard.variants import Variant
from whybench.plots.overviews import draw_family_agreement, draw_metric_agreement
from whybench.plots.style import figure_of
from whybench.report.drawing import drawn, title_of
from whybench.report.links import AGREEMENT
from whybench.report.origin import Origin
from whybench.report.pictures import Picture
from whybench.report.sheets import Sheet, Sheets
from whybench.report.site import Page, Site
from whybench.statistics import mean_of_known

HOW = "Kendall's tau-b between the orders of methods, each metric in its better direction, its mean over blocks"
COUNTED = (
    "Counted: in how many blocks the pair says anything of agreement: not where the scores of one are those of the "
    "other again, or an exact sum holds both, and not where one is already spoken for by another metric."
)


def write(site: Site, of: Origin) -> None:
    """agreement.html."""
    sheets, found = Sheets(site.folder, of.controls), list(agreements(of.board.contests))
    content = {
        "pictures": _pictures(site, of.board, found),
        "families": _families(list(family_agreements(found)), sheets),
        "metrics": _metrics(of.board, found, sheets),
    }
    site.write(Page(AGREEMENT, "Agreement of metrics", "agreement.html.j2"), content)


def _pictures(site: Site, board: Leaderboard, found: Sequence[Agreement]) -> list[Picture]:
    """The families as one heat map, and the metrics of each that has three or more: two are one number."""
    made = []
    if any(a.counted for a in found):
        made.append(_picture(site, draw_family_agreement(board), "families", "no number counted twice"))
    within: dict[str, set[tuple[str, str]]] = {}
    for a in (a for a in found if a.family_a == a.family_b and a.tau_b is not None):
        within.setdefault(a.family_a, set()).update({(a.metric_a, a.parameters_a), (a.metric_b, a.parameters_b)})
    for family in (f for f in board.families if len(within.get(f, ())) > 2):
        made.append(_picture(site, draw_metric_agreement(board, family), family, f"the metrics of {family}"))
    return made


def _picture(site: Site, ax: Axes, name: str, what: str) -> Picture:
    figure = figure_of(ax)
    said = title_of(figure)
    return drawn(figure, site.folder, "agreement", name, alt=f"{said}.", caption=f"{HOW}; {what}.")


def _families(rows: Sequence[FamilyAgreement], sheets: Sheets) -> Sheet | None:
    lines = tuple(
        (
            *(r.family_a, r.family_b, str(r.blocks), str(r.pairs), _tau(r.tau_b)),
            DASH if r.low is None else f"{_tau(r.low)} to {_tau(r.high)}",
            *(_tau(r.lowest), _tau(r.highest)),
        )
        for r in rows
    )
    headers = ("family", "with", "blocks", "pairs", "tau-b", "95 % over blocks", "lowest", "highest")
    table = Table("agreement of families", headers, lines)
    caption = "Mean tau-b within and across families"
    return sheets.make(table, table.title, caption, frame(rows, FamilyAgreement)) if lines else None


def _metrics(board: Leaderboard, found: Sequence[Agreement], sheets: Sheets) -> Sheet | None:
    """Every pair of metrics over all blocks, with the word for those that are the same number again."""
    _, called = names(board.contests)
    pairs: dict[tuple[str, ...], list[Agreement]] = {}
    for a in found:
        block = Block(a.kind, a.dataset, a.model)
        one, other = Variant(a.metric_a, a.parameters_a), Variant(a.metric_b, a.parameters_b)
        pairs.setdefault((called[block, one], called[block, other], a.family_a, a.family_b), []).append(a)
    lines = tuple((*pair, *_over_blocks(same)) for pair, same in pairs.items())
    headers = ("metric", "with", "family", "family of the other", "tau-b", "lowest", "highest", "counted", "relation")
    table = Table("agreement of metrics", headers, lines, (COUNTED,))
    return sheets.make(table, table.title, "All pairs of metrics", frame(found, Agreement)) if lines else None


def _over_blocks(same: Sequence[Agreement]) -> tuple[str, ...]:
    taus = [a.tau_b for a in same if a.tau_b is not None]
    span = (_tau(min(taus, default=None)), _tau(max(taus, default=None)))
    relation = "; ".join(dict.fromkeys(a.relation for a in same if a.relation))
    return _tau(mean_of_known(taus)), *span, f"{sum(a.counted for a in same)}/{len(same)}", relation


def _tau(value: float | None) -> str:
    return DASH if value is None else f"{value:.2f}"
