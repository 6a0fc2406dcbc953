"""What a cell needs by definition, gathered while its metric reads artifacts."""

from dataclasses import replace
from typing import Any

from torch import Tensor

from whybench.passes import Passes
from whybench.protocols import Artifact, Case
from whybench.records import Cost


def noting(case: Case[Any], read: dict[Artifact, Passes | None]) -> Case[Any]:
    """The same case, which notes in `read` what the artifacts that a metric asks for need."""

    def fetch(request: Artifact) -> dict[str, Tensor]:
        tensors = case.fetch(request)
        read[request] = request.passes(case, tensors)
        return tensors

    return replace(case, fetch=fetch)


def unless_nothing(said: Passes | None, done: Cost) -> Passes | None:
    """What a definition says that it needs; nothing where it does not say and sent nothing through the model.

    >>> unless_nothing(None, Cost()), unless_nothing(None, Cost(forward=2))
    (Passes(forward=0, backward=0), None)
    """
    return Passes() if said is None and not done.forward else said
