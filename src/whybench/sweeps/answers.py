"""What the model says to inputs of which only some features are kept."""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any

import torch
from torch import Tensor

from whybench.domains import Infill
from whybench.protocols import Case
from whybench.protocols.model import steady

FILLED = 2**17
"""Values of small inputs that are filled in together, several batches of them: to solve for the missing values of few
takes as long as of many."""
TOGETHER = 16
"""Batches whose outputs are read together: for a small model to read each by itself costs a part of its pass."""


def asked_once(
    case: Case[Any], infill: Infill, source: Tensor, kept: Callable[[Tensor, Tensor, Tensor], Tensor]
) -> dict[str, Tensor]:
    """The answers at every point of a sweep, (n, 2, points) each; every different input is asked once, in full batches.

    source: (n, 2, points), where each input was seen first (`repeats.first_seen`); kept: the features kept, as
    `answers` takes them, of rows given by their sample, order and point.
    """
    together = case.rows * max(1, FILLED // (case.rows * case.inputs[0].numel()))
    wanted = source == torch.arange(source[0].numel(), device=source.device).view(source.shape[1:])

    @torch.inference_mode()
    def filled(sample: Tensor, order: Tensor, point: Tensor) -> Tensor:
        return infill.apply(kept(sample, order, point), sample)

    def said() -> Iterator[tuple[Tensor, Tensor]]:
        for sample, order, point in (rows.unbind(1) for rows in torch.split(wanted.nonzero(), together)):
            yield case.predict(filled(sample, order, point), disposable=True), sample

    with steady(case.model.module):
        found = read_all(case, said())
    asked = wanted.flatten().cumsum(0).sub_(1).view(len(source), -1)  # how many were asked before each
    position = asked.gather(1, source.flatten(1)).view(source.shape)
    return {name: values[position] for name, values in found.items()}


def read_all(case: Case[Any], said: Iterable[tuple[Tensor, Tensor]]) -> dict[str, Tensor]:
    """The answers in batches of model outputs, given with the sample of each row: as `read`, of all batches."""
    batches, parts = iter(said), []
    while group := list(islice(batches, TOGETHER)):
        parts.append(read(case, torch.cat([outputs for outputs, _ in group]), torch.cat([of for _, of in group])))
    return {name: torch.cat([part[name] for part in parts]) for name in parts[0]}


@torch.inference_mode()
def answers(case: Case[Any], infill: Infill, kept: Tensor, sample: Tensor) -> dict[str, Tensor]:
    """The answers to one batch of rows: row r is sample `sample[r]` with the features `kept[r]`.

    kept: (rows, *grid) bool; sample: (rows,) int64. Gives `logit` and, for classifiers, `probability`, `log_odds` and
    `predicted`, each of shape (rows,).
    """
    rows = infill.apply(kept, sample)
    return read(case, case.predict(rows, disposable=True), sample)


def read(case: Case[Any], outputs: Tensor, sample: Tensor) -> dict[str, Tensor]:
    """The answers in one batch of model outputs, one a row."""
    targets = case.targets[sample]
    logit = case.model.explained(outputs, targets).double()
    if case.model.output == "scalar":
        return {"logit": logit}
    others = outputs.double().scatter(1, targets.unsqueeze(1), -torch.inf).logsumexp(1)
    probability = outputs.double().softmax(1).gather(1, targets.unsqueeze(1)).squeeze(1)
    return {
        "logit": logit,
        "probability": probability,
        "log_odds": logit - others,
        "predicted": outputs.argmax(1),
    }
