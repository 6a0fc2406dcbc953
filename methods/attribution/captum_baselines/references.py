"""The reference inputs that expectations are taken over."""

import torch
from torch import Tensor

from whybench.errors import BadParameter
from whybench.methods.attribution.captum_baselines.adapter import Question


def reference_inputs(question: Question, n_references: int) -> Tensor:
    """The domain's baseline, its mean, and uniform draws within its bounds up to `n_references` in all, (k, ...).

    The draws are the same for all samples of a run. Without bounds there are no draws and k = 2. The mean is the
    domain's: where a caller gives no domain, that of the batch at hand.
    """
    domain, like = question.model.domain, question.inputs[:1]
    references = [domain.like(domain.baseline, like), domain.like(domain.mean, like)]
    if domain.low is not None and domain.high is not None:
        low, high = domain.like(domain.low, like), domain.like(domain.high, like)
        shape = tuple(like.shape)
        for draw in range(n_references - 2):
            noise = question.streams.uniform("captum/references", "", draw, shape).to(like)
            references.append(low + (high - low) * noise)
    return torch.cat(references)


def check_references(name: str, n_references: int) -> None:
    """Raise BadParameter for fewer references than baseline and mean."""
    if n_references < 2:
        raise BadParameter(f"{name}: n_references={n_references}; at least 2 are needed, the baseline and the mean")
