"""Maps and scores held to their goldens; a golden changes only where a reason is given."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite, nan
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from whybench.digests import tensors_digest
from whybench.errors import BadInput, shown
from whybench.explanations import Attribution
from whybench.protocols import Scores
from whybench.records import PROTOCOL, Record
from whybench.testing.differences import maps_differ, scores_differ
from whybench.testing.golden import Golden
from whybench.testing.tolerances import Tolerance, tolerance_of

UPDATE = "pytest --whybench-update='why it changed'"


@dataclass
class Regression:
    """The goldens of one test.

    folder, test: where they lie; reason: why goldens may be written now, None where they may not; written: is told
    the files that were.
    """

    folder: Path
    test: str
    reason: str | None
    written: Callable[[Path], None]

    def settle(
        self,
        golden: Golden,
        facts: Mapping[str, Any] | None,
        what: str,
        described: Mapping[str, Any],
        tensors: Mapping[str, Tensor] | None = None,
    ) -> None:
        """Pass, write the golden where there is a reason to, or say what differs and the way out."""
        __tracebackhide__ = True
        if facts is not None and not what:
            return
        if self.reason is not None:
            golden.write(self.reason, described, tensors)
            self.written(golden.facts_file)
        elif facts is None:
            raise AssertionError(f"there is no golden {golden.facts_file}; make it with {UPDATE}")
        else:
            made = facts.get("protocol")
            older = "" if made == PROTOCOL else f" It was made under protocol {made}; this is protocol {PROTOCOL}."
            raise AssertionError(
                f"{what}\ngolden: {golden.facts_file} (last change: {facts['reason']}).{older} "
                f"Where the new value is right: {UPDATE}"
            )


class ExplanationRegression(Regression):
    """The fixture `explanation_regression`."""

    def check(
        self, relevance: Tensor | Attribution, value: str = "relevance", *, tolerance: Tolerance | None = None
    ) -> None:
        """Hold a map to its golden; raises AssertionError with the first sample and place that differ.

        relevance: (n, ...); value: its name, where a test has several; tolerance: instead of that of the type.
        """
        __tracebackhide__ = True
        if isinstance(relevance, Attribution):
            relevance = relevance.relevance
        if not isinstance(relevance, Tensor) or relevance.ndim < 2 or not relevance.numel():
            raise BadInput(f"explanation_regression.check: {shown(relevance)}; a tensor (n, ...) with values is needed")
        if not torch.isfinite(relevance).all():
            raise BadInput(f"explanation_regression.check: {shown(relevance)}; a finite tensor is needed")
        found, allowed = relevance.detach().cpu(), tolerance_of(relevance.dtype, tolerance)
        golden, digest = Golden(self.folder, self.test, value), tensors_digest({"relevance": found})
        facts, what = golden.read(), ""
        if facts is not None and facts.get("digest") != digest:
            what = maps_differ(found, golden.tensors(str(facts.get("digest")))["relevance"], allowed)
        described = {"kind": "explanation", "shape": list(found.shape), "dtype": str(found.dtype), "digest": digest}
        self.settle(golden, facts, what, described, {"relevance": found})


class ScoreRegression(Regression):
    """The fixture `score_regression`."""

    def check(
        self,
        scores: "Record | Scores | Tensor | Sequence[float | None] | Mapping[str, float | None]",
        value: str = "scores",
        *,
        tolerance: Tolerance | None = None,
    ) -> None:
        """Hold scores to their golden, sample by sample; raises AssertionError with all samples that differ.

        scores: by sample, None where undefined; value, tolerance: as for explanations.
        """
        __tracebackhide__ = True
        found, golden = by_sample(scores), Golden(self.folder, self.test, value)
        facts = golden.read()
        allowed = tolerance_of(torch.float64, tolerance)
        what = "" if facts is None else scores_differ(found, golden.scores(facts), allowed)
        self.settle(golden, facts, what, {"kind": "scores", "scores": found})


def by_sample(scores: Any) -> dict[str, float | None]:
    """Scores by sample id, or by position where there is none; raises BadInput for what holds none, or no number."""
    if isinstance(scores, Record):
        return {sample.sample_id: sample.score for sample in scores.samples}
    if isinstance(scores, Mapping):
        return {str(name): _number(name, score) for name, score in scores.items()}
    values = scores.values if isinstance(scores, Scores) else scores
    listed = values.detach().cpu().tolist() if isinstance(values, Tensor) else values
    if not isinstance(listed, Sequence) or isinstance(listed, str) or not listed:
        raise BadInput(f"score_regression.check: {shown(scores)}; one number a sample is needed")
    undefined = scores.undefined if isinstance(scores, Scores) else {}
    return {str(i): None if i in undefined else _number(i, one) for i, one in enumerate(listed)}


def _number(name: object, score: Any) -> float | None:
    """A score, None where it is undefined; raises BadInput for anything but a finite number."""
    if score is None:
        return None
    try:
        number = nan if isinstance(score, str) else float(score)
    except (TypeError, ValueError):
        number = nan
    if not isfinite(number):
        raise BadInput(
            f"score_regression.check: {shown(score)} for sample {shown(name)}; a finite number is needed, or None "
            "where the score is undefined"
        )
    return number
