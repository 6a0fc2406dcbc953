"""What a run gave: one record an explanation and one a cell, with per-sample scores and costs."""

from dataclasses import dataclass, field
from math import isfinite
from typing import Any, Literal

import numpy as np

from whybench.digests import canonical_json
from whybench.errors import BadScores
from whybench.passes import Passes

PROTOCOL = 2
"""Rises when a score changes for the same parameters; results of different protocols are never on one board."""

Status = Literal["ok", "unsupported", "failed"]
SampleStatus = Literal["ok", "undefined", "censored"]
Array = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True)
class Cost:
    """What something cost: samples through the model forward and backward (exact), seconds and memory (measured).

    A share of a cost may hold fractions of samples.
    """

    forward: float = 0
    backward: float = 0
    wall_seconds: float = 0.0
    cpu_seconds: float = 0.0
    peak_bytes: int | None = None


@dataclass(frozen=True)
class Subject:
    """What an explanation is about and how it was made; with a metric, the address of a cell."""

    kind: str
    suite: str
    dataset: str
    model: str
    method: str
    method_parameters: dict[str, Any] = field(hash=False)
    seed: int = 0
    protocol: int = PROTOCOL


@dataclass(frozen=True)
class ExplanationRecord:
    """One explanation of all samples of a dataset.

    bare_seconds: wall seconds of one bare forward pass of the same batch, the unit of cost ratios; bench: the digest
    of the model and samples, under which the store keeps a few inputs for pictures; preparation: what the method's
    learning cost, once a model, or None where it learns nothing; needed: the passes of the method's definition, or
    None where it does not say; bare_gradient_seconds: as bare_seconds, forward and backward, or None where the model
    gives no gradients; plan: the batch plan, field by field.
    """

    key: str
    subject: Subject
    status: Status
    reason: str
    digest: str | None
    sample_ids: tuple[str, ...]
    cost: Cost
    bare_seconds: float
    control: bool
    bench: str = ""
    preparation: Cost | None = None
    needed: Passes | None = None
    bare_gradient_seconds: float | None = None
    plan: dict[str, Any] | None = field(default=None, hash=False)


@dataclass(frozen=True)
class SampleScore:
    """One sample's score: a finite number, or None where and only where status is `undefined`; BadScores otherwise."""

    sample_id: str
    score: float | None
    status: SampleStatus = "ok"
    reason: str = ""
    correct: bool | None = None
    details: dict[str, float] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        if (self.score is None) != (self.status == "undefined"):
            raise BadScores(f"sample {self.sample_id!r}: score {self.score} with status {self.status!r}")
        if self.score is not None and not isfinite(self.score):
            raise BadScores(f"sample {self.sample_id!r}: score {self.score}; undefined samples have the score None")


@dataclass(frozen=True, eq=False)
class CurveArrays:
    """The curve behind each sample's score: x and y of shape (samples, points)."""

    x: Array
    y: Array
    x_name: str
    y_name: str


@dataclass(frozen=True)
class Record:
    """One cell: a method judged by a metric on the samples of one dataset through one model.

    own: what the metric itself cost; shared: its share of artifacts that other metrics read too (their cost divided
    by the number of cells that read them); needed: the passes that this one cell needs by the metric's definition, as
    if nothing were shared, or None where it does not say; headline: the metric that its family's table is sorted by.
    """

    key: str
    subject: Subject
    metric: str
    metric_parameters: dict[str, Any] = field(hash=False)
    family: str
    higher_is_better: bool
    trivial: bool
    control: bool
    leak: bool
    status: Status
    reason: str
    samples: tuple[SampleScore, ...]
    own: Cost = Cost()
    shared: Cost = Cost()
    needed: Passes | None = None
    headline: bool = False
    curves: CurveArrays | None = field(default=None, compare=False)

    @property
    def parameters(self) -> str:
        """The method's and the metric's parameters as one JSON string."""
        return canonical_json({"method": self.subject.method_parameters, "metric": self.metric_parameters})
