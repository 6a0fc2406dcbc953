"""The pages of results/metric_validity: one table of all metrics, and what is behind every column."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd
from validity_figures import against_use, dots
from validity_stages import BROOD, DRAWN, DRAWS, JUDGED, LOCALISATION, REAL, ROUNDS, SEEDS, STRENGTHS, TRIVIAL
from validity_summary import FREE, beyond, noise, seeds, summed, taus
from validity_text import ABOUT, BELOW

from whybench.plots.style import save

ALL = JUDGED + TRIVIAL
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
    free, moved = beyond(by_world["shortcut"]), noise(tables["noise"])
    stable, team = seeds(tables["shortcut"], tables["seeds"]), tables["red_team"]
    board = pd.DataFrame([row(name, means, free, moved, stable, team, exact(folder)) for name in ALL])
    for name, table in {
        "board": board,
        "tau_by_world": orders,
        "beyond_model_free": free.rename_axis("metric").reset_index(),
        "noise": moved,
        "seeds": stable,
        "red_team": team,
        "networks": networks,
    }.items():
        table.to_csv(folder / f"{name}.csv", index=False, float_format="%.6g")
    facts = findings(means, free, by_world["shortcut"], networks, team)
    save(
        dots({"shortcut": means["shortcut"], "planted": means["planted"]}, JUDGED, (*FREE, "chance"), facts["orders"]),
        folder / "orders.svg",
    )
    save(against_use(by_world["shortcut"], networks, FOLLOWED, facts["use"]), folder / "use.svg")
    (folder / "README.md").write_text(page(board, tables, facts, free, by_world, networks, moved), encoding="utf-8")


def row(
    name: str,
    means: Mapping[str, pd.DataFrame],
    free: pd.DataFrame,
    moved: pd.DataFrame,
    stable: pd.DataFrame,
    team: pd.DataFrame,
    known: Mapping[str, str],
) -> dict[str, str]:
    """One line of the board."""
    gain = free.loc[name] if name in free.index else None
    own = moved[moved["metric"] == name]
    minor, major = (own[own["noise"].str.contains(kind)] for kind in ("minor", "disruptive"))
    taus_of_seeds = stable.loc[stable["metric"] == name, "tau"]
    contests = team[team["metric"] == name]
    return {
        "metric": f"{name} *" if name in TRIVIAL else name,
        "exact worlds": known.get(name, "-"),
        "planted": told(means["planted"], name),
        "shortcut": told(means["shortcut"], name),
        "beyond model-free": "-" if gain is None else f"{gain['gain']:+.2f} [{gain['low']:+.2f}, {gain['high']:+.2f}]",
        "noise resilience": pair(minor),
        "adversary reactivity": pair(major),
        "seed stability": f"{taus_of_seeds.mean():.2f}" if len(taus_of_seeds) else "-",
        "red team": f"**{contests['won'].sum()}/{len(contests)}**"
        if contests["won"].sum() * 2 >= len(contests) > 0
        else f"{contests['won'].sum()}/{len(contests)}"
        if len(contests)
        else "-",
    }


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
    """What results/exact_worlds says of each metric, where it is there."""
    path = folder.parent / "exact_worlds" / "metrics.csv"
    if not path.exists():
        return {}
    table = pd.read_csv(path)
    return {str(r["metric"]): f"{r['tau']:.2f}" for _, r in table.iterrows()} if "tau" in table else {}


def findings(
    means: Mapping[str, pd.DataFrame],
    free: pd.DataFrame,
    found: pd.DataFrame,
    networks: pd.DataFrame,
    team: pd.DataFrame,
) -> dict[str, str]:
    """What the numbers say, in sentences whose numbers are computed."""
    judged = [name for name in JUDGED if name in free.index]
    ahead = [name for name in judged if free.loc[name, "low"] > 0]
    best = str(means["shortcut"].loc[list(JUDGED), "tau"].astype(float).idxmax())
    chosen = found[(found["distance"] == "misplaced") & (found["pool"] == "methods")].merge(networks, on="world")
    by_use = chosen.assign(tau=chosen["tau"].astype(float)).groupby(["metric", "strength"])["tau"].mean().unstack()
    least, most = min(STRENGTHS), max(STRENGTHS)
    inside = [name for name in LOCALISATION if name in by_use.index]
    beaten = team.groupby("metric", sort=False)["won"].mean()
    flagged = [name for name in beaten.index if beaten[name] >= 0.5]
    return {
        "orders": (
            f"{best} orders methods best on networks with a shortcut (tau {means['shortcut'].loc[best, 'tau']:.2f}); "
            f"{len(ahead)} of {len(judged)} metrics do better than the best criterion that asks the model nothing"
        ),
        "use": (
            f"Localisation against the digit turns over where networks go by the mark: {inside[0]} from tau "
            f"{by_use.loc[inside[0], least]:+.2f} at strength {least:g} to {by_use.loc[inside[0], most]:+.2f} at "
            f"{most:g}; pixel_flipping {by_use.loc['pixel_flipping', least]:+.2f} to "
            f"{by_use.loc['pixel_flipping', most]:+.2f}"
        ),
        "ahead": ", ".join(f"`{name}`" for name in ahead) or "none",
        "not_ahead": ", ".join(f"`{name}`" for name in judged if name not in ahead) or "none",
        "flagged": ", ".join(f"`{name}`" for name in flagged) or "none",
        "free": f"`{free['free'].iloc[0]}`",
    }


def page(
    board: pd.DataFrame,
    tables: Mapping[str, pd.DataFrame],
    facts: Mapping[str, str],
    free: pd.DataFrame,
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
    lines += [["" if v != v else str(v) for v in values] for values in table.itertuples(index=False)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
