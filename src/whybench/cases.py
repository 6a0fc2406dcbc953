"""Asking a method in fixed batches, and opening the case that a metric sees."""

from collections.abc import Iterator, Mapping
from typing import Any

from torch import Tensor

from whybench.errors import BadExplanation
from whybench.explanations import Explanation
from whybench.passes import total
from whybench.protocols import Artifact, Case, Method, Model, Query, Truth
from whybench.protocols.method import require
from whybench.protocols.model import steady
from whybench.streams import Streams


def ask(
    method: Method[Any],
    model: Model,
    inputs: Tensor,
    targets: Tensor,
    ids: tuple[str, ...],
    streams: Streams,
    rows: int,
    prepared: Mapping[str, Tensor] | None = None,
) -> Any:
    """The explanation of all samples, asked in batches of `rows` and joined; the model is put back as it was.

    prepared: what the method learned of the model before; None lets it learn now.
    """
    require(method, model)
    with steady(model.module):
        if prepared is None:
            prepared = method.prepare(model, streams, rows)
        asked = queries(method, model, inputs, targets, ids, streams, rows, prepared)
        parts = (checked(method, method.explain(query)) for query in asked)
        if not method.kind.per_sample or len(ids) <= rows:
            return next(parts)
        return method.kind.join(parts, len(ids))


def queries(
    method: Method[Any],
    model: Model,
    inputs: Tensor,
    targets: Tensor,
    ids: tuple[str, ...],
    streams: Streams,
    rows: int,
    prepared: Mapping[str, Tensor],
) -> Iterator[Query]:
    """All samples in batches of `rows`, or in a single one where an explanation is of all of them."""
    size = rows if method.kind.per_sample else len(ids)
    for start in range(0, len(ids), size):
        part = slice(start, start + size)
        yield Query(model, model.laid_out(inputs[part]).clone(), targets[part], ids[part], streams, rows, prepared)


def prepare(method: Method[Any], model: Model, streams: Streams, rows: int) -> dict[str, Tensor]:
    """What a method learns of a model before it is asked; raises Unsupported where the model does not suit it."""
    require(method, model)
    with steady(model.module):
        return method.prepare(model, streams, rows)


def checked(method: Method[Any], explanation: object) -> Explanation:
    """`explanation` where it is of the method's kind; raises BadExplanation otherwise."""
    if not isinstance(explanation, method.kind):
        raise BadExplanation(f"{method.name} returned {type(explanation).__name__}; expected {method.kind.__name__}")
    return explanation


class Memory:
    """Artifacts of one case, kept in memory only."""

    def __init__(self) -> None:
        self.case: Case[Any] | None = None
        self.known: dict[Artifact, dict[str, Tensor]] = {}

    def fetch(self, request: Artifact) -> dict[str, Tensor]:
        assert self.case is not None
        if request not in self.known:
            self.known[request] = request.compute(self.case.without_explanation() if request.shared else self.case)
        return self.known[request]


def open_case(
    method: Method[Any],
    model: Model,
    inputs: Tensor,
    targets: Tensor,
    *,
    ids: tuple[str, ...],
    labels: Tensor | None = None,
    seed: int = 0,
    rows: int = 64,
    truth: Truth | None = None,
) -> Case[Any]:
    """Explain a batch and open its case in memory, without any suite or store."""
    streams = Streams(seed)
    memory = Memory()
    learned = prepare(method, model, streams, rows)

    def again(other: Model, other_inputs: Tensor, other_targets: Tensor, other_ids: tuple[str, ...]) -> Explanation:
        known = learned if other is model else None
        explanation: Explanation = ask(method, other, other_inputs, other_targets, other_ids, streams, rows, known)
        return explanation

    asked = queries(method, model, inputs, targets, ids, streams, rows, learned)
    memory.case = Case(
        model=model,
        inputs=inputs,
        targets=targets,
        labels=targets if labels is None else labels,
        ids=ids,
        explanation=again(model, inputs, targets, ids),
        streams=streams,
        rows=rows,
        ask=again,
        fetch=memory.fetch,
        method=method,
        truth=truth,
        explaining=total(method.passes(query) for query in asked),
    )
    return memory.case
