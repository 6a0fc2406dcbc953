"""The leaderboard: an immutable value computed from records."""

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import pandas as pd

from whybench.errors import UnknownName
from whybench.leaderboard import markup
from whybench.leaderboard.across import Duel, Overall, duels, overall
from whybench.leaderboard.agreement import Agreement, FamilyAgreement, agreements, family_agreements
from whybench.leaderboard.blocks import across_table, win_table
from whybench.leaderboard.claim import claim
from whybench.leaderboard.comparisons import Pair, pairs
from whybench.leaderboard.contest import Contest
from whybench.leaderboard.expenses import Expense, expenses
from whybench.leaderboard.family import family_table
from whybench.leaderboard.field import Field, fields
from whybench.leaderboard.frame import frame
from whybench.leaderboard.fronts import Cost, Front, front_table, fronts
from whybench.leaderboard.gathering import contests, family_order, one_protocol, ordered, ordered_explanations
from whybench.leaderboard.names import names
from whybench.leaderboard.profile import profile
from whybench.leaderboard.scores import ScoreRow, score_rows
from whybench.leaderboard.selection import Choice, with_samples
from whybench.leaderboard.sensitivity import Curve, Sensitivity, curves
from whybench.leaderboard.separation import Separation, separations
from whybench.leaderboard.sources import Source, sources
from whybench.leaderboard.standings import Standing, Unbeaten, standings, unbeaten
from whybench.leaderboard.summary import summary_tables, timing_summary
from whybench.leaderboard.table import Table
from whybench.leaderboard.timing import method_timing, metric_timing
from whybench.records import ExplanationRecord, Record

if TYPE_CHECKING:
    from whybench.plots.accessor import BoardPlots

SCHEMA = 1
"""Version of `to_json`'s layout."""


@dataclass(frozen=True, init=False, repr=False)
class Leaderboard:
    """What records say about methods: scores, means with intervals, ranks with tie groups, costs and the claim.

    records: one a cell, in any order; explanations: one an explanation, for the timing profile. Means of several
    seeds are taken within each sample first. Two methods are compared on the same samples only: a mean over an
    incomplete row is refused. contests: one a metric and block, with estimates, ranks, tie groups, gains and flags as
    plain values. Raises BadInput for records of several protocols, and for two different results of one cell.
    """

    records: tuple[Record, ...]
    explanations: tuple[ExplanationRecord, ...]
    contests: tuple[Contest, ...] = field(compare=False)

    def __init__(self, records: Iterable[Record], explanations: Iterable[ExplanationRecord] = ()) -> None:
        cells, made = list(records), list(explanations)
        one_protocol([r.subject for r in cells] + [e.subject for e in made])
        object.__setattr__(self, "records", ordered(cells))
        object.__setattr__(self, "explanations", ordered_explanations(made))
        object.__setattr__(self, "contests", contests(self.records))

    def __repr__(self) -> str:
        blocks, methods = {c.block for c in self.contests}, {e.method for c in self.contests for e in c.entries}
        metrics = {c.metric for c in self.contests}
        return f"Leaderboard({len(methods)} methods, {len(metrics)} metrics, {len(blocks)} model x dataset blocks)"

    @property
    def scores(self) -> pd.DataFrame:
        """One row a (cell, sample); a cell without scores is one row with an empty sample_id and its reason.

        status: `ok`; `censored`, the score is only a bound; `undefined`, the sample has none; `unsupported`, `failed`.
        """
        return frame(score_rows(self.records), ScoreRow)

    @property
    def families(self) -> tuple[str, ...]:
        """The metric families on the board, in the order in which they are shown."""
        return tuple(sorted({c.family for c in self.contests}, key=family_order))

    def table(self, family: str) -> Table:
        """One family as rows of text, best first within each block; raises UnknownName for another family."""
        self._check_family(family)
        return family_table(family, self.contests)

    def summary(self, family: str) -> tuple[Table, ...]:
        """One family at a glance, models in columns: its headline metric, or each metric where it has none."""
        return summary_tables(family, [c for c in self.contests if c.family == family], names(self.contests))

    def timing_summary(self) -> Table:
        """What explaining one sample costs, models in columns."""
        return timing_summary(self.expenses)

    def claim(self) -> str:
        """What the pool supports: about these models, or about methods, and how many units are missing."""
        return claim(self.contests)

    def flags(self) -> pd.DataFrame:
        """The controls that no method beats, one row a metric, block and control; no row where all is well."""
        return frame(unbeaten(self.contests), Unbeaten)

    def pairs(self) -> pd.DataFrame:
        """All pairs of ranked methods within each column: difference, effect size, p value before and after Holm."""
        return frame(pairs(self.contests), Pair)

    def separation(self) -> pd.DataFrame:
        """Who stands first and second in each column, and how many more samples or blocks would separate them."""
        return frame(separations(self.contests, self.fields), Separation)

    def agreement(self) -> pd.DataFrame:
        """Kendall's tau-b between the orders in which two metrics put the methods of a block.

        Metrics that are the same numbers again are found in their scores; `counted` leaves them out.
        """
        return frame(agreements(self.contests), Agreement)

    def family_agreement(self) -> pd.DataFrame:
        """The mean of `agreement` within and across families, no number counted twice."""
        return frame(family_agreements(agreements(self.contests)), FamilyAgreement)

    def variance(self) -> pd.DataFrame:
        """How much of each metric's variance methods, models, samples, seeds, infills and their interactions give."""
        return frame(sources(self.contests, self.records), Source)

    def sensitivity(self) -> pd.DataFrame:
        """Pairs of methods under all specifications of a metric: in what share of them one is ahead of the other.

        A specification is a choice of the metric's parameters, and of the reading (`polarity`) of the methods that the
        board holds under several; metrics with a single one are left out. Source: simonsohn2020.
        """
        return frame((row for curve in self.specification_curves for row in curve.rows), Sensitivity)

    @cached_property
    def specification_curves(self) -> tuple[Curve, ...]:
        """The specification curves of all blocks, with all pairs of methods, as plain values; for figures."""
        return tuple(curves(self.contests))

    @cached_property
    def fields(self) -> tuple[Field, ...]:
        """Each ranked metric over all blocks as plain values: pool, block means, mean ranks, tests; for figures."""
        return tuple(fields(self.contests))

    def _over_blocks(self, nest_seeds: bool) -> Iterable[Field]:
        return fields(self.contests, nest_seeds) if nest_seeds else self.fields

    def across_blocks(self, nest_seeds: bool = False) -> pd.DataFrame:
        """Methods compared with model x dataset blocks as the unit; `claim` says whether there are enough.

        nest_seeds: models that differ in nothing but the seed they were trained from are one block, of their means.
        """
        return frame(overall(self._over_blocks(nest_seeds)), Overall)

    def duels(self, nest_seeds: bool = False) -> pd.DataFrame:
        """All pairs of methods with blocks as the unit: wins, effect sizes, p value before and after Holm."""
        return frame(duels(self._over_blocks(nest_seeds)), Duel)

    def across_tables(self, family: str) -> tuple[Table, ...]:
        """`across_blocks` of one family as rows of text, a table a ranked metric."""
        return tuple(across_table(f) for f in self._of_family(family))

    def win_matrices(self, family: str) -> tuple[Table, ...]:
        """Of one family, a table a ranked metric: in how many blocks each method is ahead of each other one."""
        return tuple(win_table(f) for f in self._of_family(family) if f.pool)

    def profile(self) -> tuple[Table, ...]:
        """Places in every family side by side, a table a kind of explanation; they are not added up."""
        return profile(self.contests)

    def front(self, cost: Cost = "seconds") -> pd.DataFrame:
        """Quality against cost: who is on the Pareto front, and by whom the others are beaten.

        cost: wall `seconds`, which are measured, or `passes` through the model, which are counted, an explained sample.
        """
        return frame(fronts(self.contests, self.expenses, cost), Front)

    def front_table(self, family: str, cost: Cost = "seconds") -> Table:
        """`front` of one family as rows of text, by its headline metric where it has one."""
        self._check_family(family)
        return front_table(family, self.contests, list(fronts(self.contests, self.expenses, cost)), cost)

    @cached_property
    def expenses(self) -> tuple[Expense, ...]:
        """The timing profile, a row an explanation and one a cell; `timing` is the same as a frame."""
        return tuple(expenses(self.explanations, self.records))

    @property
    def timing(self) -> pd.DataFrame:
        """The timing profile: one row an explanation (empty metric) and one a cell, costs a sample."""
        return frame(self.expenses, Expense)

    def timing_tables(self) -> tuple[Table, ...]:
        """The costs of methods, and those of metrics, as rows of text; tables without rows are left out."""
        return tuple(t for t in (method_timing(self.expenses), metric_timing(self.expenses)) if t.rows)

    def subset(
        self,
        *,
        methods: Collection[str] | None = None,
        metrics: Collection[str] | None = None,
        models: Collection[str] | None = None,
        datasets: Collection[str] | None = None,
        samples: Collection[str] | None = None,
        correct: bool | None = None,
    ) -> "Leaderboard":
        """The board of a part of the records; ranks, tie groups and gains are computed anew for the smaller pool.

        methods, metrics: bare names or the labels that tables show; samples: sample ids; correct: only samples that
        the model predicts right (True) or wrong (False). Raises UnknownName for a name that is not on the board and
        UsageError where no sample is left.
        """
        choice = Choice(self.contests, methods, metrics, models, datasets)
        records = [r for r in self.records if choice.keeps(r)]
        if samples is not None:
            records = with_samples(records, lambda s: s.sample_id in samples)
        if correct is not None:
            records = with_samples(records, lambda s: s.correct is correct)
        return Leaderboard(records, [e for e in self.explanations if choice.keeps_subject(e.subject)])

    @property
    def plot(self) -> "BoardPlots":
        """The board's figures: `board.plot()`, `board.plot.cost()`, ...; matplotlib is loaded when they are asked for.

        Every one takes `ax` and returns the axes that it drew into.
        """
        from whybench.plots.accessor import BoardPlots

        return BoardPlots(self)

    def to_pandas(self) -> pd.DataFrame:
        """One row a (dataset, model, metric, method), with everything that is known about the mean and the rank."""
        return frame(self._standings, Standing)

    def to_csv(self) -> str:
        """`to_pandas` as CSV; text that a spreadsheet would take for a formula begins with an apostrophe."""
        return markup.csv_table(Standing._fields, self._standings)

    def to_json(self) -> str:
        """Rows, flags, timing profile and claim as one JSON object; `schema` and `version` name its layout."""
        document = {
            "schema": "whybench.leaderboard",
            "version": SCHEMA,
            "protocol": next((r.subject.protocol for r in self.records), None),
            "claim": self.claim(),
            "rows": [row._asdict() for row in self._standings],
            "flags": [row._asdict() for row in unbeaten(self.contests)],
            "timing": [row._asdict() for row in self.expenses],
        }
        return json.dumps(document, indent=1, allow_nan=False) + "\n"

    def to_markdown(self) -> str:
        """The claim, a table a family, the profile, headline metrics over blocks, and the timing profile."""
        said = "\n".join(f"> {markup.markdown_text(line)}  " for line in self.claim().splitlines())
        return f"# Leaderboard\n\n{said}\n\n" + "\n".join(markup.markdown(table) for table in self._tables)

    def to_latex(self) -> str:
        """The tables of `to_markdown` for booktabs; the claim as a comment."""
        said = "".join(f"% {markup.printable(line)}\n" for line in self.claim().splitlines())
        return said + "\n" + "\n".join(markup.latex(table) for table in self._tables)

    def _repr_html_(self) -> str:
        said = "".join(f"<p>{markup.html_text(line)}</p>\n" for line in self.claim().splitlines())
        return "<div>\n" + said + "".join(markup.html_table(table) for table in self._tables) + "</div>\n"

    def _check_family(self, family: str) -> None:
        if family not in self.families:
            raise UnknownName("metric family", family, list(self.families))

    def _of_family(self, family: str) -> list[Field]:
        self._check_family(family)
        return [f for f in self.fields if f.family == family]

    @cached_property
    def _standings(self) -> list[Standing]:
        return list(standings(self.contests))

    @property
    def _tables(self) -> list[Table]:
        tables = [self.table(family) for family in self.families]
        if len({f.family for f in self.fields}) > 1:
            tables += self.profile()
        tables += [across_table(f) for f in self.fields if f.headline and f.pool and len(f.blocks) > 1]
        return [*tables, *self.timing_tables()] if self.explanations else tables
