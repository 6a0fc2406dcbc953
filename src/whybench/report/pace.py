"""How long one explanation takes: measured in a timing run where there was one, else as the run noted it."""

from dataclasses import dataclass

import pandas as pd

from whybench.digests import canonical_json
from whybench.leaderboard.variants import Variant
from whybench.leaderboard.view import View


@dataclass(frozen=True)
class Pace:
    """Wall seconds a sample of each method of one block, and how they were found."""

    seconds: dict[Variant, float]
    how: str


def pace(view: View, profile: pd.DataFrame) -> Pace:
    """The medians of a timing run that timed every ranked method of the block, else the run's own seconds.

    profile: `timing_profile` of the suite. The two are never mixed in one figure.
    """
    noted = _here(view.board.timing, view)
    noted = noted[noted["metric"] == ""]
    wanted = {e.method for e in view.lead.pool} if view.lead else set()
    timed = _here(profile[profile["what"] == "method"], view).dropna(subset="wall_seconds")
    by_text = {(v.name, canonical_json({"method": v.values()})): v for v in view.method_names}
    for _, machine in timed.groupby("machine", sort=True):
        texts = zip(machine["method"], machine["parameters"], machine["wall_seconds"], strict=True)
        measured = {by_text[name, text]: float(s) for name, text, s in texts if (name, text) in by_text}
        if wanted <= measured.keys():
            return Pace(measured, f"median of {int(machine['rounds'].max())} interleaved rounds")
    seconds = {
        Variant(name, text): float(s)
        for name, text, s in zip(noted["method"], noted["method_parameters"], noted["wall_seconds"], strict=True)
    }
    return Pace(seconds, "indicative, from the one run; whybench run --timing measures it")


def _here(frame: pd.DataFrame, view: View) -> pd.DataFrame:
    place = zip(frame["kind"], frame["dataset"], frame["model"], strict=True)
    return frame.loc[[where == tuple(view.block) for where in place]]
