"""Run a suite and publish its board with the records behind it: python benchmarks/publish.py quickstart.

The suite runs from nothing, or, with a store's URL as a second argument, goes on from what is stored there.
Writes results/SUITE/: board.md, board.csv and timing.csv as the report has them, the per-sample scores, curves, costs
and explanations' digests as Parquet, and the environment. Explanation tensors stay out: the command remakes them.
"""

import json
import shutil
import sys
import tempfile
from pathlib import Path

from rich.console import Console

from whybench.cli.display import Display
from whybench.exporting import export
from whybench.report import write_report
from whybench.runner import Options, run
from whybench.store import Store
from whybench.suite import suite as find_suite

TABLES = ("board.md", "board.csv", "timing.csv")
RESULTS = Path(__file__).resolve().parent.parent / "results"

ABOUT = """# {suite}

Made by `python benchmarks/publish.py {suite}`; the same cells come from `whybench run {suite}`, on another processor
within rounding.

- [board.md](board.md), [board.csv](board.csv): the leaderboards, a table a metric family
- [timing.csv](timing.csv): what each explanation and each metric cost, as the run noted it (passes are exact, seconds
  are those of the machine in [environment.json](environment.json))
- `scores.parquet`, `curves.parquet`, `costs.parquet`, `explanations.parquet`: the records that the boards are computed
  from, in the layout that `whybench export` writes
"""


def publish(name: str, url: str | None = None) -> Path:
    """Run the suite, in a store of its own where no URL is given, and write results/SUITE; returns that folder."""
    to = RESULTS / name
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        store = Store.open(url or f"sqlite:///{work / 'store.db'}")
        with Display(Console()) as display:
            run(find_suite(name), store, Options(), display)
        write_report(store, name, work / "report")
        export(store, work / "records", name)
        shutil.rmtree(to, ignore_errors=True)
        to.mkdir(parents=True)
        for file in [work / "report" / table for table in TABLES] + sorted((work / "records").glob("*.parquet")):
            shutil.copy(file, to / file.name)
        environment = (store.last_run(name) or {})["environment"]
        store.close()
    (to / "environment.json").write_text(json.dumps(environment, indent=1) + "\n", encoding="utf-8")
    (to / "README.md").write_text(ABOUT.format(suite=name), encoding="utf-8")
    return to


if __name__ == "__main__":
    sys.stdout.write(f"{publish(*sys.argv[1:])}\n")
