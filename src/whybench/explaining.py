"""What methods say of one bench: made once, metered, isolated and stored, and asked again for metrics."""

from dataclasses import asdict
from functools import cached_property, partial
from typing import Any

import torch
from torch import Tensor

from whybench import bare, keys
from whybench.batch_plan import BatchPlan
from whybench.cases import ask, prepare, queries
from whybench.errors import StoreError
from whybench.explanations import Explanation
from whybench.foreign import foreign
from whybench.isolation import isolated
from whybench.loading import Bench
from whybench.meter import Meter
from whybench.needed import unless_nothing
from whybench.outcomes import outcome
from whybench.passes import Passes, total
from whybench.pictures import keep_pictures
from whybench.progress import Listener
from whybench.protocols import Method, Model
from whybench.protocols.asking import predict
from whybench.protocols.model import steady
from whybench.records import Cost, ExplanationRecord, Status, Subject
from whybench.store import Store
from whybench.streams import Streams


class Explainer:
    """The explanations of one bench, and what methods learn before they are asked."""

    def __init__(
        self, bench: Bench, plan: BatchPlan, store: Store, meter: Meter, listener: Listener, seed: int
    ) -> None:
        self.bench, self.plan, self.store, self.meter, self.listener = bench, plan, store, meter, listener
        self.streams = Streams(seed)
        self._explained: dict[str, tuple[ExplanationRecord, Explanation | None]] = {}
        self._learned: dict[str, tuple[dict[str, Tensor], Cost | None]] = {}

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

    def explanation(
        self, key: str, subject: Subject, method: Method[Any], fresh: bool
    ) -> tuple[ExplanationRecord, Explanation | None]:
        """What became of asking the method about all samples; made now where the store does not hold it."""
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
                explanation = self.ask(method, self.bench.model, self.bench.inputs, targets, self.bench.ids)
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

    def ask(self, method: Method[Any], model: Model, inputs: Tensor, targets: Tensor, ids: tuple[str, ...]) -> Any:
        """The method asked anew; of another model than the bench's it learns anew too."""
        asked = partial(ask, method, model, inputs, targets, ids, self.streams, self.plan.rows)
        return asked(self.prepared(method)[0]) if model is self.bench.model else asked()

    def _passes(self, method: Method[Any]) -> Passes | None:
        """What the method's definition needs for all samples."""
        bench, learned = self.bench, self.prepared(method)[0]
        asked = (bench.model, bench.inputs, self.targets, bench.ids, self.streams, self.plan.rows, learned)
        return total(method.passes(query) for query in queries(method, *asked))
