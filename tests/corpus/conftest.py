"""The bugs that a study puts back, and the command that writes the page, are no package's modules."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
