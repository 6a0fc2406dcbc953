"""Quantus' metrics as baselines, under the names `quantus/...`; quantus is imported at the first use of one."""

from whybench.metrics.attribution.quantus_adapters.generated import METRICS

__all__ = ["METRICS"]
