"""What the model says to inputs of which only some features are kept."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from whybench.domains import Infill
from whybench.protocols import Case
from whybench.protocols.model import steady


def asked_once(
    case: Case[Any], infill: Infill, source: Tensor, kept: Callable[[Tensor, Tensor, Tensor], Tensor]
) -> dict[str, Tensor]:
    """The answers at every point of a sweep, (n, 2, points) each; every different input is asked once, in full batches.

    source: (n, 2, points), where each input was seen first (`repeats.first_seen`); kept: the features kept, as
    `answers` takes them, of rows given by their sample, order and point.
    """
    wanted = source == torch.arange(source[0].numel(), device=source.device).view(source.shape[1:])
    parts = []
    with steady(case.model.module):
        for sample, order, point in (rows.unbind(1) for rows in torch.split(wanted.nonzero(), case.rows)):
            parts.append(answers(case, infill, kept(sample, order, point), sample))
    joined = {}
    for name in parts[0]:
        read = torch.cat([part[name] for part in parts])
        full = read.new_zeros(wanted.shape)
        full[wanted] = read
        joined[name] = full.flatten(1).gather(1, source.flatten(1)).view(wanted.shape)
    return joined


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
