"""What is said of a comparison, in words that the terminal and the pull request share."""

from collections.abc import Sequence

from whybench.comparing.comparison import Comparison
from whybench.comparing.judging import JudgedCell
from whybench.comparing.moves import Move
from whybench.comparing.paces import Pace
from whybench.comparing.samples import MovedSample
from whybench.leaderboard.figures import DASH, number

VERDICTS = ("became failed", "became unsupported", "lost", "changed", "drifted", "became ok", "new", "unchanged")
"""The worst first."""


def headline(comparison: Comparison) -> str:
    """One line: whether it is a regression."""
    cells, slower = len(comparison.regressions), len(comparison.slower)
    parts = [f"{n} {what}" for n, what in ((cells, _plural(cells, "cell")), (slower, "slower")) if n]
    return f"Regression: {' and '.join(parts)}" if comparison.regressed else "No regression"


def tally(comparison: Comparison) -> str:
    """One line: cells by verdict."""
    counts = comparison.counts
    said = ", ".join(f"{counts[verdict]} {verdict}" for verdict in VERDICTS if verdict in counts)
    return f"{len(comparison.cells)} {_plural(len(comparison.cells), 'cell')}: {said}"


def findings(comparison: Comparison) -> list[JudgedCell]:
    """The cells that are not unchanged: those that fail first, then the worst verdict."""
    fails = {id(cell) for cell in comparison.regressions}
    return sorted(
        (c for c in comparison.cells if c.verdict != "unchanged"),
        key=lambda c: (id(c) not in fails, VERDICTS.index(c.verdict), -len(c.moved), c.address),
    )


def explained(cell: JudgedCell) -> str:
    """Why a cell has its verdict, without its name."""
    way = {"none": "", "unknown": ", direction unknown", "mixed": ", better and worse"}.get(
        cell.direction, f", for the {cell.direction}"
    )
    if cell.verdict == "changed" and not cell.reason:
        total = len({*_ids(cell), *(m.sample_id for m in cell.moved)})
        return f"{len(cell.moved)} of {total} {_plural(total, 'sample')} beyond the tolerance{way}; {_mean(cell)}"
    if cell.verdict == "drifted":
        return f"{_mean(cell)}{way}"
    if cell.verdict == "changed":
        return f"{cell.reason}; {_mean(cell)}"
    return cell.reason


def sample(moved: MovedSample) -> str:
    """One sample with both values."""
    return (
        f"{moved.sample_id}: {_value(moved.before, moved.before_status)} -> {_value(moved.after, moved.after_status)}"
    )


def tolerances(comparison: Comparison) -> str:
    """The tolerances that scores were held to."""
    used = sorted({(c.tolerance.relative, c.tolerance.absolute) for c in comparison.cells if c.tolerance is not None})
    held = " or ".join(f"{absolute:g} + {relative:g} |A|" for relative, absolute in used) or DASH
    return (
        f"Tolerance a sample: {held}; drift: signed-rank test, p <= {comparison.rules.alpha:g} after Holm; fails on "
        f"{', '.join(comparison.fail_on) or 'nothing'}"
    )


def moved(comparison: Comparison, found: Sequence[Move]) -> str:
    """Places in a line."""
    said = []
    for move in found:
        method, metric, place = comparison.names(move.address)
        said.append(f"{method} {move.before} -> {move.after} of {move.of} ({metric}, {place})")
    return "; ".join(said)


def timed(pace: Pace) -> str:
    """A method's ratio with its interval and the noise floor."""
    return (
        f"x {pace.ratio:.3f} ({pace.low:.3f} to {pace.high:.3f}), noise x {pace.floor:.3f}: "
        f"{'within the noise' if pace.verdict == '=' else pace.verdict}"
    )


def _ids(cell: JudgedCell) -> set[str]:
    return {i for side in cell.pair[:2] if side is not None for i in side.samples}


def _mean(cell: JudgedCell) -> str:
    p = "" if cell.p is None else f", p = {cell.p:.2g}"
    return f"mean {cell.difference or 0.0:+.4g}{p} ({cell.samples} samples)" if cell.samples else "no sample in common"


def _value(score: float | None, status: str) -> str:
    """Enough digits to see a broken sixth one."""
    shown = "" if score is None else f"{score:.9g}"
    return " ".join(part for part in (shown, "" if status == "ok" else status) if part) or number(score)


def _plural(n: int, what: str) -> str:
    return what if n == 1 else f"{what}s"
