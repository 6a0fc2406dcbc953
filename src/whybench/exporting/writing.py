"""Writing a store's records to a folder."""

import json
from pathlib import Path

import pyarrow as pa
from pyarrow import parquet

from whybench.exporting.schemas import SCORES
from whybench.exporting.tables import costs_table, curves_table, explanation_file, explanations_table
from whybench.leaderboard import Leaderboard
from whybench.store import Store
from whybench.store.tensor_file import content
from whybench.timing import timing_profile


def export(store: Store, to: Path, suite: str | None = None, tensors: bool = True) -> dict[str, int]:
    """Write `scores.parquet`, `curves.parquet`, `costs.parquet`, `explanations.parquet` and `explanations/`.

    Where something was timed, `timings.parquet` too. Returns the number of rows of each. Rows are in the order of the
    plan; the files hold no time stamps, so that equal scores give equal bytes. Without `tensors` the files of
    `explanations/` stay out.

    The status of a row of scores: `ok`, a measured score; `censored`, a score that is only a bound; `undefined`, a
    sample without a score; `unsupported` and `failed`, a cell without scores, one row with an empty sample_id. All but
    `ok` have a reason.
    """
    records, made = store.records(suite), store.explanation_records(suite)
    scores = Leaderboard(records, made).scores
    tables = {
        "scores": pa.Table.from_pandas(scores, SCORES, preserve_index=False),
        "curves": curves_table(records),
        "costs": costs_table(records, made),
        "explanations": explanations_table(made),
    }
    timings = timing_profile(store, suite)
    if len(timings):
        tables["timings"] = pa.Table.from_pandas(timings, preserve_index=False)
    (to / "explanations" if tensors else to).mkdir(parents=True, exist_ok=True)
    for name, table in tables.items():
        parquet.write_table(table, to / f"{name}.parquet")
    for record in made if tensors else ():
        found, file = store.explanation(record.key), explanation_file(record)
        if file is None or found is None or found[1] is None:
            continue
        explanation = found[1]
        facts = {**explanation.facts(), "kind": explanation.kind, "sample_ids": json.dumps(record.sample_ids)}
        with (to / file).open("wb") as written:
            written.writelines(content(explanation.tensors(), facts))
    return {name: len(table) for name, table in tables.items()}
