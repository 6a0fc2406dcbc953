"""One mutant, one process: the tests of its module, forked from a process in which the libraries are loaded already.

Nothing is written: the child imports the mutated source from memory in place of the file. To start Python and load
torch takes longer than most of these tests.
"""

import doctest
import importlib
import os
import resource
import signal
import sys
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from itertools import groupby
from pathlib import Path
from types import CodeType
from typing import Any

import pytest

LIBRARIES = ("torch", "numpy", "pandas", "scipy.stats", "skimage.segmentation", "captum.attr", "hypothesis")
OPTIONS = ("-x", "-q", "--disable-warnings", "-p", "no:cacheprovider", "--hypothesis-seed=0")
PATIENCE = 600
"""Seconds of the clock after which a child that waits for something is ended."""


@dataclass(frozen=True)
class Trial:
    """A source in place of a module's, and the tests to run; seconds: of CPU time, None for no limit."""

    module: str
    source: str
    tests: tuple[str, ...]
    seconds: int | None = None


@dataclass(frozen=True)
class Ended:
    """How a child ended: 0 when all tests passed; and its CPU time in seconds."""

    code: int
    seconds: float


class InPlace(MetaPathFinder):
    """Finds one module, with a source of its own."""

    def __init__(self, module: str, path: Path, source: str) -> None:
        self.module, self.path, self.source = module, path, source

    def find_spec(self, name: str, path: Any, target: Any = None) -> ModuleSpec | None:
        if name != self.module:
            return None
        return spec_from_file_location(name, self.path, loader=FromMemory(name, str(self.path), self.source))


class FromMemory(SourceFileLoader):
    """Runs a source that is not the file's."""

    def __init__(self, name: str, path: str, source: str) -> None:
        super().__init__(name, path)
        self.source = source

    def get_code(self, fullname: str) -> CodeType:
        return compile(self.source, self.path, "exec", dont_inherit=True)


def load_libraries() -> None:
    """What every child finds loaded; never whybench itself."""
    for name in LIBRARIES:
        importlib.import_module(name)
    assert not any(name.startswith("whybench") for name in sys.modules)


def run(trials: Sequence[tuple[Trial, Path]], root: Path, jobs: int) -> Iterator[tuple[int, Ended]]:
    """The trials, `jobs` at a time, each with the path of its module: (position, end) as they end."""
    waiting, running = list(enumerate(trials)), dict[int, int]()
    while waiting or running:
        while waiting and len(running) < jobs:
            position, (trial, path) = waiting.pop(0)
            child = os.fork()
            if child == 0:
                _run_here(trial, path, root)
            running[child] = position
        child, status, used = os.wait4(-1, 0)
        yield running.pop(child), Ended(status, used.ru_utime + used.ru_stime)


def _run_here(trial: Trial, path: Path, root: Path) -> None:
    """In a child that never returns: quietly the module's doctests, then its tests up to the first that fails."""
    code = 1
    try:
        if trial.seconds is not None:
            _silence()
            resource.setrlimit(resource.RLIMIT_CPU, (trial.seconds, trial.seconds))
        signal.alarm(PATIENCE)
        os.chdir(root)
        sys.meta_path.insert(0, InPlace(trial.module, path, trial.source))
        module = importlib.import_module(trial.module)
        code = doctest.testmod(module).failed or _first_failure(trial.tests)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(min(int(code), 255))


def _first_failure(tests: Sequence[str]) -> int:
    """File by file, so that none is read before those ahead of it have passed."""
    files = (list(few) for _, few in groupby(tests, lambda test: test.partition("::")[0]))
    return next((code for code in (int(pytest.main([*OPTIONS, *few])) for few in files) if code), 0)


def _silence() -> None:
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
