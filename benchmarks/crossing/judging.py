"""One pair on one method's maps: the scores of both sides, what they cost, and how far they are apart."""

import time
from dataclasses import dataclass
from typing import Any

import torch
from crossing.pairs import Pair
from crossing.worlds import unshared
from torch import Tensor

from whybench.errors import Unsupported
from whybench.meter import Meter
from whybench.protocols import Case, Metric
from whybench.suite import metric

LARGEST = 10
"""One more than the pixels of a planted glyph."""


@dataclass(frozen=True)
class Side:
    """What one library said: values (n,) with NaN where there is none, and why; passes a sample and CPU seconds."""

    values: Tensor
    undefined: dict[int, str]
    details: dict[str, Tensor]
    reason: str
    forward: float
    backward: float
    seconds: float


def side(judge: Metric[Any], case: Case[Any]) -> Side:
    """One metric's answer, counted at the model's boundary; a refusal is an answer without values."""
    meter, n = Meter(), len(case)
    with meter.watching(case.model.module):
        start = time.process_time()
        try:
            found = judge.score(unshared(case))
            values, undefined, details, reason = found.values, dict(found.undefined), dict(found.details), ""
        except Unsupported as error:
            values, details, reason = torch.full((n,), torch.nan, dtype=torch.float64), {}, str(error)
            undefined = dict.fromkeys(range(n), reason)
        seconds = time.process_time() - start
    return Side(values, undefined, details, reason, meter.forward / n, meter.backward / n, seconds)


@dataclass(frozen=True)
class Match:
    """Both sides of a pair for one method; compared: (n,) bool, which samples both sides have a comparable value of."""

    pair: Pair
    method: str
    ids: tuple[str, ...]
    ours: Side
    theirs: Side
    compared: Tensor

    @property
    def values(self) -> Tensor:
        """Our number that is compared."""
        return self.ours.details[self.pair.detail] if self.pair.detail else self.ours.values

    @property
    def apart(self) -> float:
        """The largest difference over the compared samples, relative for scores above 1; NaN where there are none."""
        distance = ((self.values - self.theirs.values).abs() / self.values.abs().clamp(min=1))[self.compared]
        return float(distance.max()) if len(distance) else float("nan")


def match(pair: Pair, name: str, case: Case[Any]) -> Match:
    """One pair on one method's maps."""
    ours, theirs = side(metric(pair.ours), case), side(pair.theirs, case)
    found = Match(pair, name, case.ids, ours, theirs, torch.ones(len(case), dtype=torch.bool))
    known = torch.isfinite(found.values) & torch.isfinite(theirs.values)
    return Match(pair, name, case.ids, ours, theirs, known & ~tied(pair, ours, case) if pair.ties else known)


def tied(pair: Pair, ours: Side, case: Case[Any]) -> Tensor:
    """The samples whose map has ties: among regions where the metric counts them, among features elsewhere."""
    if "ties" in ours.details:
        return ours.details["ties"] > 0
    explanation = case.explanation
    maps = case.domain.per_feature(explanation.relevance, explanation.polarity, tuple(case.inputs.shape)).flatten(1)
    looked_at = maps.topk(LARGEST, 1).values if pair.ties == "top" else maps
    return torch.tensor([len(row.unique()) < row.numel() for row in looked_at])
