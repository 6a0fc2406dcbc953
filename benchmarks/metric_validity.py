"""Who judges the judges: python benchmarks/metric_validity.py [--jobs N] [--work DIR] [--tables].

Writes results/metric_validity.

Every metric that ranks methods is asked whether it puts them in the order of their true errors, on networks where these
are known; whether its order stays under minor noise, reacts to disruption and survives another seed; and whether a map
that knows nothing of the model wins it. Some 20 minutes of CPU time. --work keeps the records of finished tasks in a
folder, from which a run that was cut off goes on; --tables writes the pages anew from the records that are published.
"""

import argparse
import json
import os
import sys
import tempfile
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from time import process_time

import pandas as pd
from validity_pages import write
from validity_stages import Task, done, tasks

from whybench.environment import environment

FOLDER = Path(__file__).resolve().parent.parent / "results" / "metric_validity"


def computed(jobs: int, work: Path) -> dict[str, pd.DataFrame]:
    """All records, by table, in the order of the tasks, whichever was finished first."""
    os.environ["OMP_NUM_THREADS"] = "1"
    wanted = list(tasks())
    with ProcessPoolExecutor(jobs) as pool:
        running = {pool.submit(keep, task, work): task for task in wanted}
        for number, future in enumerate(as_completed(running), 1):
            error = future.exception()
            sys.stdout.write(f"{number}/{len(wanted)} {running[future].name} {error or 'done'}\n")
            sys.stdout.flush()
    found: dict[str, list[pd.DataFrame]] = defaultdict(list)
    for task in tasks():
        for path in sorted(work.glob(f"{task.name}.*.parquet")):
            found[path.name.split(".")[-2]].append(pd.read_parquet(path))
    return {name: pd.concat(parts, ignore_index=True) for name, parts in found.items()}


def keep(task: Task, work: Path) -> None:
    """Do a task and keep its records; that of its cost comes last and says that all are there."""
    if (work / f"{task.name}.cost.parquet").exists():
        return
    start = process_time()
    tables = done(task)
    cost = {"task": task.name, "cpu_seconds": process_time() - start}
    for name, table in {**tables, "cost": pd.DataFrame([cost])}.items():
        if len(table):
            table.to_parquet(work / f"{task.name}.{name}.parquet", index=False)


def save(tables: dict[str, pd.DataFrame]) -> None:
    """The records as Parquet, and where they come from."""
    records = FOLDER / "records"
    records.mkdir(parents=True, exist_ok=True)
    for name, table in tables.items():
        table.to_parquet(records / f"{name}.parquet", index=False, compression="zstd")
    (FOLDER / "environment.json").write_text(json.dumps(environment(), indent=1) + "\n", encoding="utf-8")


def read() -> dict[str, pd.DataFrame]:
    return {path.stem: pd.read_parquet(path) for path in sorted((FOLDER / "records").glob("*.parquet"))}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--tables", action="store_true", help="write the pages from the records that are there")
    parser.add_argument("--work", type=Path, help="folder of finished tasks")
    asked = parser.parse_args()
    if not asked.tables:
        with tempfile.TemporaryDirectory() as passing:
            work = asked.work or Path(passing)
            work.mkdir(parents=True, exist_ok=True)
            save(computed(asked.jobs, work))
    write(FOLDER, read())
