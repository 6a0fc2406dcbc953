"""One line a method over all families: ranks side by side, never added up."""

from collections.abc import Mapping, Sequence

from whybench.leaderboard.contest import Contest
from whybench.leaderboard.field import Field, fields
from whybench.leaderboard.figures import DASH
from whybench.leaderboard.names import names
from whybench.leaderboard.table import Table

UNRANKED = "not ranked"


def profile(contests: Sequence[Contest]) -> tuple[Table, ...]:
    """A table a kind: methods in rows, and for every family the place by its headline metric, or by each metric.

    A place is the order of mean ranks over all blocks with its 95 % interval (with a single block, the rank on it) and
    the pool's size. There is no mean over columns: families measure different things, and a mean of ranks would say
    that a map twice as faithful makes up for one that is not robust.
    """
    kinds = sorted({c.block.kind for c in contests})
    return tuple(_table([c for c in contests if c.block.kind == kind], kind, len(kinds) > 1) for kind in kinds)


def columns(over: Sequence[Field]) -> list[Field]:
    """Of each family its headline metric, or each of its metrics where none is."""
    return [f for f in over if f.headline or not any(g.headline for g in over if g.family == f.family)]


def _table(contests: Sequence[Contest], kind: str, several: bool) -> Table:
    over = fields(contests)
    shown = columns(over)
    single = len({c.block for c in contests}) == 1
    places = [_single(contests, f) if single else _over_blocks(f) for f in shown]
    controls = frozenset[str]().union(*(f.controls for f in over))
    everyone = sorted({m for f in shown for m in f.whole}, key=lambda m: (m in controls, m))
    lines = tuple(
        (f"{m} (control)" if m in controls else m, *(place.get(m, DASH) for place in places)) for m in everyone
    )
    unranked = sorted({c.family for c in contests} - {f.family for f in shown})
    notes = [
        "A place in each column, with its 95 % interval and the pool's size; 'tied' where nobody is separated from "
        "anybody. Columns are not added up: families measure different things. Places change with the pool.",
        *(f"Pool of {f.family}: {f.metric}: {', '.join(sorted(f.pool))}." for f in shown if f.pool),
        *(
            [f"{UNRANKED.capitalize()}, since trivial maps win by definition: {', '.join(unranked)}."]
            if unranked
            else []
        ),
    ]
    headers = ("method", *(f"{f.family}: {f.metric}" for f in shown))
    return Table(f"profile ({kind})" if several else "profile", headers, lines, tuple(notes))


def _over_blocks(f: Field) -> Mapping[str, str]:
    places = {
        m: _place(int(f.ranks[k]), f.intervals[k], f.tie_groups[k], len(f.pool), f.pairs.any_separated)
        for k, m in enumerate(f.pool)
    }
    return {m: f"{DASH} {f.whole[m]}/{f.total} blocks" for m in f.whole if m not in places} | places


def _single(contests: Sequence[Contest], f: Field) -> Mapping[str, str]:
    """The ranks on the only block, with samples as the unit."""
    methods, metrics = names(contests)
    c = next(c for c in contests if c.ranked and c.family == f.family and metrics[c.block, c.metric] == f.metric)
    places = {
        methods[c.block, e.method]: _place(
            c.places[e.method].rank,
            c.places[e.method].interval or (None, None),
            c.places[e.method].tie_group,
            len(c.pool),
            c.pairs.any_separated,
        )
        for e in c.pool
    }
    refused = {methods[c.block, e.method]: f"{DASH} {len(e.values)}/{len(c.asked)}" for e in c.entries}
    return refused | places


def _place(rank: int, interval: tuple[int | None, int | None], group: str, pool: int, separated: bool) -> str:
    if pool > 1 and not separated:
        return f"tied, {pool}"
    span = "" if interval[0] is None else f" ({interval[0]}–{interval[1]})"
    return f"{rank}{span} of {pool} {group}"
