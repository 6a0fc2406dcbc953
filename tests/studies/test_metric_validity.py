"""Records of the validity study become the numbers of its board, by hand."""

import numpy as np
import pandas as pd
import pytest
from validity_stages import FEW, REAL, Task, tasks
from validity_summary import beyond, noise, seeds, summed, taus, worlds

IDS = [f"s{k}" for k in range(6)]


def record(scores: dict[str, np.ndarray], methods: tuple[str, ...], world: str = "w", **facts: object) -> pd.DataFrame:
    """Tables (methods, samples) by metric, in the layout of the study."""
    parts = [
        pd.DataFrame(
            {
                "world": world,
                "method": np.repeat(methods, len(IDS)),
                "metric": name,
                "sample_id": np.tile(IDS, len(methods)),
                "score": values.flatten(),
            }
        )
        for name, values in scores.items()
    ]
    return pd.concat(parts, ignore_index=True).assign(**facts)


def levels(*values: float) -> np.ndarray:
    return np.repeat(np.array(values, dtype=float)[:, None], len(IDS), 1)


def board(world: str, turned: bool = False) -> pd.DataFrame:
    """Six methods: srg right (higher is better), infidelity right (lower), gini wrong, chance in between."""
    up = levels(1, 2, 3, 4, 5, 6)
    return record(
        {
            "srg(steps=10)": -up if turned else up,
            "infidelity": -up,
            "gini": -up,
            "complexity": up,
            "like |x - mean|": levels(2, 1, 4, 3, 6, 5),
            "like sobel_edges": -up,
            "like centre": -up,
            "error/misplaced": -up,
        },
        REAL[:6],
        world,
    )


def test_taus_of_the_board() -> None:
    table = pd.concat([board("a"), board("b", turned=True)])
    assert [judged.world for judged in worlds(table)] == ["a", "b"]
    means = summed(taus(table))
    assert means.loc["srg(steps=10)", "tau"] == 0.0
    assert means.loc["infidelity", ["tau", "worlds", "of"]].tolist() == [1.0, 2, 2]
    assert means.loc["gini", "tau"] == -1.0
    assert means.loc["like |x - mean|", "tau"] == pytest.approx(9 / 15)


def test_what_is_better_than_asking_nothing() -> None:
    found = beyond(taus(pd.concat([board("a"), board("b")])))
    assert set(found["free"]) == {"like |x - mean|"}
    assert found.loc["infidelity", "gain"] == pytest.approx(6 / 15)
    assert "gini" not in found.index


def test_noise_is_paired_by_sample_and_method() -> None:
    up = levels(*range(8)) + np.arange(6)
    clean = record({"srg(steps=10)": up}, FEW, noise="none", drawn=0)
    worse = record({"srg(steps=10)": up - 1}, FEW, noise="inputs, disruptive", drawn=0)
    same = record({"srg(steps=10)": up}, FEW, noise="weights, minor", drawn=1)
    found = noise(pd.concat([clean, worse[worse["sample_id"] != "s0"], same])).set_index("noise")
    assert found.loc["weights, minor", ["intra", "inter", "samples"]].tolist() == [1.0, 1.0, 6]
    assert found.loc["inputs, disruptive", "intra"] == pytest.approx(1 - 2 / 32)
    assert found.loc["inputs, disruptive", ["inter", "samples"]].tolist() == [1.0, 5]


def test_orders_under_other_seeds() -> None:
    up = levels(*range(len(REAL)))
    first = record({"gini": up, "error/misplaced": up}, REAL)
    others = pd.concat([record({"gini": sign * up}, REAL, drawn=seed) for seed, sign in ((1, 1), (2, -1))])
    assert seeds(first, others).set_index("seeds")["tau"].to_dict() == {"0, 1": 1.0, "0, 2": -1.0, "1, 2": -1.0}


def test_every_task_has_a_name_of_its_own() -> None:
    names = [task.name for task in tasks()]
    assert len(set(names)) == len(names)
    assert Task("shortcut", (0.99, 3)).name == "shortcut-0_99-3"
    assert sum(name.startswith("shortcut-") for name in names) >= 50
