"""One bench being worked on: explanations, artifacts and cells are made here, metered, isolated and stored."""

from dataclasses import asdict, replace
from functools import cached_property, partial
from typing import Any

import torch
from torch import Tensor

from whybench import bare, keys
from whybench.batch_plan import BatchPlan
from whybench.cases import ask, prepare, queries
from whybench.errors import BadScores, StoreError, Unsupported
from whybench.explanations import Explanation
from whybench.foreign import foreign
from whybench.isolation import isolated
from whybench.loading import Bench
from whybench.meter import Meter
from whybench.needed import noting, unless_nothing
from whybench.outcomes import curve_arrays, leaks, outcome, sample_scores
from whybench.parameters import parameters
from whybench.passes import Passes, total
from whybench.pictures import keep_pictures
from whybench.progress import Listener
from whybench.protocols import Artifact, Case, Method, Metric, Model, Scores
from whybench.protocols.asking import predict
from whybench.protocols.method import require
from whybench.protocols.model import steady
from whybench.records import Cost, ExplanationRecord, Record, Status, Subject
from whybench.store import Store
from whybench.streams import Streams


class Session:
    """Everything that is known and shared while the cells of one bench are computed."""

    def __init__(
        self, bench: Bench, plan: BatchPlan, store: Store, meter: Meter, listener: Listener, seed: int
    ) -> None:
        self.bench, self.plan, self.store, self.meter, self.listener = bench, plan, store, meter, listener
        self.streams = Streams(seed)
        self._explained: dict[str, tuple[ExplanationRecord, Explanation | None]] = {}
        self._learned: dict[str, tuple[dict[str, Tensor], Cost | None]] = {}

    def cell(
        self, key: str, explained: str, subject: Subject, method: Method[Any], metric: Metric[Any], fresh: bool
    ) -> Record:
        """Score one method by one metric, store the record and return it, without its part in what cells share."""
        made, explanation = self._explanation(explained, subject, method, fresh)
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

    @cached_property
    def clean(self) -> tuple[Tensor, float]:
        """The model's outputs for the clean inputs, and the wall seconds of that bare forward pass."""
        model = self.bench.model
        with foreign(f"model {model.name!r} cannot answer the clean inputs"), steady(model.module):
            predict(self.bench.model, self.bench.inputs[: self.plan.rows], self.plan.rows)
            with self.meter.section() as section:
                outputs = predict(self.bench.model, self.bench.inputs, self.plan.rows)
        return outputs, section.cost.wall_seconds

    @cached_property
    def bare_gradient_seconds(self) -> float | None:
        """The wall seconds of one bare forward and backward pass of all samples; None where there is no gradient."""
        model, inputs, rows = self.bench.model, self.bench.inputs, self.plan.rows
        if "gradients" not in model.capabilities:
            return None
        try:
            with isolated("the bare gradient", model.module, self.listener.note), steady(model.module):
                bare.gradient(model, inputs[:rows], self.targets[:rows], self.plan)
                with self.meter.section() as section:
                    bare.gradient(model, inputs, self.targets, self.plan)
        except Exception:  # whatever keeps a model from it, the methods that need gradients will say
            return None
        return section.cost.wall_seconds

    @cached_property
    def targets(self) -> Tensor:
        """The explained output of each sample."""
        if self.bench.given_targets is not None:
            return self.bench.given_targets
        if self.bench.model.output == "scalar":
            return torch.zeros(len(self.bench.ids), dtype=torch.int64, device=self.bench.inputs.device)
        return self.bench.labels if self.bench.policy == "label" else self.clean[0].argmax(1)

    def _explanation(
        self, key: str, subject: Subject, method: Method[Any], fresh: bool
    ) -> tuple[ExplanationRecord, Explanation | None]:
        if key not in self._explained:
            known = None if fresh else self.store.explanation(key)
            if known is None or known[0].status == "failed":
                known = self._explain(key, subject, method, fresh)
            self._explained = {key: known}
        return self._explained[key]

    def _explain(
        self, key: str, subject: Subject, method: Method[Any], fresh: bool
    ) -> tuple[ExplanationRecord, Explanation | None]:
        status: Status = "ok"
        reason, digest, explanation, learning, needed = "", None, None, None, None
        targets, (_, bare_seconds) = self.targets, self.clean
        section = self.meter.section()
        try:
            with isolated(method.name, self.bench.model.module, self.listener.note), section:
                learning = self.prepared(method, fresh)[1]
                explanation = self._ask(method, self.bench.model, self.bench.inputs, targets, self.bench.ids)
            needed = unless_nothing(self._passes(method), section.cost)
        except StoreError:
            raise
        except Exception as error:  # whatever a method raises costs its own cells only
            explanation, (status, reason) = None, outcome(error)
        if explanation is not None:
            digest = self.store.put_payload(explanation)
        record = ExplanationRecord(
            key=key,
            subject=subject,
            status=status,
            reason=reason,
            digest=digest,
            sample_ids=self.bench.ids,
            cost=section.cost,
            bare_seconds=bare_seconds,
            control=method.control,
            bench=self.bench.digest,
            preparation=learning,
            needed=needed,
            bare_gradient_seconds=self.bare_gradient_seconds,
            plan=asdict(self.plan),
        )
        keep_pictures(self.store, self.bench, self.targets)
        self.store.save_explanation(record)
        return record, explanation

    def prepared(self, method: Method[Any], fresh: bool = False) -> tuple[dict[str, Tensor], Cost | None]:
        """What a method learned of the bench's model, and what that cost: read where it is stored, else learned now."""
        if type(method).prepare is Method.prepare:
            return {}, None
        key = keys.preparation_key(self.bench, self.plan, method, self.streams.seed)
        if key not in self._learned:
            known = None if fresh else self.store.preparation(key)
            self._learned[key] = known or self._prepare(key, method)
        return self._learned[key]

    def _prepare(self, key: str, method: Method[Any]) -> tuple[dict[str, Tensor], Cost | None]:
        self.listener.working(f"{self.bench.model.name}: {method.name} learns")
        with self.meter.section() as section:
            tensors = prepare(method, self.bench.model, self.streams, self.plan.rows)
        if not tensors:  # a method about another one that learns nothing
            return {}, None
        self.store.save_artifact(key, key, "preparation", tensors, section.cost)
        return tensors, section.cost

    def _ask(self, method: Method[Any], model: Model, inputs: Tensor, targets: Tensor, ids: tuple[str, ...]) -> Any:
        """The method asked anew; of another model than the bench's it learns anew too."""
        asked = partial(ask, method, model, inputs, targets, ids, self.streams, self.plan.rows)
        return asked(self.prepared(method)[0]) if model is self.bench.model else asked()

    def _passes(self, method: Method[Any]) -> Passes | None:
        """What the method's definition needs for all samples."""
        bench, learned = self.bench, self.prepared(method)[0]
        asked = (bench.model, bench.inputs, self.targets, bench.ids, self.streams, self.plan.rows, learned)
        return total(method.passes(query) for query in queries(method, *asked))

    def _case(
        self, explained: str, method: Method[Any], explanation: Explanation, used: list[str], fresh: bool
    ) -> Case[Any]:
        def fetch(request: Artifact) -> dict[str, Tensor]:
            if request.shared:
                key = keys.shared_key(self.bench, self.plan, request, self.streams.seed)
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
            targets=self.targets,
            labels=self.bench.labels,
            ids=self.bench.ids,
            explanation=explanation,
            streams=self.streams,
            rows=self.plan.rows,
            ask=lambda model, inputs, targets, ids: self._ask(method, model, inputs, targets, ids),
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
        return self.clean[0].argmax(1) == self.bench.labels
