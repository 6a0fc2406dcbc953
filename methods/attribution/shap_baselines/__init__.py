"""shap's explainers, under the names `shap/...`; shap is imported at the first use of one."""

from whybench.methods.attribution.shap_baselines.deep import Deep
from whybench.methods.attribution.shap_baselines.kernel import Kernel
from whybench.methods.attribution.shap_baselines.partition import Partition

__all__ = ["Deep", "Kernel", "Partition"]
