"""What the pool supports: a sentence a level, and how many units are missing."""

from collections.abc import Sequence

from whybench.leaderboard.contest import Block, Contest
from whybench.leaderboard.field import fields, unseeded
from whybench.leaderboard.missing import MOST, missing
from whybench.leaderboard.names import names
from whybench.leaderboard.separation import separations
from whybench.statistics import needed_units


def claim(contests: Sequence[Contest]) -> str:
    """On this model, or about methods: which claim the number of samples and of blocks allows.

    Samples are the unit of a claim about one model on one dataset; model x dataset blocks are the unit of a claim
    about methods. Seeds are no units: they are averaged within each sample.
    """
    if not contests:
        return "No scores: nothing is claimed."
    kinds = sorted({c.block.kind for c in contests})
    return "\n".join(line for kind in kinds for line in _of_kind([c for c in contests if c.block.kind == kind]))


def _of_kind(contests: Sequence[Contest]) -> list[str]:
    blocks = sorted({c.block for c in contests})
    places = "; ".join(f"{b.model} on {b.dataset} ({_samples(contests, b)})" for b in blocks)
    lines = [
        f"Ranks, intervals and tie groups hold for these models on these data, with samples as the unit: {places}."
    ]
    lines += [_underpowered(c) for c in _largest(contests) if len(c.sample_ids) < needed_units(len(c.pool))]
    pool = len(set(names(contests)[0].values()))
    needed = needed_units(pool)
    have = len(blocks)
    if pool < 2:
        lines.append("One method is compared with no other.")
    elif have < needed:
        lines.append(
            f"No claim about methods in general: with model x dataset blocks as the unit, {pool} methods need {needed} "
            f"blocks before any Holm-corrected Wilcoxon pair can be significant; there are {have}, "
            f"{needed - have} more are needed."
        )
    else:
        lines.append(
            f"A claim about methods in general is possible: {have} model x dataset blocks for {pool} methods "
            f"({needed} are needed); see across_blocks()."
        )
    lines += _again(blocks)
    lines += _tied(contests)
    lines += missing(list(separations(contests, fields(contests))))
    seeds = max(len(e.seeds) for c in contests for e in c.entries)
    if seeds > 1:
        lines.append(f"Up to {seeds} seeds, averaged within each sample.")
    return lines


def _tied(contests: Sequence[Contest]) -> list[str]:
    """The columns in which no pair is separated, by name where they are few."""
    compared = [c for c in contests if c.ranked and len(c.pool) > 1]
    tied = [c for c in compared if not c.pairs.any_separated]
    if not tied:
        return []
    said = "Nothing is separated, and tie groups stand in place of ranks,"
    if len(tied) > MOST:
        return [f"{said} in {len(tied)} of {len(compared)} columns."]
    metrics = names(contests)[1]
    where: dict[str, list[str]] = {}
    for c in tied:
        where.setdefault(f"{c.block.model} on {c.block.dataset}", []).append(metrics[c.block, c.metric])
    listed = "; ".join(f"{place}: {', '.join(labels)}" for place, labels in where.items())
    return [f"{said} by these metrics: {listed}."]


def _again(blocks: Sequence[Block]) -> list[str]:
    """How many of the blocks are one architecture trained from several seeds."""
    distinct = len({unseeded(b) for b in blocks})
    if distinct == len(blocks):
        return []
    return [
        f"The {len(blocks)} blocks are {distinct} architectures on their data, some trained from several seeds: a "
        "claim about other architectures or data has only these as units; see across_blocks(nest_seeds=True)."
    ]


def _samples(contests: Sequence[Contest], block: object) -> str:
    sizes = sorted({len(c.sample_ids) for c in contests if c.block == block and c.sample_ids})
    span = " to ".join(str(n) for n in sorted({sizes[0], sizes[-1]})) if sizes else "no"
    return f"{span} {'sample' if span == '1' else 'samples'}"


def _largest(contests: Sequence[Contest]) -> list[Contest]:
    """Of each block, the contest with the largest pool (the first of them)."""
    largest: dict[object, Contest] = {}
    for contest in (c for c in contests if c.ranked and len(c.pool) > 1):
        known = largest.get(contest.block)
        if known is None or len(contest.pool) > len(known.pool):
            largest[contest.block] = contest
    return list(largest.values())


def _underpowered(contest: Contest) -> str:
    n, m = len(contest.sample_ids), len(contest.pool)
    return (
        f"With {n} {'sample' if n == 1 else 'samples'} no pair of the {m} methods can be separated for "
        f"{contest.block.model} on {contest.block.dataset}; {needed_units(m)} are needed."
    )
