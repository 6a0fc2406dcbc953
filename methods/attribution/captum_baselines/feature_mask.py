"""Captum's feature masks: which features are removed together."""

from torch import Tensor

from whybench.errors import BadParameter
from whybench.methods.attribution.captum_baselines.adapter import Question


def feature_mask(question: Question, region: int | None) -> Tensor:
    """The region of each feature, the same in all channels: int64, broadcasts against one input."""
    domain = question.model.domain
    index = domain.regions(question.inputs.shape, region).index.to(question.inputs.device)
    return domain.over_channels(index.unsqueeze(0))


def check_region(name: str, region: int | None) -> None:
    """Raise BadParameter unless `region` is None or at least 1."""
    if region is not None and region < 1:
        raise BadParameter(f"{name}: region={region}; a whole number >= 1 is needed, or None")
