"""What a session says at its end: goldens that were written, and cells beside the baseline."""

import json
from collections.abc import Sequence
from typing import Any

import pytest

COMPARED, WRITTEN = "whybench compared", "whybench golden"
"""Properties of a test's report, by which worker processes tell the first one."""


class Summary:
    """A plugin of its own, registered only where one of the options is given."""

    def __init__(self, thresholds: Sequence[str], collecting: bool) -> None:
        self.thresholds, self.collecting = thresholds, collecting
        self.compared: list[dict[str, str]] = []
        self.written: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call":
            self.compared += [json.loads(str(value)) for name, value in report.user_properties if name == COMPARED]
            self.written += [str(value) for name, value in report.user_properties if name == WRITTEN]

    def idle(self) -> list[str]:
        """Thresholds that no cell of the baseline was held to: they protect nothing."""
        held = {one["asked"] for one in self.compared if one["verdict"] != "new"}
        return [] if self.collecting else [asked for asked in self.thresholds if asked not in held]

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if session.exitstatus == pytest.ExitCode.OK and self.idle():
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        lines = [f"golden written: {path}" for path in self.written]
        lines += [f"{one['verdict']}: {one['cell']} ({one['asked']}) {one['why']}".rstrip() for one in self.compared]
        for asked in self.idle():
            lines.append(f"--whybench-fail={asked} was compared with no cell of the baseline: the session fails")
        if lines:
            terminalreporter.section("whybench")
            for line in lines:
                terminalreporter.line(line)
