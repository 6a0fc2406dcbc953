"""Typed rows as a DataFrame."""

from collections.abc import Iterable
from typing import NamedTuple, get_type_hints

import pandas as pd


def frame(rows: Iterable[NamedTuple], of: type[NamedTuple]) -> pd.DataFrame:
    """One column a field of `of`: numbers as float64 (NaN for None), optional integers as Int64, the rest as is."""
    hints = get_type_hints(of)
    made = pd.DataFrame(list(rows), columns=list(hints))
    for column, hint in hints.items():
        if hint in (float, float | None):
            made[column] = made[column].astype("float64")
        elif hint == int | None:
            made[column] = made[column].astype("Int64")
    return made
