"""Mutation testing: python benchmarks/mutation_testing.py [MODULE ...] writes results/mutation (`tox -e mutation`).

With names of modules (their last parts) only these are mutated again, and the rows of the others stay; `page` mutates
nothing and writes everything again from mutants.csv and the list of equivalents. Ends with 1 where a mutant survived
without a reason, or where a listed equivalent is none.
"""

import csv
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from mutation.mutants import SEED, Mutant, mutants
from mutation.page import Row, counts, page
from mutation.sample import SAMPLE, most
from mutation.trial import Trial, load_libraries, run

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "results" / "mutation"
EQUIVALENT = Path(__file__).resolve().parent / "mutation" / "equivalent.csv"
COLUMNS = ("module", "line", "operator", "original", "mutated", "outcome", "reason")
JOBS = os.cpu_count() or 1


def read(path: Path) -> list[Row]:
    """The rows of a CSV file, none where there is no file."""
    if not path.exists():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def write(path: Path, columns: Sequence[str], rows: Sequence[Row]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def path_of(module: str) -> Path:
    """whybench.methods and whybench.metrics lie beside src."""
    return ROOT.joinpath(*module.split(".")[1:]).with_suffix(".py")


def limits(modules: Sequence[str]) -> dict[str, int]:
    """CPU seconds that the mutants of each module may take: ten times what its tests take when nothing is changed."""
    sources = {module: path_of(module).read_text(encoding="utf-8") for module in modules}
    trials = [(Trial(m, source, SAMPLE[m]), path_of(m)) for m, source in sources.items()]
    found = {}
    for position, ended in run(trials, ROOT, JOBS):
        if ended.code != 0:
            sys.exit(f"{modules[position]}: its tests fail, or none ran, before anything is changed")
        found[modules[position]] = 10 + round(10 * ended.seconds)
    return found


def tried(modules: Sequence[str]) -> list[Row]:
    """Every mutant of the modules, and whether it was killed or survived."""
    seconds = limits(modules)
    found = [mutant for module in modules for mutant in mutants(module, path_of(module), most(module))]
    trials = [(Trial(m.module, m.source, SAMPLE[m.module], seconds[m.module]), path_of(m.module)) for m in found]
    rows: dict[int, Row] = {}
    for position, ended in run(trials, ROOT, JOBS):
        rows[position] = row(found[position], ended.code != 0)
        print(len(rows), len(found), *(rows[position][name] for name in COLUMNS[:6]), sep="\t", flush=True)  # noqa: T201
    return [rows[position] for position in sorted(rows)]


def row(mutant: Mutant, killed: bool) -> Row:
    """One mutant's row."""
    facts = (mutant.module, str(mutant.line), mutant.operator, mutant.original, mutant.mutated)
    return dict(zip(COLUMNS, (*facts, "killed" if killed else "survived", ""), strict=True))


def judged(rows: Sequence[Row], reasons: dict[tuple[str, str, str], str]) -> list[Row]:
    """The rows with the reasons that are listed now: what no test noticed is equivalent where there is one."""
    found = []
    for each in rows:
        key = each["module"], each["original"], each["mutated"]
        reason = "" if each["outcome"] == "killed" else reasons.get(key, "")
        outcome = "killed" if each["outcome"] == "killed" else "equivalent" if reason else "survived"
        found.append({**each, "outcome": outcome, "reason": reason})
    return sorted(found, key=lambda each: list(SAMPLE).index(each["module"]))


def main(*names: str) -> int:
    """Mutate and write; the exit code."""
    known = {module.rpartition(".")[2]: module for module in SAMPLE}
    unknown = set(names) - known.keys() - {"page"}
    if unknown:
        sys.exit(f"no modules of the sample: {', '.join(sorted(unknown))}; these are: {', '.join(known)}, or page")
    chosen = [module for name, module in known.items() if not names or name in names]
    reasons = {(r["module"], r["original"], r["mutated"]): r["reason"] for r in read(EQUIVALENT)}
    if chosen:
        load_libraries()
    kept = [r for r in read(RESULTS / "mutants.csv") if r["module"] in SAMPLE and r["module"] not in chosen]
    rows = judged([*kept, *tried(chosen)], reasons)
    RESULTS.mkdir(parents=True, exist_ok=True)
    write(RESULTS / "mutants.csv", COLUMNS, rows)
    table = counts(rows)
    write(RESULTS / "modules.csv", list(table[0]), table)
    (RESULTS / "README.md").write_text(page(rows, SEED), encoding="utf-8")
    equivalent = {(r["module"], r["original"], r["mutated"]) for r in rows if r["outcome"] == "equivalent"}
    stale = [key for key in reasons if key not in equivalent and key[0] in {r["module"] for r in rows}]
    for key in stale:
        print("listed as equivalent, but killed or gone:", *key, sep="\t")  # noqa: T201
    return 1 if stale or any(r["outcome"] == "survived" for r in rows) else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
