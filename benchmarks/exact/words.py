"""The words of results/exact_worlds/README.md around its tables."""

from collections.abc import Mapping
from typing import Any

from exact import page

HEAD = """# Exact worlds

Made by {made}; with `page` as its argument the command makes tables, figures and this page again from the published
records. What surprised us is told in [docs/exact_worlds.md](../../docs/exact_worlds.md).

A trained network, a sample, and few enough regions that every set of them can be kept while the others are filled in:
{said}.
All these inputs are shown to the model. So nothing has to be believed of the best order of regions: a dynamic programme
over the table finds it, among all d! of them, and a map's **regret** is the distance of its own order from it, `regret`
in the registry. A map costs no further pass: its curve is read from the table.

- deletion, insertion, srg: areas under the target's probability, one region a step, as `pixel_flipping`, `insertion`
  and `srg` have them; ssr, sdr: the smallest sufficient and the smallest destroying set of regions, by the criteria of
  the metrics of these names. Regret of an area is at least 0 and at most the distance of the worst order; as a share of
  that distance it is comparable between samples.
- What stands here is the summary; every method's maps, curves and scores, sample by sample, are in the sites of
  [digits](site/digits/index.html) and [photographs](site/photographs/index.html), pages to open from disk.
- Samples are the unit of all intervals (95 %); several networks are averaged within a sample first, since they see the
  same ones. These are claims about these networks.
"""

WORLDS = """
## {title}

### The worlds

The deletion area (lower is better) of the best of all orders, of the order of the exact Shapley values, of the method
with the lowest mean, of `input_x_gradient`, of a random map, and of the worst of all orders. Interaction: the sum over
pairs of regions of |Shapley interaction index| over the sum of |Shapley value|; 0 in an additive world.

{worlds}

The smallest regions there are, and what methods find (shares of features; `exact in`: the share of samples on which the
best method has the exact size).

{sizes}

### Methods

Regret as a share of what lies between the best order (0) and the worst (1), mean over networks and samples. Ahead: the
number of columns in which a method's regret is below that of every control, by the intervals of the paired
differences.

{methods}

![Regret of methods]({name}_regret.svg)

### Metrics

Does a metric put methods in the order of their true regret? Kendall's tau-b of the two orders on each sample, over the
methods that are neither controls nor oracles, mean over networks, infills and the three areas; where a metric is itself
the regret, up to numbers that are the same for all maps (tau is 1 on most samples), that truth is left out.

**What controls reach**: an order of methods can be guessed without asking the model, from how alike a map is to a
control (Spearman's correlation over regions with `sobel_edges`, `centre`, `input_difference`) or how complex it is
(`complexity`, `gini`, `effective_complexity`). Of these readings the one with the largest mean |tau| over the same
truths is subtracted, on each sample; the difference, **beyond**, is what a metric says of the truth that the map alone
does not. A metric whose interval of `beyond` is not above 0 is no better judge, here, than one that never looks at the
model. Tau of means: of the order of methods' mean scores with that of their mean regrets, over the same truths.

{validity}

![Metrics against true regret]({name}_validity.svg)

The same with the exact sizes, regret of ssr and sdr, as the truth:

{validity_sizes}
"""

ORACLES = """
## Would a metric know the best order if it saw it?

`best_order` has the best srg of all orders (mean infill), `exact_shapley` the exact Shapley values. The place that each
metric gives them by its mean score, among all methods and controls on `digits_lenet`; 1 is first.

{oracles}
"""

FILES = """
## Files

For each part, `digits` or `photographs`:

- `*_regrets.parquet`: one row a network, infill, criterion, method and sample: regret, the map's own area or size,
  those of the best and the worst order, and the regret as a share of what lies between them
- `*_scores.parquet`: every other score, turned so that more is better; `*_facts.parquet`: interactions, and the areas
  and regrets of the best, worst and Shapley orders
- `*.csv`: the tables above; `*_orders.csv`: tau between orders of means, world by world
- `*_environment.json`: versions and machine
"""

TITLES = {"digits": "Digits", "photographs": "Photographs, EfficientNet-Lite0"}
SETS = {
    "digits": "digits in 16 regions of 2 x 2 pixels, 65,536 inputs each",
    "photographs": "photographs in 12 regions of 56 x 56 pixels, 4,096 inputs each",
}


def about(parts: Mapping[str, Any], oracles: Any) -> str:
    """The whole page; oracles: the table of their places, or None."""
    made = " and ".join(f"`python benchmarks/exact_worlds.py {name}`" for name in parts)
    text = HEAD.format(made=made, said="; ".join(SETS[name] for name in parts))
    for name, found in parts.items():
        methods = page.compact(found["methods"].rename(columns={"mean": "all"}), ["all"])
        text += WORLDS.format(
            title=TITLES[name],
            name=name,
            worlds=page.table(found["worlds"]),
            sizes=page.table(found["sizes"]),
            methods=page.table(methods),
            validity=page.table(_validity(found["validity"])),
            validity_sizes=page.table(_validity(found["validity_sizes"])),
        )
    return text + ("" if oracles is None else ORACLES.format(oracles=page.table(oracles))) + FILES


def _validity(frame: Any) -> Any:
    shown = page.compact(frame, ["tau", "beyond"])
    first = ["metric", "asks the model", "tau", "tau: 95 %", "control tau", "best control", "beyond", "beyond: 95 %"]
    return shown[[*first, *(name for name in ("tau of means", "samples") if name in shown)]]
