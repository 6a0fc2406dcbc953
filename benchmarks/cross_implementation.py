"""Hold our metrics beside Quantus' and Captum's: `python benchmarks/cross_implementation.py`, or `tox -e cross`.

Writes results/cross_implementation. The exit code is 1 where a comparison is not as benchmarks/crossing/pairs.py says:
a difference without a reason, or a reason without a difference.
"""

import json
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from crossing.judging import match
from crossing.page import write
from crossing.pairs import PAIRS
from crossing.verdicts import Verdict
from crossing.worlds import opened

from whybench.environment import environment
from whybench.errors import MissingExtra
from whybench.metrics.attribution.quantus_adapters.library import quantus_library
from whybench.registries import fill

RESULTS = Path(__file__).resolve().parent.parent / "results" / "cross_implementation"


def main() -> int:
    """Run all pairs, write the results, and say what is not as expected."""
    try:
        versions = {library: version(library) for library in ("quantus", "captum")}
    except PackageNotFoundError as error:
        raise MissingExtra("quantus", "quantus") from error
    fill()
    quantus_library("quantus/*")  # to import it costs more than most metrics
    verdicts = []
    for pair in PAIRS:
        found = Verdict(pair, tuple(match(pair, name, case) for name, case in opened(pair.world).items()))
        sys.stdout.write(f"{pair.ours} | {pair.theirs.name} | {found.words} | {found.apart:.1e}\n")
        sys.stdout.flush()
        verdicts.append(found)
    write(RESULTS, verdicts, versions)
    told = environment() | {"peers": versions}
    (RESULTS / "environment.json").write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    return int(not all(found.expected for found in verdicts))


if __name__ == "__main__":
    sys.exit(main())
