"""What the model says to inputs of which only some features are kept."""

from typing import Any

import torch
from torch import Tensor

from whybench.domains import Infill
from whybench.protocols import Case


@torch.inference_mode()
def answers(case: Case[Any], infill: Infill, kept: Tensor, sample: Tensor) -> dict[str, Tensor]:
    """The answers to one batch of rows: row r is sample `sample[r]` with the features `kept[r]`.

    kept: (rows, *grid) bool; sample: (rows,) int64. Gives `logit` and, for classifiers, `probability`, `log_odds` and
    `predicted`, each of shape (rows,).
    """
    rows = infill.apply(kept, sample)
    if case.model.channels_last and rows.ndim == 4:
        rows = rows.contiguous(memory_format=torch.channels_last)
    return read(case, case.predict(rows), sample)


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
