"""The lime authors' own library, under the names `lime/...`; lime is imported at the first use of one."""

from whybench.methods.attribution.lime_baselines.image import Image
from whybench.methods.attribution.lime_baselines.tabular import Tabular

__all__ = ["Image", "Tabular"]
