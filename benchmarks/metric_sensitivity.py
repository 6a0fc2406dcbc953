"""How much of an order of methods is the choice of a metric's parameters? python benchmarks/metric_sensitivity.py.

Runs the suite `metric_sensitivity`, from nothing or, with a store's URL as an argument, from what is stored there.
Writes results/metric_sensitivity/: README.md, sensitivity.csv, two figures a metric and environment.json.
"""

import json
import sys
import tempfile
from pathlib import Path

from rich.console import Console

from whybench.cli.display import Display
from whybench.environment import environment
from whybench.leaderboard import Leaderboard
from whybench.leaderboard.sensitivity import Curve
from whybench.plots.contested import contested, draw_order, draw_pair, order_found, pair_found, turned
from whybench.plots.style import figure_of, save
from whybench.runner import Options, run
from whybench.store import Store
from whybench.suite import suite

NAME = "metric_sensitivity"
FOLDER = Path(__file__).resolve().parent.parent / "results" / NAME
NEARLY, CHANCE = 0.95, 0.05

ABOUT = """# What the parameters of a metric decide

Made by `python benchmarks/metric_sensitivity.py` ([environment.json](environment.json)): `srg` and pixel flipping under
every combination of infill, region, steps, output and reading of the maps, the same samples in all of them. A
specification is one such combination. Two methods keep their order where the same one has the better mean under all of
them. All pairs, with the interval of each share over resampled samples: [sensitivity.csv](sensitivity.csv).

- always: pairs in which one is ahead under every specification; nearly: under at least 95 % of them
- turned: pairs of which each is ahead under some specification with a 95 % interval of the paired difference that
  leaves out zero; often: each under more than 5 % of them, twice what chance gives where there is no difference. Who
  publishes one specification of the latter can choose the winner

| metric | on | specifications | pairs | always | nearly | turned | often |
| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |
"""


def main(url: str | None = None) -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        store = Store.open(url or f"sqlite:///{Path(folder) / 'store.db'}")
        with Display(Console()) as display:
            run(suite(NAME), store, Options(), display)
        board = Leaderboard(store.records(NAME), store.explanation_records(NAME))
        store.close()
    board.sensitivity().to_csv(FOLDER / "sensitivity.csv", index=False)
    curves = [curve for curve in board.specification_curves if curve.rows]
    lines = [summary(curve) for curve in curves]
    (FOLDER / "README.md").write_text(
        ABOUT + "\n".join(lines) + "\n\n" + "\n".join(map(section, curves)), encoding="utf-8"
    )
    (FOLDER / "environment.json").write_text(json.dumps(environment(), indent=1) + "\n", encoding="utf-8")


def summary(curve: Curve) -> str:
    """One line of the table: how many pairs keep their order."""
    rows = curve.rows
    always = sum(max(row.share_ahead, row.share_behind) == 1 for row in rows)
    nearly = sum(max(row.share_ahead, row.share_behind) >= NEARLY for row in rows)
    place = f"{curve.of.block[2]}, {curve.of.block[1]}"
    numbers = len(curve.of.specifications), len(rows), always, nearly, len(turned(rows)), len(turned(rows, CHANCE))
    return f"| `{curve.of.metric}` | {place} | {' | '.join(map(str, numbers))} |"


def section(curve: Curve) -> str:
    """The figures of one metric on one block, drawn, and what they show."""
    metric, (_, dataset, model) = curve.of.metric, curve.of.block
    pair = contested(curve)
    order, one = (f"{kind}_{model}_{metric}.svg" for kind in ("order", "pair"))
    save(figure_of(draw_order(curve)), FOLDER / order, trim=True)
    save(figure_of(draw_pair(curve, pair)), FOLDER / one, trim=True)
    return (
        f"## {metric} on {model}, {dataset}\n\n"
        "In how many per cent of the specifications the mean of the row's method is better than that of the column's; "
        f"framed: turned.\n\n![{order_found(curve)}]({order})\n\n"
        "The most contested pair under every specification, and the choices that each stands for.\n\n"
        f"![{pair_found(pair)}]({one})\n"
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
