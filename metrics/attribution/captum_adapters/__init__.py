"""Captum's metrics as baselines, under the names `captum/...`; captum is imported at the first use of one."""

from whybench.metrics.attribution.captum_adapters.infidelity import CaptumInfidelity
from whybench.metrics.attribution.captum_adapters.sensitivity_max import CaptumSensitivityMax

__all__ = ["CaptumInfidelity", "CaptumSensitivityMax"]
