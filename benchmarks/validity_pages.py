"""The pages of results/metric_validity: one table of all metrics, and what is behind every column."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from textwrap import wrap

import pandas as pd
from validity_figures import against_use, dots
from validity_stages import BROOD, DRAWN, DRAWS, JUDGED, REAL, ROUNDS, SEEDS, STRENGTHS, TRIVIAL
from validity_summary import FREE, beyond, noise, seeds, summed, taus
from validity_text import ABOUT, BELOW

from whybench.plots.style import save

ALL = JUDGED + TRIVIAL
FILLED = "misplaced/mean"
"""The error of a map where the mean stands in place of the parts that are left out."""
FOLLOWED = (
    "srg(steps=10)",
    "pixel_flipping",
    "insertion",
    "faithfulness_correlation",
    "ssr",
    "sdr",
    "relevance_mass",
    "roc_auc",
)
"""The metrics whose tau is drawn against the use of the mark."""


def write(folder: Path, tables: Mapping[str, pd.DataFrame]) -> None:
    """All tables, figures and the page, from the records."""
    networks = tables["networks"]
    by_world = {name: taus(tables[name]) for name in ("planted", "shortcut")}
    orders = pd.concat([found.assign(worlds=name) for name, found in by_world.items()], ignore_index=True)
    means = {name: summed(found) for name, found in by_world.items()}
    means["mean"] = summed(by_world["shortcut"], FILLED)
    free, moved = beyond(by_world["shortcut"]), noise(tables["noise"])
    filled = beyond(by_world["shortcut"], FILLED)
    stable, team = seeds(tables["shortcut"], tables["seeds"]), tables["red_team"]
    board = pd.DataFrame([row(name, means, (free, filled), moved, stable, team, exact(folder)) for name in ALL])
    for name, table in {
        "board": board,
        "tau_by_world": orders,
        "beyond_model_free": pd.concat([free.assign(truth="exchanged"), filled.assign(truth="mean")])
        .rename_axis("metric")
        .reset_index(),
        "noise": moved,
        "seeds": stable,
        "red_team": team,
        "networks": networks,
    }.items():
        table.to_csv(folder / f"{name}.csv", index=False, float_format="%.6g")
    facts = findings(means, (free, filled), by_world["shortcut"], networks, team)
    save(
        dots(
            {"shortcut, exchanged": means["shortcut"], "shortcut, mean": means["mean"], "planted": means["planted"]},
            JUDGED,
            (*FREE, "chance"),
            facts["orders"],
        ),
        folder / "orders.svg",
    )
    save(against_use(by_world["shortcut"], networks, FOLLOWED, facts["use"]), folder / "use.svg")
    (folder / "README.md").write_text(wrapped(page(board, tables, facts, by_world, networks, moved)), encoding="utf-8")


def row(
    name: str,
    means: Mapping[str, pd.DataFrame],
    free: tuple[pd.DataFrame, pd.DataFrame],
    moved: pd.DataFrame,
    stable: pd.DataFrame,
    team: pd.DataFrame,
    known: Mapping[str, str],
) -> dict[str, str]:
    """One line of the board."""
    own = moved[moved["metric"] == name]
    minor, major = (own[own["noise"].str.contains(kind)] for kind in ("minor", "disruptive"))
    taus_of_seeds = stable.loc[stable["metric"] == name, "tau"]
    contests = team[team["metric"] == name]
    return {
        "metric": f"{name} *" if name in TRIVIAL else name,
        "exact worlds": known.get(name, "-"),
        "planted": told(means["planted"], name),
        "shortcut, exchanged": told(means["shortcut"], name),
        "beyond model-free": gained(free[0], name),
        "shortcut, mean": told(means["mean"], name),
        "beyond model-free, mean": gained(free[1], name),
        "noise resilience": pair(minor),
        "adversary reactivity": pair(major),
        "seed stability": f"{taus_of_seeds.mean():.2f}" if len(taus_of_seeds) else "-",
        "red team": f"**{contests['won'].sum()}/{len(contests)}**"
        if contests["won"].sum() * 2 >= len(contests) > 0
        else f"{contests['won'].sum()}/{len(contests)}"
        if len(contests)
        else "-",
    }


def gained(table: pd.DataFrame, name: str) -> str:
    """What a metric adds to the best criterion that asks nothing."""
    if name not in table.index:
        return "-"
    gain = table.loc[name]
    return f"{gain['gain']:+.2f} [{gain['low']:+.2f}, {gain['high']:+.2f}]"


def told(table: pd.DataFrame, name: str) -> str:
    """The mean tau, its interval and on how many worlds."""
    if name not in table.index or not table.loc[name, "worlds"]:
        return f"- 0/{int(table.loc[name, 'of'])}" if name in table.index else "-"
    found = table.loc[name]
    where = f"{int(found['worlds'])}/{int(found['of'])}"
    return f"{found['tau']:.2f} [{found['low']:.2f}, {found['high']:.2f}] {where}"


def pair(rows: pd.DataFrame) -> str:
    """Intra- and inter-consistency."""
    return f"{rows['intra'].mean():.2f} / {rows['inter'].mean():.2f}" if len(rows) else "-"


def exact(folder: Path) -> dict[str, str]:
    """What results/exact_worlds says of each metric, where it is there: mean tau with the order by true regret."""
    parts = [pd.read_csv(path) for path in sorted((folder.parent / "exact_worlds").glob("*_orders.csv"))]
    known = [part for part in parts if {"metric", "tau"} <= set(part.columns)]
    if not known:
        return {}
    found = pd.concat(known).groupby("metric")["tau"].agg(["mean", "count"])
    return {str(name): f"{mean:.2f} ({int(count)})" for name, mean, count in found.itertuples()}


def findings(
    means: Mapping[str, pd.DataFrame],
    free: tuple[pd.DataFrame, pd.DataFrame],
    found: pd.DataFrame,
    networks: pd.DataFrame,
    team: pd.DataFrame,
) -> dict[str, str]:
    """What the numbers say, in sentences whose numbers are computed."""
    judged = list(JUDGED)
    ahead = [{name for name in judged if name in table.index and table.loc[name, "low"] > 0} for table in free]
    both = [name for name in judged if name in ahead[0] & ahead[1]]
    chosen = found[(found["distance"] == "misplaced") & (found["pool"] == "methods")].merge(networks, on="world")
    by_use = chosen.assign(tau=chosen["tau"].astype(float)).groupby(["metric", "strength"])["tau"].mean().unstack()
    least, most = min(STRENGTHS), max(STRENGTHS)
    beaten = team.groupby("metric", sort=False)["won"].mean()
    ends = {name: f"{name} {by_use.loc[name, least]:+.2f} to {by_use.loc[name, most]:+.2f}" for name in FOLLOWED}
    best = [str(means[kind].loc[judged, "tau"].astype(float).idxmax()) for kind in ("shortcut", "mean", "planted")]
    return {
        "orders": (
            f"What stands in for a missing part decides which metric is right: {best[0]} orders methods best where "
            f"parts are exchanged, {best[1]} where they are filled with the mean; on planted networks {best[2]}"
        ),
        "use": (
            f"The more a network goes by the mark, the better metrics order methods ({ends['pixel_flipping']}), and "
            f"the worse does localisation against the digit ({ends['relevance_mass']})"
        ),
        "both": listed(both),
        "exchanged": listed([name for name in judged if name in ahead[0] - ahead[1]]),
        "filled": listed([name for name in judged if name in ahead[1] - ahead[0]]),
        "neither": listed([name for name in judged if name not in ahead[0] | ahead[1]]),
        "flagged": listed([str(name) for name in beaten.index if beaten[name] >= 0.5]),
        "free": f"`{free[0]['free'].iloc[0]}`",
        "free_mean": f"`{free[1]['free'].iloc[0]}`",
    }


def listed(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names) or "none"


def page(
    board: pd.DataFrame,
    tables: Mapping[str, pd.DataFrame],
    facts: Mapping[str, str],
    by_world: Mapping[str, pd.DataFrame],
    networks: pd.DataFrame,
    moved: pd.DataFrame,
) -> str:
    use = networks.groupby("strength")[["right", "follows", "effect", "share"]].mean().reset_index()
    other = {
        "misplaced": summed(by_world["shortcut"])["tau"],
        "misordered": summed(by_world["shortcut"], "misordered")["tau"],
        "misplaced, mean": summed(by_world["shortcut"], "misplaced/mean")["tau"],
        "with controls": summed(by_world["shortcut"], pool="methods and controls")["tau"],
        "planted, misordered": summed(by_world["planted"], "misordered")["tau"],
    }
    variants = pd.DataFrame(other).reindex([*JUDGED, *FREE, "chance"]).rename_axis("metric").reset_index()
    return ABOUT.format(
        minutes=f"{tables['cost']['cpu_seconds'].sum() / 60:.0f}",
        board=markdown(board),
        networks=len(networks),
        strengths=len(STRENGTHS),
        seeds=SEEDS,
        methods=len(REAL),
        drawn=DRAWN,
        steps=ROUNDS * BROOD,
        **facts,
    ) + BELOW.format(
        use=markdown(use.round(2)),
        variants=markdown(variants.round(2)),
        noise=markdown(kinds(moved)),
        draws=DRAWS,
        controls=", ".join(
            f"`{name}` {summed(by_world['shortcut']).loc[name, 'tau']:.2f}" for name in (*FREE, "chance")
        ),
    )


def wrapped(text: str) -> str:
    """Lines of prose of at most 120 characters; tables and figures as they are."""
    lines = []
    for line in text.splitlines():
        indent = "  " if line.startswith(("- ", "  ")) else ""
        whole = len(line) <= 120 or line.startswith(("|", "!"))
        held = re.sub(r"`[^`]*`", lambda code: code[0].replace(" ", "\0"), line)
        lines += [line] if whole else wrap(held, 120, subsequent_indent=indent, break_on_hyphens=False)
    return "\n".join(lines).replace("\0", " ") + "\n"


def kinds(moved: pd.DataFrame) -> pd.DataFrame:
    """Intra and inter of each kind of noise, a line a metric."""
    made = []
    for name in ALL:
        rows = moved[moved["metric"] == name]
        if len(rows):
            cells = {kind: pair(part) for kind, part in rows.groupby("noise", sort=False)}
            made.append({"metric": name, **cells})
    return pd.DataFrame(made)


def markdown(table: pd.DataFrame) -> str:
    lines: list[Sequence[str]] = [list(map(str, table.columns)), ["---"] * len(table.columns)]
    lines += [
        ["" if v != v else str(v).replace("|", "\\|") for v in values] for values in table.itertuples(index=False)
    ]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
