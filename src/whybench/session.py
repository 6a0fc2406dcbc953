"""One bench being worked on: artifacts and cells are made here, metered, isolated and stored."""

from dataclasses import replace
from functools import cached_property
from typing import Any

from torch import Tensor

from whybench import keys
from whybench.batch_plan import BatchPlan
from whybench.errors import BadScores, StoreError, Unsupported
from whybench.explaining import Explainer
from whybench.explanations import Explanation
from whybench.isolation import isolated
from whybench.loading import Bench
from whybench.meter import Meter
from whybench.needed import noting, unless_nothing
from whybench.outcomes import curve_arrays, leaks, outcome, sample_scores
from whybench.parameters import parameters
from whybench.passes import Passes, total
from whybench.progress import Listener
from whybench.protocols import Artifact, Case, Method, Metric, Scores
from whybench.protocols.method import require
from whybench.protocols.model import steady
from whybench.records import Cost, Record, Status, Subject
from whybench.store import Store


class Session:
    """Everything that is known and shared while the cells of one bench are computed."""

    def __init__(
        self, bench: Bench, plan: BatchPlan, store: Store, meter: Meter, listener: Listener, seed: int
    ) -> None:
        self.bench, self.plan, self.store, self.meter, self.listener = bench, plan, store, meter, listener
        self.explainer = Explainer(bench, plan, store, meter, listener, seed)

    def cell(
        self, key: str, explained: str, subject: Subject, method: Method[Any], metric: Metric[Any], fresh: bool
    ) -> Record:
        """Score one method by one metric, store the record and return it, without its part in what cells share."""
        made, explanation = self.explainer.explanation(explained, subject, method, fresh)
        status, reason, scores, cost, needed = made.status, made.reason, None, Cost(), None
        used: list[str] = []
        if explanation is not None:
            case = replace(self._case(explained, method, explanation, used, fresh), explaining=made.needed)
            status, reason, scores, cost, needed = self._score(metric, case)
        record = Record(
            key=key,
            subject=subject,
            metric=metric.name,
            metric_parameters=parameters(metric),
            family=metric.family,
            higher_is_better=metric.higher_is_better,
            trivial=metric.trivial,
            control=method.control,
            leak=leaks(method, metric),
            headline=metric.headline,
            status=status,
            reason=reason,
            samples=() if scores is None else sample_scores(scores, self.bench.ids, self._correct()),
            own=cost,
            needed=needed,
            curves=None if scores is None else curve_arrays(scores),
        )
        self.store.save_cell(record, explained, used)
        return record

    def _case(
        self, explained: str, method: Method[Any], explanation: Explanation, used: list[str], fresh: bool
    ) -> Case[Any]:
        def fetch(request: Artifact) -> dict[str, Tensor]:
            if request.shared:
                key = keys.shared_key(self.bench, self.plan, request, self.explainer.streams.seed)
            else:
                key = keys.artifact_key(self.bench, explained, request)
            tensors = None if fresh and key not in self._made else self.store.artifact(key)
            if tensors is None:
                with self.meter.section() as section:
                    tensors = request.compute(case.without_explanation() if request.shared else case)
                self.store.save_artifact(key, key if request.shared else explained, request.name, tensors, section.cost)
                self._made.add(key)
            used.append(key)
            return tensors

        case = Case(
            model=self.bench.model,
            inputs=self.bench.inputs,
            targets=self.explainer.targets,
            labels=self.bench.labels,
            ids=self.bench.ids,
            explanation=explanation,
            streams=self.explainer.streams,
            rows=self.plan.rows,
            ask=lambda model, inputs, targets, ids: self.explainer.ask(method, model, inputs, targets, ids),
            fetch=fetch,
            method=method,
            truth=self.bench.truth,
        )
        return case

    @cached_property
    def _made(self) -> set[str]:
        """Artifacts computed since the bench was opened; `fresh` trusts no others."""
        return set()

    def _score(self, metric: Metric[Any], case: Case[Any]) -> tuple[Status, str, Scores | None, Cost, Passes | None]:
        scores: Scores | None = None
        needed: Passes | None = None
        status: Status = "ok"
        reason = ""
        read: dict[Artifact, Passes | None] = {}
        module = self.bench.model.module
        section = self.meter.section()
        try:
            with isolated(metric.name, module, self.listener.note), steady(module), section:
                scores = self._checked(metric, noting(case, read))
            needed = total([*read.values(), unless_nothing(metric.passes(case), section.cost)])
        except StoreError:
            raise
        except Exception as error:  # whatever a metric raises costs its own cell only
            status, reason = outcome(error)
            scores = None
        return status, reason, scores, section.cost, needed

    def _checked(self, metric: Metric[Any], case: Case[Any]) -> Scores:
        if metric.kind is not type(case.explanation):
            raise Unsupported(f"{metric.name} judges {metric.kind.kind}s, not {case.explanation.kind}s")
        require(metric, self.bench.model, self.bench.truth)
        scores = metric.score(case)
        if not isinstance(scores, Scores):
            raise BadScores(f"{metric.name} returned {type(scores).__name__}; expected Scores")
        if len(scores.values) != len(self.bench.ids):
            raise BadScores(f"{metric.name} returned {len(scores.values)} scores for {len(self.bench.ids)} samples")
        return scores

    def _correct(self) -> Tensor | None:
        """Whether the model's clean prediction is the label, where there is such a thing."""
        if self.bench.model.output != "classes" or self.bench.labels.is_floating_point():
            return None
        return self.explainer.clean[0].argmax(1) == self.bench.labels
