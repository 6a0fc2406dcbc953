"""What the two names of a comparison stand for: stores, exported folders, installed versions."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from whybench.comparing.folders import SCORES, folder_side
from whybench.comparing.interleaving import ROUNDS, interleaved_paces
from whybench.comparing.paces import Pace, stored_paces
from whybench.comparing.programs import Program, this_program
from whybench.comparing.published import is_published, published_side
from whybench.comparing.side import Side, store_side
from whybench.comparing.versions import installed, is_version
from whybench.errors import UsageError, shown
from whybench.timing.records import BlockTiming, Clock

HERE = "installed"
"""The name of the whybench that compares."""
TIMING = "--timing"
SQLITE = "sqlite:///"
NAMED = (
    "write the path or URL of a store, a folder that `whybench export` wrote, whybench==VERSION, a wheel, a source "
    f"tree, or {HERE!r} for this whybench"
)
Tell = Callable[[str], None]


@dataclass(frozen=True)
class Timing:
    """Whether and how times are compared: anywhere: on different machines, too; rounds: where versions are run."""

    wanted: bool = False
    anywhere: bool = False
    clock: Clock = "wall"
    rounds: int = ROUNDS


@dataclass(frozen=True)
class Version:
    """Something that is run, by the name that it was given."""

    text: str


@dataclass(frozen=True)
class Opened:
    """Both sides, and the paces where times were asked for."""

    a: Side
    b: Side
    paces: Sequence[Pace] = ()


def open_both(
    a: str,
    b: str,
    suite: str | None = None,
    requests: Sequence[str] = (),
    own_libraries: bool = False,
    timing: Timing | None = None,
    tell: Tell = lambda text: None,
) -> Opened:
    """Read both sides; versions are installed and run first.

    requests: what versions are asked to run, as words after `whybench run`; where there is none, what the other side,
    a store, was asked for. Versions on both sides are timed in interleaved rounds.

    Raises UsageError for a name that is none of them, and where nobody says what to run, or nothing can be run.
    """
    timing = timing or Timing()
    found = [_found(letter, text) for letter, text in (("A", a), ("B", b))]
    held = [one(suite) if callable(one) else None for one in found]
    words = tuple(requests) or tuple(text for side in held if side is not None for text in side.requests)
    versions = [one for one in found if isinstance(one, Version)]
    if requests and not versions:
        raise UsageError(f"--run={requests[0]!r}, but neither A nor B is a version that could be run; leave it out")
    if versions and not words:
        raise UsageError(
            f"nothing says what {versions[0].text} should run; name a suite with its options: "
            "--run 'quickstart --samples 8'"
        )
    programs = {one: _program(one, own_libraries, tell) for one in versions}
    options = [TIMING] if timing.wanted and len(versions) == 1 else []
    first, second = (
        _ran(programs[one], words, suite, options, tell) if isinstance(one, Version) else side
        for one, side in zip(found, held, strict=True)
    )
    assert first is not None
    assert second is not None
    if not timing.wanted:
        return Opened(first, second)
    if len(versions) == 2:
        old, new = (partial(_timed, programs[one], words, suite) for one in versions)
        return Opened(first, second, interleaved_paces(old, new, timing.rounds, timing.clock, tell))
    return Opened(first, second, stored_paces(first, second, timing.anywhere, timing.clock))


def _program(version: Version, own_libraries: bool, tell: Tell) -> Program:
    if version.text == HERE:
        return this_program()
    tell(f"{version.text}: an environment of its own")
    return installed(version.text, own_libraries)


def _ran(program: Program, words: Sequence[str], suite: str | None, options: Sequence[str], tell: Tell) -> Side:
    for text in words:
        tell(f"{program.name}: whybench run {text}")
    return program.side(words, suite, *options)


def _timed(program: Program, words: Sequence[str], suite: str | None) -> Sequence[BlockTiming]:
    return store_side(program.run(words, TIMING), suite).timings or ()


def _found(letter: str, text: str) -> Version | Callable[[str | None], Side]:
    """What a name stands for, before anything is installed or read."""
    if not text.strip():
        raise UsageError(f"{letter} is {text!r}; is a variable unset? {NAMED}")
    path = Path(text)
    if is_version(text) or (text == HERE and not path.exists()):
        return Version(text)
    if path.is_dir():
        if not (path / SCORES).is_file():
            raise UsageError(
                f"{letter}: {text!r} is a folder without {SCORES} (`whybench export` writes one) and without "
                "pyproject.toml (a source tree has one)"
            )
        return partial(published_side if is_published(path) else folder_side, path)
    if path.suffix == ".parquet":
        return partial(folder_side, path)
    if text.startswith(SQLITE) and not Path(text.removeprefix(SQLITE)).is_file():
        raise UsageError(f"{letter}: no store at {text}; run a suite there first: whybench run SUITE --store {text}")
    if "://" in text or path.is_file():
        return partial(store_side, text)
    raise UsageError(f"{letter}: {shown(text)} is no store, folder or version here; {NAMED}")
