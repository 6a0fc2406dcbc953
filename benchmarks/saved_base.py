"""pytest-benchmark's saved runs as bases: only of the same machine, and compared by the rule of `whybench compare`."""

from collections.abc import Sequence
from typing import Any

import pytest
from speed_moves import lines, moves, other_machine

from whybench.comparing.machines import FACTS
from whybench.environment import environment

LAPS: dict[str, dict[str, list[float]]] = {}
"""CPU seconds of every round by the full name of the row, as this run measures them."""
BASES: pytest.StashKey[list[dict[str, Any]]] = pytest.StashKey()
ROWS: pytest.StashKey[list[dict[str, Any]]] = pytest.StashKey()


@pytest.hookimpl(tryfirst=True)
def pytest_benchmark_generate_machine_info(config: pytest.Config) -> dict[str, Any]:
    """What names a machine for `whybench compare --timing`, and no host."""
    facts = environment()
    return {name: facts[name] for name in (*FACTS, "threads")}


def pytest_benchmark_compare_machine_info(
    config: pytest.Config, machine_info: dict[str, Any], compared_benchmark: dict[str, Any]
) -> None:
    """Keep the base for the end; raises UsageError, before anything is measured, where it is of another machine."""
    differing = other_machine(compared_benchmark, {"machine_info": machine_info})
    if differing:
        raise pytest.UsageError(
            f"--benchmark-compare: {named(compared_benchmark)} was measured on another machine "
            f"({'; '.join(differing)}); name a run of this one, or leave it out and compare passes alone: "
            "python benchmarks/compare_speed.py BASE.json RUN.json --passes"
        )
    config.stash.setdefault(BASES, []).append(compared_benchmark)


@pytest.hookimpl(tryfirst=True)
def pytest_benchmark_group_stats(config: pytest.Config, benchmarks: Sequence[dict[str, Any]]) -> None:
    """Keep this run's rows; pytest-benchmark groups them."""
    config.stash[ROWS] = [one for one in benchmarks if one["path"] is None]


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """What moved since each base."""
    run = {"benchmarks": config.stash.get(ROWS, []), "whybench": {"laps": LAPS}}
    for base in config.stash.get(BASES, []):
        terminalreporter.section(f"since {named(base)}")
        for line in lines(moves(base, run)):
            terminalreporter.line(line)


def named(run: dict[str, Any]) -> str:
    """A saved run by its date and its commit."""
    commit = str((run.get("commit_info") or {}).get("id", "unknown"))[:7]
    return f"the run of {str(run.get('datetime', 'unknown'))[:19]}, commit {commit}"
