"""Exact worlds: python benchmarks/exact_worlds.py digits, or photographs, writes that part of results/exact_worlds.

Runs that part of the suite `exact_worlds`, from nothing or, with a store's URL as a second argument, going on from what
is stored there; then compares every method with the best order of regions that there is, and every metric with the
order of methods by their true regret. `page` makes tables, figures and words again from all published records.
"""

import json
import shutil
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
from exact import frames, page, validity
from exact.figures import regret_figure, validity_figure
from exact.readings import LikeControl, WorldFacts
from exact.words import about
from rich.console import Console

from whybench.cli.display import Display
from whybench.environment import environment
from whybench.metrics.attribution import Regret
from whybench.plots.style import save
from whybench.records import Record
from whybench.registries import fill
from whybench.report import write_report
from whybench.runner import Options, run
from whybench.store import Store
from whybench.suite import Block, Suite, block, suite

NAME = "exact_worlds"
RESULTS = Path(__file__).resolve().parent.parent / "results" / NAME
CONTROLS = ("sobel_edges", "centre", "input_difference")
PARTS = {"digits": "digits", "photographs": "imagenet_photos"}
"""Each part's data set."""
COLUMNS = ["network", "method", "control", "metric", "family", "sample", "score", "status"]


def planned(part: str) -> Suite:
    """One part of the suite, with the readings of this study beside its metrics."""
    blocks: list[Block] = []
    for one in suite(NAME).blocks:
        if one.dataset != PARTS[part]:
            continue
        regrets = [m for m in one.metrics if isinstance(m, Regret)]
        region = regrets[0].region
        likes = tuple(LikeControl(control, region) for control in CONTROLS)
        blocks.append(replace(one, metrics=(*one.metrics, *likes)))
        if any(entry.label == "constant" for entry in one.methods):
            facts = [WorldFacts(infill, region) for infill in dict.fromkeys(m.infill for m in regrets)]
            blocks.append(block(one.model, one.dataset, ("constant",), facts, one.samples, one.target))
    return Suite(f"{NAME}_{part}", tuple(blocks))


def collect(part: str, url: str | None = None) -> None:
    """Run what is missing of one part, publish its records, and write its site."""
    fill()
    found = planned(part)
    with tempfile.TemporaryDirectory() as folder:
        store = Store.open(url or f"sqlite:///{folder}/store.db")
        with Display(Console()) as display:
            run(found, store, Options(), display)
        records = store.records(found.name)
        shutil.rmtree(RESULTS / "site" / part, ignore_errors=True)
        write_report(store, found.name, RESULTS / "site" / part)
        store.close()
    publish(part, found, records)


def publish(part: str, found: Suite, records: Sequence[Record]) -> None:
    """Write `<part>_regrets.parquet`, `<part>_scores.parquet` and `<part>_facts.parquet`."""
    methods = frames.called(entry.method for one in found.blocks for entry in one.methods)
    metrics = frames.called(metric for one in found.blocks for metric in one.metrics)
    scores = frames.scores(records, methods, metrics)
    facts = frames.facts(scores, records, metrics)
    judged = scores[~scores.metric.str.startswith(("world_facts", "regret"))][COLUMNS]
    RESULTS.mkdir(parents=True, exist_ok=True)
    tables = {"regrets": frames.regrets(scores, records, metrics), "scores": judged, "facts": facts}
    for name, table in tables.items():
        table.to_parquet(RESULTS / f"{part}_{name}.parquet", index=False, compression="zstd")
    seen = json.dumps(environment(), indent=1)
    (RESULTS / f"{part}_environment.json").write_text(f"{seen}\n", encoding="utf-8")


def write() -> None:
    """Tables, figures and the page, from the records of all parts that are published."""
    parts = {}
    oracles = None
    for part in PARTS:
        files = [RESULTS / f"{part}_{name}.parquet" for name in ("regrets", "scores", "facts")]
        if not all(file.exists() for file in files):
            continue
        regrets, scores, facts = map(pd.read_parquet, files)
        parts[part] = tables(regrets, scores, facts)
        for what, table in parts[part].items():
            table.to_csv(RESULTS / f"{part}_{what}.csv", index=False, float_format="%.6g")
        judges = parts[part]["validity"]
        save(regret_figure(parts[part]["methods"], f"Regret of methods, {part}"), RESULTS / f"{part}_regret.svg")
        save(validity_figure(judges, f"Metrics against true regret, {part}"), RESULTS / f"{part}_validity.svg")
        if scores.method.str.startswith(page.ORACLES).any():
            oracles = page.places_of_oracles(scores)
            oracles.to_csv(RESULTS / f"{part}_oracles.csv", index=False)
    (RESULTS / "README.md").write_text(about(parts, oracles), encoding="utf-8")


def tables(regrets: Any, scores: Any, facts: Any) -> dict[str, Any]:
    """All tables of one part."""
    truth = regrets[~regrets.control & ~regrets.method.str.startswith(page.ORACLES)]
    judged = scores[~scores.control & ~scores.method.str.startswith(page.ORACLES)]
    taus, orders = validity.per_sample(judged, truth), validity.of_means(judged, truth)
    judges = validity.beyond(taus, page.AREAS)
    judges["tau of means"] = validity.mean_over_truths(orders, taus, page.AREAS).reindex(judges.metric).to_numpy()
    return {
        "worlds": page.worlds(regrets, facts),
        "sizes": page.sizes(regrets),
        "methods": page.by_method(regrets),
        "validity": judges,
        "validity_sizes": validity.beyond(taus, page.SIZES),
        "orders": orders,
    }


if __name__ == "__main__":
    if sys.argv[1:2] != ["page"]:
        collect(*sys.argv[1:])
    write()
