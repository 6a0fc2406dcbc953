"""Which rows moved between two runs of the speed benchmarks: python compare_speed.py BASE.json RUN.json.

The files are those of --benchmark-json, --benchmark-save or --benchmark-autosave. Exit code 1 where a row is slower or
sends more samples through the model, 2 where the machines differ: --passes compares the samples alone, for which any
machine will do, --other-machine the times all the same.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from speed_moves import Run, lines, moves, other_machine


def read(file: Path) -> Run:
    """A run; ends with a message where the file is none."""
    try:
        run: Any = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise SystemExit(f"{file} cannot be read: {error.strerror}; name a file of --benchmark-json") from error
    except ValueError as error:
        raise SystemExit(f"{file} is no JSON ({error}); name a file of --benchmark-json") from error
    rows = run.get("benchmarks") if isinstance(run, dict) else None
    if not isinstance(rows, list) or not all(isinstance(one, dict) and "fullname" in one for one in rows):
        raise SystemExit(f"{file} holds no run of pytest-benchmark; name a file of --benchmark-json")
    return run


def main(words: list[str] | None = None) -> int:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("base", type=Path)
    asked.add_argument("run", type=Path)
    asked.add_argument("--passes", action="store_true", help="compare samples through the model, no times")
    asked.add_argument("--other-machine", action="store_true", help="compare times of different machines all the same")
    given = asked.parse_args(words)
    base, run = read(given.base), read(given.run)
    differing = other_machine(base, run)
    refused = bool(differing) and not given.passes and not given.other_machine
    found = moves(base, run, times=not given.passes and not refused)
    sys.stdout.write("\n".join(lines(found)) + "\n")
    if refused:
        said = f"times are not compared, the machines differ: {'; '.join(differing)}"
        sys.stderr.write(f"{said}; see --passes and --other-machine\n")
        return 2
    return int(found.worse)


if __name__ == "__main__":
    sys.exit(main())
