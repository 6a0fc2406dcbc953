"""Run a suite and publish its board so that others can check it: python benchmarks/publish.py quickstart.

The suite runs from nothing, or, with a store's URL as a second argument, goes on from what is stored there.
Writes results/SUITE/ as `whybench publish` does: site/, the boards, the records as Parquet and manifest.json; beside
them README.md and environment.json. Explanation tensors stay out: the command remakes them.
"""

import json
import sys
import tempfile
from pathlib import Path

from rich.console import Console

from whybench import publishing
from whybench.cli.display import Display
from whybench.runner import Options, run
from whybench.store import Store
from whybench.suite import suite as find_suite

RESULTS = Path(__file__).resolve().parent.parent / "results"

ABOUT = """# {suite}

Made by `python benchmarks/publish.py {suite}`; the same cells come from `whybench run {suite}`, on another processor
within rounding. `whybench verify results/{suite}` checks all files and numbers, with `--nonce` and any text of yours it
runs some of the cells again ([what that proves](../../docs/publishing.md)).

- [site/](site/index.html): the report; open it from disk
- [board.md](board.md), [board.csv](board.csv), [board.json](board.json): the leaderboards, a table a metric family
- [timing.csv](timing.csv): what each explanation and each metric cost, as the run noted it (passes are exact, seconds
  are those of the machine in [environment.json](environment.json))
- `cell_records.parquet`, `sample_records.parquet`, `explanation_records.parquet`: the records that all of this is
  computed from
- `scores.parquet`, `curves.parquet`, `costs.parquet`, `explanations.parquet`: the same for other programs, in the
  layout that `whybench export` writes
- [manifest.json](manifest.json): suite, plan, versions, and the sha256 of every file
"""


def publish(name: str, url: str | None = None) -> Path:
    """Run the suite, in a store of its own where no URL is given, and write results/SUITE; returns that folder."""
    to = RESULTS / name
    with tempfile.TemporaryDirectory() as folder:
        store = Store.open(url or f"sqlite:///{Path(folder) / 'store.db'}")
        with Display(Console()) as display:
            run(find_suite(name), store, Options(), display)
        made = publishing.publish(store, to, name, beside=True)
        store.close()
    (to / "environment.json").write_text(json.dumps(made.environment, indent=1) + "\n", encoding="utf-8")
    (to / "README.md").write_text(ABOUT.format(suite=name), encoding="utf-8")
    cover(to)
    return to


def cover(to: Path) -> None:
    """List what a study has written beside a publication, in its manifest."""
    if (to / "manifest.json").exists():
        publishing.seal(to)


if __name__ == "__main__":
    sys.stdout.write(f"{publish(*sys.argv[1:])}\n")
