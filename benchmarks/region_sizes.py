"""Is FIDO's region the smallest? python benchmarks/region_sizes.py compares the regions of results/attribution_full.

Writes region_sizes.md there: `ssr` on digits of every method that goes back through the network, beside `fido_ssr`.
"""

import json
import sys
from pathlib import Path

import pandas as pd
from publish import cover

from whybench.digests import canonical_json
from whybench.leaderboard.variants import Variant, labels
from whybench.statistics.intervals import Estimate, estimate
from whybench.statistics.pairs import compare, holm
from whybench.suites.attribution_full import GRADIENTS, IMAGE_PROPAGATION, PROPAGATION

FOLDER = Path(__file__).resolve().parent.parent / "results" / "attribution_full"
OURS = "fido_ssr"
BACKWARDS = {spec.partition("(")[0] for spec in (*GRADIENTS, *PROPAGATION, *IMAGE_PROPAGATION)}

ABOUT = f"""# The smallest sufficient region on digits

Made by `python benchmarks/region_sizes.py` from [scores.parquet](scores.parquet).

`{OURS}` searches for the region that `ssr` measures. Is its region smaller than those of the methods that go back
through the network once or a few times, at the same kept class? `ssr` with the infill that both use by default, the
mean: the share of the image that has to be kept, smaller is better. Mean and 95 % interval; the paired difference to
`{OURS}` on the same digits with its interval, and Wilcoxon's signed-rank p after Holm's correction over the table.

| method | ssr | larger than that of `{OURS}` by | p |
| --- | --- | --- | --- |
"""


def page() -> str:
    """The page's text."""
    sizes = _sizes()
    fido = next(values for variant, values in sizes.items() if variant.name == OURS and '"mean"' in variant.parameters)
    rivals = {variant: values for variant, values in sizes.items() if variant.name in BACKWARDS}
    pairs = {variant: compare(values.loc[fido.index].to_numpy(), fido.to_numpy()) for variant, values in rivals.items()}
    p_values = dict(zip(pairs, holm([pair.p for pair in pairs.values()]), strict=True))
    names = labels(rivals)
    rows = [f"| `{OURS}` | {_shown(estimate(fido.to_numpy()))} | | |"]
    for variant, pair in sorted(pairs.items(), key=lambda item: item[1].difference.mean):
        size = _shown(estimate(rivals[variant].to_numpy()))
        rows.append(f"| `{names[variant]}` | {size} | {_shown(pair.difference)} | {p_values[variant]:.2g} |")
    below = [names[v] for v, pair in pairs.items() if pair.difference.low is None or pair.difference.low <= 0]
    said = "smaller than that of each of them, every interval of a difference being above 0"
    if below:
        said = f"not shown to be smaller than that of {', '.join(f'`{name}`' for name in below)}"
    return f"{ABOUT}{chr(10).join(rows)}\n\nOver {len(fido)} digits the region of `{OURS}` is {said}.\n"


def _sizes() -> dict[Variant, "pd.Series[float]"]:
    """`ssr` of each digit, by method."""
    scores = pd.read_parquet(FOLDER / "scores.parquet")
    chosen = scores[(scores["model"] == "digits_cnn") & (scores["metric"] == "ssr") & scores["score"].notna()]
    return {
        Variant(method, canonical_json(json.loads(text)["method"])): rows.set_index("sample_id")["score"]
        for (method, text), rows in chosen.groupby(["method", "parameters"], sort=False)
    }


def _shown(found: Estimate) -> str:
    return f"{found.mean:.3f} ± {found.half_width or 0:.3f}"


if __name__ == "__main__":
    (FOLDER / "region_sizes.md").write_text(page(), encoding="utf-8")
    cover(FOLDER)
    sys.stdout.write(f"{FOLDER / 'region_sizes.md'}\n")
