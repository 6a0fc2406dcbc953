"""How Quantus is asked: on copies, from seeded generators, with the method at hand where it explains again."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import fields
from types import ModuleType
from typing import Any, ClassVar

import numpy as np
import torch

from whybench.errors import Unsupported, WhybenchError
from whybench.explanations import Attribution, Explanation
from whybench.foreign import told
from whybench.isolation import generators_from
from whybench.metrics.attribution.quantus_adapters import library
from whybench.metrics.attribution.quantus_adapters.answers import scores_of
from whybench.metrics.attribution.quantus_adapters.explainer import Explainer, arrays, quadrants
from whybench.metrics.attribution.quantus_adapters.facts import Facts
from whybench.protocols import Case, Metric, Scores
from whybench.protocols.model import steady

CALLED = ("softmax",)
"""Parameters that Quantus takes when a metric is called, and not when it is made."""


class QuantusMetric(Metric[Attribution]):
    """A metric of Quantus'; subclasses are made from the table of its facts.

    Quantus gets copies of inputs and targets, and maps of one value a feature, channels joined as the polarity says; as
    the method gives them where they are multiplied by changes of the input, summed, or compared value by value.
    All samples go into one call and one minibatch, since it does not say which samples it asks an explanation of: what
    it makes dependent on the others of a batch depends on all samples. Its draws come from the global generators,
    which are set from the suite's seed and put back: the same for all methods. In float64 it computes in float64.
    """

    kind: ClassVar[type[Explanation]] = Attribution
    reference: ClassVar[str] = "hedstrom2023quantus"
    libraries: ClassVar[tuple[str, ...]] = ("quantus",)
    facts: ClassVar[Facts]

    @property
    def higher_is_better(self) -> bool:
        return self.facts.higher != (getattr(self, "order", "morf") == "lerf")

    def score(self, case: Case[Attribution]) -> Scores:
        if self.facts.refused:
            raise Unsupported(f"{self.name}: {self.facts.refused}")
        quantus = library.quantus_library(self.name)
        given = arrays(case, self.facts.whole) | self.masks(case)
        parts = [slice(i, i + 1) for i in range(len(case))] if self.facts.alone else [slice(None)]
        explainer = Explainer(case, self.facts.whole)
        with steady(case.model.module), surroundings(quantus, case, explainer, self.name):
            try:
                answers = [self._ask(quantus, case, explainer, given, part) for part in parts]
            except (WhybenchError, MemoryError, torch.OutOfMemoryError):
                raise
            except Exception as error:
                if explainer.failure is not None:
                    raise explainer.failure from error
                raise Unsupported(f"{self.name}: Quantus fails: {told(error)}") from error
        return scores_of(answers, len(case), self.name)

    def constructed(self, case: Case[Attribution]) -> dict[str, Any]:
        """The arguments that Quantus' class is made with."""
        named = {f.name: getattr(self, f.name) for f in fields(self) if f.name not in CALLED}  # type: ignore[arg-type]
        if "num_classes" in named and named["num_classes"] is None:
            named["num_classes"] = case.predict(case.inputs[:1]).shape[1]
        return {name: list(value) if isinstance(value, tuple) else value for name, value in named.items()}

    def masks(self, case: Case[Attribution]) -> dict[str, np.ndarray[Any, Any]]:
        """Ground truth as Quantus takes it, where the metric needs it."""
        if "masks" not in self.needs:
            return {}
        assert case.truth is not None
        masks = case.truth.masks.cpu().numpy()
        if self.facts.theirs == "Focus":
            return {"custom_batch": quadrants(masks, self.name)}
        return {"s_batch": masks[:, None] if case.inputs.ndim > masks.ndim else masks}

    def _ask(
        self,
        quantus: ModuleType,
        case: Case[Attribution],
        explainer: Explainer,
        given: Mapping[str, np.ndarray[Any, Any]],
        part: slice,
    ) -> Any:
        metric = getattr(quantus, self.facts.theirs)(
            **self.constructed(case), return_aggregate=False, disable_warnings=True, display_progressbar=False
        )
        return metric(
            model=case.model.module,
            **{name: array[part].copy() for name, array in given.items()},
            explain_func=explainer,
            channel_first=True,
            softmax=getattr(self, "softmax"),  # noqa: B009
            device=str(case.inputs.device),
            batch_size=len(case),
        )


@contextmanager
def surroundings(quantus: ModuleType, case: Case[Attribution], explainer: Explainer, name: str) -> Iterator[None]:
    """What Quantus runs in; nothing of it is left afterwards.

    `quantus.explain`, which Smooth MPRT calls whatever it is given, is the method at hand.
    """
    seed = case.streams.generator(name, "").initial_seed()
    with ExitStack() as stack:
        stack.enter_context(torch.inference_mode(False))
        stack.enter_context(torch.enable_grad())
        stack.enter_context(generators_from(seed))
        stack.enter_context(library.precision(case.inputs.dtype))
        stack.enter_context(library.silent())
        stack.enter_context(library.replaced(quantus, "explain", explainer))
        if not hasattr(np, "trapz"):
            stack.enter_context(library.replaced(quantus.helpers.utils, "calculate_auc", library.area))
        yield
