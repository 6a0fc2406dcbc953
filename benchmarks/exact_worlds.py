"""Exact worlds: python benchmarks/exact_worlds.py writes results/exact_worlds.

Runs the suite `exact_worlds`, from nothing or, with a store's URL as an argument, going on from what is stored there;
then compares every method with the best order of regions that there is, and every metric with the order of methods by
their true regret. With `page` as the only argument, it makes tables, figures and words again from the published records.
"""

import json
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

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
from whybench.registries import fill
from whybench.runner import Options, run
from whybench.store import Store
from whybench.suite import Block, Suite, block, suite

NAME = "exact_worlds"
RESULTS = Path(__file__).resolve().parent.parent / "results" / NAME
CONTROLS = ("sobel_edges", "centre", "input_difference")
DIGITS = "digits"


def with_readings(found: Suite) -> Suite:
    """The suite with the readings of this study beside its metrics."""
    blocks: list[Block] = []
    for one in found.blocks:
        regrets = [m for m in one.metrics if isinstance(m, Regret)]
        region = regrets[0].region
        likes = tuple(LikeControl(control, region) for control in CONTROLS)
        blocks.append(replace(one, metrics=(*one.metrics, *likes)))
        if any(entry.label == "constant" for entry in one.methods):
            facts = [WorldFacts(infill, region) for infill in dict.fromkeys(m.infill for m in regrets)]
            blocks.append(block(one.model, one.dataset, ("constant",), facts, one.samples, one.target))
    return replace(found, blocks=tuple(blocks))


def collect(url: str | None) -> None:
    """Run what is missing and write the records: `regrets.parquet`, `scores.parquet`, `facts.parquet`."""
    fill()
    found = with_readings(suite(NAME))
    with tempfile.TemporaryDirectory() as folder:
        store = Store.open(url or f"sqlite:///{folder}/store.db")
        with Display(Console()) as display:
            run(found, store, Options(), display)
        records = store.records(NAME)
        store.close()
    methods = frames.called(entry.method for one in found.blocks for entry in one.methods)
    metrics = frames.called(metric for one in found.blocks for metric in one.metrics)
    scores = frames.scores(records, methods, metrics)
    regrets = frames.regrets(scores, records, metrics)
    facts = scores[scores.metric.str.startswith("world_facts")].dropna(axis=1, how="all").copy()
    facts["infill"] = ["zero" if "zero" in metric else "mean" for metric in facts.metric]
    judged = scores[~scores.metric.str.startswith(("world_facts", "regret"))]
    RESULTS.mkdir(parents=True, exist_ok=True)
    regrets.to_parquet(RESULTS / "regrets.parquet", index=False, compression="zstd")
    facts.to_parquet(RESULTS / "facts.parquet", index=False, compression="zstd")
    columns = ["network", "method", "control", "metric", "family", "sample", "score", "status"]
    judged[columns].to_parquet(RESULTS / "scores.parquet", index=False, compression="zstd")
    (RESULTS / "environment.json").write_text(json.dumps(environment(), indent=1) + "\n", encoding="utf-8")


def write() -> None:
    """Tables, figures and the page, from the records."""
    regrets, scores, facts = (pd.read_parquet(RESULTS / f"{n}.parquet") for n in ("regrets", "scores", "facts"))
    parts, words = {}, {}
    for name in ("digits", "photographs"):
        here = regrets.network.str.startswith(DIGITS) == (name == "digits")
        truth = regrets[here]
        if truth.empty:
            continue
        networks = set(truth.network)
        mine = scores[scores.network.isin(networks)]
        oracle = truth.method.str.startswith(page.ORACLES) | truth.control
        real = mine[~mine.control & ~mine.method.str.startswith(page.ORACLES)]
        taus = validity.per_sample(real, truth[~oracle])
        means = validity.of_means(real, truth[~oracle])
        parts[name] = {
            "worlds": page.worlds(truth, facts[facts.network.isin(networks)]),
            "sizes": page.sizes(truth),
            "methods": page.by_method(truth),
            "validity": validity.beyond(taus, page.AREAS),
            "validity_sizes": validity.beyond(taus, page.SIZES),
        }
        parts[name]["validity"]["tau of means"] = _of_means(parts[name]["validity"], means, page.AREAS, taus)
        words[name] = {"networks": len(networks), "samples": truth["sample"].nunique()}
        means.to_csv(RESULTS / f"{name}_orders_of_means.csv", index=False, float_format="%.6g")
        for what, frame in parts[name].items():
            frame.to_csv(RESULTS / f"{name}_{what}.csv", index=False, float_format="%.6g")
        save(regret_figure(parts[name]["methods"], f"Regret of methods, {name}"), RESULTS / f"{name}_regret.svg")
        save(
            validity_figure(parts[name]["validity"], f"Metrics against true regret, {name}"),
            RESULTS / f"{name}_validity.svg",
        )
    oracles = page.places_of_oracles(scores)
    oracles.to_csv(RESULTS / "oracles.csv", index=False)
    (RESULTS / "README.md").write_text(about(parts, oracles, words), encoding="utf-8")


def _of_means(frame: pd.DataFrame, means: pd.DataFrame, criteria: tuple[str, ...], taus: pd.DataFrame) -> list[float]:
    """The mean, over the same truths, of tau between the orders of means."""
    same = validity.identical(taus[taus.of.isin(criteria)])
    kept = means[means.of.isin(criteria)]
    kept = kept[[k not in same for k in zip(kept.infill, kept.of, kept.metric, strict=True)]]
    return kept.groupby("metric").tau.mean().reindex(frame.metric).tolist()


if __name__ == "__main__":
    if sys.argv[1:] != ["page"]:
        collect(*(sys.argv[1:] or [None]))
    write()
