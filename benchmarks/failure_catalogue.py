"""Run the failure catalogue and write docs/failure_catalogue.md: `python benchmarks/failure_catalogue.py LIBRARY ...`.

Without names, every library is run that is installed; the others keep what was found before. zennit
(`python -m pip install --no-deps zennit`) and shap need not be in one environment with the rest.
"""

import json
import sys
import warnings
from importlib.metadata import version

from failures.page import FILES, PAGE, STORED, findings, installed, page, shown, stored


def main() -> None:
    """Run libraries, store it, write the page, and print the findings."""
    warnings.filterwarnings("ignore")  # libraries warn about the hooks that they set
    tables = stored()
    chosen = sys.argv[1:] or installed()
    for library in chosen:
        tables[f"{library} {version(library)}"] = findings(library)
        for rows in tables[f"{library} {version(library)}"].values():
            for row in rows:
                values = f"{library} {shown(row['theirs'])}, whybench {shown(row['ours'])}, right {shown(row['right'])}"
                sys.stdout.write(f"{row['title']}: {row['measure']}: {values}\n")
    for library in sorted(set(FILES) - set(chosen)):
        sys.stdout.write(f"{library} was not run: what was found before stays\n")
    STORED.write_text(json.dumps(tables, indent=1, sort_keys=True) + "\n", encoding="utf-8", newline="\n")
    PAGE.write_text(page(tables), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
