"""What any outside program needs to recompute a board: Parquet tables and safetensors, nothing else."""

from whybench.exporting.writing import export

__all__ = ["export"]
