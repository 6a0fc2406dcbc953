"""results/mutation as text."""

from collections.abc import Mapping, Sequence

from mutation.sample import MOST, SAMPLE, SLOW

Row = Mapping[str, str]
OUTCOMES = ("killed", "equivalent", "survived")
"""Noticed by a test; not noticed, and no test can; not noticed."""

ABOUT = """# Mutation testing

Made by `tox -e mutation` (`python benchmarks/mutation_testing.py`): the heart of some methods and metrics is changed
at one place at a time, and the module's own tests, named below, must notice.

{finding}

The changes are those of cosmic-ray (another arithmetic or comparing operator, a number one up or down, a condition or
loop turned over) and one of our own for tensors (`min` for `max`, `sum` for `mean`, `abs` left out, ...:
`benchmarks/mutation/names.py`). For each place and kind of change one replacement is drawn, and at most {most} mutants
a module, {slow} where its tests take longer, with seed {seed}; those that Python's types refuse, that mean the same, or
that change annotations and decorators only are left out. A mutant is *killed* when a doctest of the module or one of
the tests fails, or when they take more than ten times their CPU time; *equivalent* when nothing that the module
promises can differ, for a reason that is written down (`benchmarks/mutation/equivalent.csv`). Anything else is a gap,
and the command fails.

All mutants: [mutants.csv](mutants.csv); this table: [modules.csv](modules.csv).

| module | mutants | killed | equivalent | survived | tests |
| --- | ---: | ---: | ---: | ---: | --- |
"""


def counts(rows: Sequence[Row]) -> list[dict[str, str | int]]:
    """One row a module that was tried: how many mutants, and how they ended."""
    table = []
    for module in SAMPLE:
        ends = [row["outcome"] for row in rows if row["module"] == module]
        if not ends:
            continue
        table.append({"module": module, "mutants": len(ends), **{end: ends.count(end) for end in OUTCOMES}})
    return table


def page(rows: Sequence[Row], seed: int) -> str:
    """The whole page."""
    table = counts(rows)
    total = {name: sum(int(row[name]) for row in table) for name in ("mutants", *OUTCOMES)}
    finding = (
        f"Of {total['mutants']} mutants in {len(table)} of {len(SAMPLE)} modules {total['killed']} are killed, "
        f"{total['equivalent']} equivalent, and {total['survived']} survived."
    )
    lines = [
        f"| `{str(row['module']).removeprefix('whybench.')}` | {row['mutants']} | "
        + " | ".join(str(row[end]) for end in OUTCOMES)
        + f" | {_files(SAMPLE[str(row['module'])])} |"
        for row in table
    ]
    return ABOUT.format(finding=finding, seed=seed, most=MOST, slow=SLOW) + "\n".join(lines) + "\n\n" + _reasons(rows)


def _files(tests: Sequence[str]) -> str:
    return ", ".join(dict.fromkeys(f"`{test.partition('::')[0]}`" for test in tests))


def _reasons(rows: Sequence[Row]) -> str:
    lines = [
        "## Equivalent mutants",
        "",
        "| module | line | as it is | mutant | why no test can tell |",
        "|" + " --- |" * 5,
    ]
    for row in rows:
        if row["outcome"] == "equivalent":
            code = (f"`` {row[name].replace('|', chr(92) + '|')} ``" for name in ("original", "mutated"))
            lines.append(f"| `{row['module'].split('.')[-1]}` | {row['line']} | {' | '.join(code)} | {row['reason']} |")
    return "\n".join(lines) + "\n"
