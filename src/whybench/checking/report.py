"""What checking found: one finding a clause."""

from dataclasses import asdict, dataclass
from typing import Any

from whybench.checking.clause import Sort, Verdict


@dataclass(frozen=True)
class Finding:
    """What became of one clause.

    where: the models or scenes that it failed on, or that it was tried on; values: the offending values of the first
    failure, or the reason of an exception; remedy: what to do, where it failed.
    """

    clause: str
    name: str
    verdict: Verdict
    where: str = ""
    values: str = ""
    remedy: str = ""


@dataclass(frozen=True)
class Report:
    """All findings on one thing; note: how it was made cheaper to check; refused: models that it does not take."""

    sort: Sort
    name: str
    findings: tuple[Finding, ...]
    note: str = ""
    refused: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether no clause failed; declared exceptions are no failures."""
        return all(finding.verdict != "failed" for finding in self.findings)

    def verdicts(self) -> dict[str, Verdict]:
        """The verdict of every clause by its id."""
        return {finding.clause: finding.verdict for finding in self.findings}

    def failed(self) -> list[str]:
        """The clauses that failed."""
        return [finding.clause for finding in self.findings if finding.verdict == "failed"]

    def to_dict(self) -> dict[str, Any]:
        """As JSON holds it."""
        return {**asdict(self), "passed": self.passed}
