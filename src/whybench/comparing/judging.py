"""What became of each cell: samples first, then a paired test of all of them together."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from whybench.comparing.cells import ScoredCell, changed_facts
from whybench.comparing.matching import Pair
from whybench.comparing.samples import Direction, MovedSample, direction_of, moved_samples, overall
from whybench.comparing.tolerance import Tolerance, Tolerances
from whybench.errors import BadParameter
from whybench.leaderboard.addresses import SeededAddress
from whybench.statistics import holm, mean, signed_rank
from whybench.statistics.pairs import ALPHA, paired
from whybench.statistics.values import Array

Verdict = Literal["unchanged", "changed", "drifted", "new", "lost", "became unsupported", "became failed", "became ok"]


@dataclass(frozen=True)
class Rules:
    """How cells are judged.

    tolerances: what a sample's score may move by; alpha: the chance of calling any cell drifted where none is; common:
    only samples that both sides have are looked at.
    """

    tolerances: Tolerances = field(default_factory=Tolerances)
    alpha: float = ALPHA
    common: bool = False

    def __post_init__(self) -> None:
        if not 0 < self.alpha < 1:
            raise BadParameter(f"--alpha={self.alpha}; a number between 0 and 1 is needed")


@dataclass(frozen=True, eq=False)
class JudgedCell:
    """One cell's verdict.

    pair: the cell on both sides; moved: the samples beyond the tolerance; samples: how many have a score on both
    sides; difference: their mean after minus that before; p: of the paired test, Holm-adjusted, None where nothing
    was tested; tolerance: None where scores were not compared.
    """

    pair: Pair
    verdict: Verdict
    direction: Direction = "none"
    reason: str = ""
    samples: int = 0
    moved: tuple[MovedSample, ...] = ()
    difference: float | None = None
    p: float | None = None
    tolerance: Tolerance | None = None

    @property
    def address(self) -> SeededAddress:
        return self.pair.address


def judged(pairs: Sequence[Pair], rules: Rules) -> list[JudgedCell]:
    """The verdict of each pair, in their order.

    `changed`: a sample is beyond the tolerance, or the metric's direction is another; `drifted`: no sample is, but
    the signed-rank test of the paired differences, Holm-adjusted over the cells in which any sample differs by more
    than rounding, gives p <= alpha. The cells to adjust for are chosen by the sizes of differences; the test asks
    about their signs, so that the choice leaves it valid. `became ok` is a cell that had no scores before.
    """
    scored = [p for p in pairs if _both(p)]
    differences = {id(p): _differences(p) for p in scored}
    tested = [p for p in scored if differences[id(p)].any()]
    tests = [signed_rank(differences[id(p)]) for p in tested]
    adjusted = holm([t.p for t in tests]).tolist() if tests else []
    drifts = {id(p): (t.rank_biserial, a) for p, t, a in zip(tested, tests, adjusted, strict=True)}
    return [_scored(p, rules, drifts.get(id(p))) if _both(p) else _unscored(p) for p in pairs]


def _both(pair: Pair) -> bool:
    return all(cell is not None and cell.status == "ok" for cell in pair[:2])


def _unscored(pair: Pair) -> JudgedCell:
    before, after, _ = pair
    if before is None:
        return JudgedCell(pair, "new")
    if after is None:
        return JudgedCell(pair, "lost", "worse")
    if before.status == after.status:
        return JudgedCell(pair, "unchanged", reason=after.reason)
    if after.status == "ok":
        return JudgedCell(pair, "became ok", "better", f"was {before.status}: {before.reason}")
    return JudgedCell(
        pair, "became failed" if after.status == "failed" else "became unsupported", "worse", after.reason
    )


def _scored(pair: Pair, rules: Rules, drift: tuple[float, float] | None) -> JudgedCell:
    before, after = _cells(pair)
    tolerance = rules.tolerances.of((before.dtype, after.dtype))
    higher = before.higher_is_better if after.higher_is_better is None else after.higher_is_better
    moved = moved_samples(before.samples, after.samples, tolerance, higher, rules.common)
    old, new = _values(before, after)
    cell = JudgedCell(
        pair,
        "unchanged",
        samples=len(old),
        moved=moved,
        difference=mean([b - a for a, b in zip(old, new, strict=True)]) if old else None,
        p=None if drift is None else drift[1],
        tolerance=tolerance,
    )
    turned = _turned(before, after)
    if turned:
        return replace(cell, verdict="changed", direction="unknown", reason=turned)
    if moved:
        return replace(cell, verdict="changed", direction=overall(moved))
    if drift is not None and drift[1] <= rules.alpha:
        return replace(cell, verdict="drifted", direction=direction_of(drift[0], higher))
    return cell


def _cells(pair: Pair) -> tuple[ScoredCell, ScoredCell]:
    assert pair.before is not None
    assert pair.after is not None
    return pair.before, pair.after


def _turned(before: ScoredCell, after: ScoredCell) -> str:
    """What is said where the two sides disagree about which way is better."""
    known = {"higher_is_better": before.higher_is_better}, {"higher_is_better": after.higher_is_better}
    return "" if None in (before.higher_is_better, after.higher_is_better) else "; ".join(changed_facts(*known))


def _values(before: ScoredCell, after: ScoredCell) -> tuple[list[float], list[float]]:
    """The scores of the samples that have one on both sides."""
    both = [(s.score, after.samples[i].score) for i, s in before.samples.items() if i in after.samples]
    known = [(a, b) for a, b in both if a is not None and b is not None]
    return [a for a, _ in known], [b for _, b in known]


def _differences(pair: Pair) -> Array:
    """After minus before, zero where it is rounding."""
    before, after = _values(*_cells(pair))
    return paired(after, before) if before else paired([0.0], [0.0])
