"""The pytest plugin: options, the marker `whybench`, and fixtures that load what they need when they are used."""

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from whybench.testing.summary import COMPARED, WRITTEN, Summary

if TYPE_CHECKING:
    from whybench.records import Record
    from whybench.testing.cells import CellRunner
    from whybench.testing.regression import ExplanationRegression, ScoreRegression
    from whybench.testing.setup import Setup

pytest_plugins = ("whybench.testing.planted_fixtures",)
KEYWORDS = ("method", "metric", "model", "dataset", "samples", "seed")
MARKER = (
    f"whybench({'=, '.join(KEYWORDS)}=): what the fixture run_cell runs: names, specs, file.py:attribute (a file "
    "beside the test first) or objects"
)
OPTIONS = ("update", "baseline", "fail", "save")
SETUP: "pytest.StashKey[Setup]" = pytest.StashKey()
WORSE: "pytest.StashKey[list[str]]" = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("whybench", "explanations (whybench)")
    add = group.addoption
    add("--whybench-update", metavar="REASON", help="write goldens that are missing or differ, with this reason")
    add("--whybench-baseline", metavar="STORE", help="an earlier store (path or URL) to compare run_cell's cells with")
    add(
        "--whybench-fail",
        metavar="METRIC:STATISTIC:THRESHOLD",
        action="append",
        default=[],
        help="fail tests whose cell is worse than the baseline's by more, say pixel_flipping:mean:2%% (mean, median, "
        "min or max; 2%% or 0.01); may be given several times",
    )
    add("--whybench-save", metavar="STORE", help="keep the cells of run_cell in this store, a baseline for later")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", MARKER)
    if any(config.getoption(f"whybench_{name}") not in (None, []) for name in OPTIONS):
        _setup(config)
        telling = Summary(config.getoption("whybench_fail"), config.getoption("collectonly", default=False))
        config.pluginmanager.register(telling, "whybench-summary")


def pytest_unconfigure(config: pytest.Config) -> None:
    if SETUP in config.stash:
        config.stash[SETUP].close()


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Iterator[None]:
    """A test whose own assertions hold fails where a cell of it is worse than the baseline allows."""
    result = yield
    worse: list[str] = pyfuncitem.stash.get(WORSE, [])
    if worse:
        pytest.fail("\n".join(worse), pytrace=False)
    return result


@pytest.fixture
def run_cell(request: pytest.FixtureRequest) -> "CellRunner":
    """Runs the method of the marker `whybench` by its metric, on a planted world or a named model and dataset."""
    from whybench.testing.cells import CellRunner

    setup, node = _setup(request.config), request.node

    def seen(record: "Record") -> None:
        for one in setup.compare(record):
            node.user_properties.append((COMPARED, json.dumps(asdict(one))))
            if one.verdict == "worse":
                node.stash[WORSE] = [*node.stash.get(WORSE, []), f"{one.cell}: {one.why}"]

    return CellRunner(_marked(node), request.path.parent, setup.store, seen)


@pytest.fixture
def explanation_regression(request: pytest.FixtureRequest) -> "ExplanationRegression":
    """Holds maps to goldens beside the test file: `explanation_regression.check(relevance)`."""
    from whybench.testing.regression import ExplanationRegression

    return ExplanationRegression(*_golden(request))


@pytest.fixture
def score_regression(request: pytest.FixtureRequest) -> "ScoreRegression":
    """Holds scores to goldens beside the test file: `score_regression.check(scores)`."""
    from whybench.testing.regression import ScoreRegression

    return ScoreRegression(*_golden(request))


def _golden(request: pytest.FixtureRequest) -> tuple[Path, str, str | None, Callable[[Path], None]]:
    """Where a test's goldens lie, what it is called, why they may be written, and who is told that they were."""
    test = ".".join(request.node.nodeid.split("::")[1:])

    def tell(file: Path) -> None:
        request.node.user_properties.append((WRITTEN, str(file)))

    return request.path.with_suffix(""), test, _setup(request.config).reason, tell


def _setup(config: pytest.Config) -> "Setup":
    """What the options ask for, made when it is first needed."""
    if SETUP not in config.stash:
        from whybench.errors import WhybenchError
        from whybench.testing.setup import Setup

        options = {name: config.getoption(f"whybench_{name}") for name in OPTIONS}
        try:
            # pytest-xdist is asked here, where its refusal is a message, rather than in its workers.
            several = config.getoption("dist", default="no") != "no"
            config.stash[SETUP] = Setup(**options, several=several)
        except WhybenchError as error:
            raise pytest.UsageError(str(error)) from error
    return config.stash[SETUP]


def _marked(node: Any) -> dict[str, Any]:
    """The markers' keywords, the closest one first; raises UsageError for what the marker does not know."""
    from whybench.errors import UsageError

    found: dict[str, Any] = {}
    for mark in reversed(list(node.iter_markers("whybench"))):
        unknown = [*map(repr, mark.args), *(name for name in mark.kwargs if name not in KEYWORDS)]
        if unknown:
            raise UsageError(f"@pytest.mark.whybench: {', '.join(unknown)}; it takes {', '.join(KEYWORDS)}, by name")
        found |= mark.kwargs
    return found
