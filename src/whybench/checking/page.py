"""The table of clauses for the documents, written from the clauses themselves."""

from whybench.checking.clause import Clause, Sort, clauses
from whybench.checking.declared import DECLARED

SORTS: tuple[Sort, ...] = ("method", "metric", "model", "dataset")
BEGIN, END = "<!-- clauses: written from whybench.checking -->", "<!-- end of clauses -->"


def tables() -> str:
    """A table for each sort, what is promised and what to do, and the declared exceptions."""
    lines = [BEGIN, ""]
    for sort in SORTS:
        lines += [
            f"### {sort.capitalize()}s",
            "",
            "| clause | promise | where it does not hold |",
            "| --- | --- | --- |",
        ]
        lines += [_row(clause) for clause in clauses(sort)]
        lines.append("")
    lines += ["### Declared exceptions", "", "| of | clause | reason |", "| --- | --- | --- |"]
    for (sort, name), reasons in DECLARED.items():
        lines += [f"| {sort} `{name}` | {clause} | {reason} |" for clause, reason in reasons.items()]
    return "\n".join([*lines, "", END])


def written(page: str) -> str:
    """A page with its tables as they should be."""
    before, _, rest = page.partition(BEGIN)
    return before + tables() + rest.partition(END)[2]


def _row(clause: Clause) -> str:
    return f"| {clause.id} {clause.name} | {_cell(clause.promise)} | {_cell(clause.remedy)} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
