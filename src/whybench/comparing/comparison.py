"""The comparison as a whole: cells, moves and timings, and whether it is a regression."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from whybench.comparing.cells import changed_facts
from whybench.comparing.judging import JudgedCell, Rules, judged
from whybench.comparing.matching import matched
from whybench.comparing.moves import Move, moves
from whybench.comparing.paces import Pace
from whybench.comparing.side import Side
from whybench.errors import BadParameter
from whybench.leaderboard.addresses import SeededAddress
from whybench.leaderboard.variants import Variant, labels

FAILURES: Mapping[str, tuple[str, Callable[[JudgedCell], bool]]] = {
    "changed": ("a sample is beyond the tolerance, either way", lambda c: c.verdict == "changed"),
    "changed-worse": (
        "... unless all such samples are better",
        lambda c: c.verdict == "changed" and c.direction != "better",
    ),
    "drifted": (
        "the scores of a cell moved together, unless for the better",
        lambda c: c.verdict == "drifted" and c.direction != "better",
    ),
    "drifted-better": ("... for the better", lambda c: c.verdict == "drifted" and c.direction == "better"),
    "lost": ("B lacks a cell of A", lambda c: c.verdict == "lost"),
    "unsupported": ("a cell became unsupported", lambda c: c.verdict == "became unsupported"),
    "failed": ("a cell failed that did not", lambda c: c.verdict == "became failed"),
    "new": ("A lacks a cell of B", lambda c: c.verdict == "new"),
}
SLOWER = "slower"
DEFAULT = ("changed", "drifted", "lost", "unsupported", "failed")
NOTHING = "none"


def failures(text: str) -> tuple[str, ...]:
    """What counts as a regression, from a list with commas; raises BadParameter for a word that is none of them,
    and for no word at all, which an unset variable in a script would give."""
    words = tuple(word.strip() for word in text.split(",") if word.strip())
    known = (*FAILURES, SLOWER, NOTHING)
    for word in words:
        if word not in known:
            raise BadParameter(f"--fail-on={word!r}; choose among {', '.join(known)}")
    if not words:
        raise BadParameter(f"--fail-on={text!r} names nothing; where nothing shall fail, say so: --fail-on={NOTHING}")
    return tuple(word for word in words if word != NOTHING)


@dataclass(frozen=True, eq=False)
class Comparison:
    """A against B. A is what was, B what is."""

    a: Side
    b: Side
    rules: Rules
    cells: Sequence[JudgedCell]
    paces: Sequence[Pace] = ()
    fail_on: tuple[str, ...] = DEFAULT
    notes: tuple[str, ...] = field(default=())

    @cached_property
    def counts(self) -> dict[str, int]:
        """Cells by verdict, those without cells left out."""
        return dict(Counter(str(c.verdict) for c in self.cells))

    @cached_property
    def regressions(self) -> list[JudgedCell]:
        """The cells that fail."""
        rules = [FAILURES[word][1] for word in self.fail_on if word in FAILURES]
        return [c for c in self.cells if any(fails(c) for fails in rules)]

    @property
    def slower(self) -> list[Pace]:
        """The methods that fail for their time."""
        return [p for p in self.paces if p.verdict == "slower"] if SLOWER in self.fail_on else []

    @property
    def regressed(self) -> bool:
        """Whether anything fails."""
        return bool(self.regressions or self.slower)

    @cached_property
    def moves(self) -> list[Move]:
        """Who moved on the leaderboard."""
        return moves(self.cells)

    @cached_property
    def timed(self) -> Mapping[Variant, str]:
        """What the methods that were timed are called."""
        return labels(pace.method for pace in self.paces)

    @cached_property
    def names(self) -> Callable[[SeededAddress], tuple[str, str, str]]:
        """What a cell is called: its method, its metric, and its model and dataset."""
        methods, metrics = (labels(getattr(c.address, part) for c in self.cells) for part in ("method", "metric"))
        seeds = len({c.address.seed for c in self.cells}) > 1

        def called(a: SeededAddress) -> tuple[str, str, str]:
            seed = f", seed {a.seed}" if seeds else ""
            return methods[a.method], metrics[a.metric], f"{a.model} on {a.dataset}{seed}"

        return called


def compared(
    a: Side,
    b: Side,
    rules: Rules | None = None,
    fail_on: Sequence[str] = DEFAULT,
    paces: Sequence[Pace] = (),
) -> Comparison:
    """Two sides against each other, cell by cell; raises NothingSelected where they have no cell in common."""
    rules = rules or Rules()
    cells = judged(matched(a.cells, b.cells), rules)
    return Comparison(a, b, rules, cells, paces, tuple(fail_on), tuple(_notes(a, b, cells)))


def _notes(a: Side, b: Side, cells: Sequence[JudgedCell]) -> list[str]:
    """What else differs between the sides and may explain what moved."""
    said = sorted({c.pair.note for c in cells if c.pair.note})
    protocols = [sorted({c.protocol for c in side.cells}) for side in (a, b)]
    if protocols[0] != protocols[1]:
        old, new = (", ".join(map(str, one)) for one in protocols)
        said.append(f"protocols {old} -> {new}: scores differ by definition where the changelog says so")
    if a.suites != b.suites and a.suites and b.suites:
        old, new = (", ".join(side.suites) for side in (a, b))
        said.append(f"suites {old} -> {new}; one of them is compared with --suite")
    if a.environment and b.environment:
        said += changed_facts(_flat(a.environment), _flat(b.environment))
    return said


def _flat(environment: Mapping[str, object]) -> dict[str, object]:
    """Facts of an environment on one level, libraries by name."""
    libraries = environment.get("libraries")
    named = libraries if isinstance(libraries, dict) else {}
    return {**{k: v for k, v in environment.items() if k != "libraries"}, **named}
