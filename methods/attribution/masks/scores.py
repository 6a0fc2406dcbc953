"""What the model says to masked inputs, with a graph back to the mask."""

from typing import Literal

import torch
from torch import Tensor

from whybench.errors import Unsupported
from whybench.layout import laid_out
from whybench.protocols import Query

Score = Literal["log_odds", "log_probability", "probability", "logit"]


def scores(query: Query, rows: Tensor, sample: Tensor, score: Score) -> Tensor:
    """The score of the target in each row, (rows,).

    rows: model inputs; sample: whose target each row has. Of the target's logit l_c and the others l_j,
        log_odds = l_c - log sum_{j != c} exp(l_j) = log p - log(1 - p),
        log_probability = log p, probability = p = softmax(l)_c, logit = l_c;
    of a scalar model its output, whichever was asked for.

    Raises Unsupported where the output has no gradient with respect to the rows.
    """
    model, targets = query.model, query.targets[sample]
    outputs: Tensor = model.module(laid_out(rows, True) if model.channels_last else rows)
    logit = model.explained(outputs, targets)
    if rows.requires_grad and not logit.requires_grad:
        raise Unsupported(f"the output of model {model.name!r} has no gradient with respect to its inputs")
    if score == "logit" or model.output == "scalar":
        return logit
    if score == "log_odds":
        return logit - outputs.scatter(1, targets.unsqueeze(1), -torch.inf).logsumexp(1)
    log_probability = logit - outputs.logsumexp(1)
    return log_probability if score == "log_probability" else log_probability.exp()
