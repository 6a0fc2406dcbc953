"""Check everything that is registered, and Captum: python benchmarks/check_verdicts.py writes results/check/.

With names, only these are checked anew; with --missing, those that have no verdict yet; with --page, nothing is
checked and the page is written from the tables. Tables are written after each subject.
"""

import json
import sys
import time

from checks.page import page
from checks.rows import FOLDER, About, Row, read, write
from checks.subjects import Listed, subjects

from whybench.checking import check
from whybench.environment import environment
from whybench.errors import WhybenchError


def verdicts(listed: Listed) -> tuple[About, list[Row]]:
    """What `check` says of one subject, in CPU seconds."""
    began = time.process_time()
    try:
        report = check(listed.spec, sort=listed.sort)
    except WhybenchError as error:
        return About(listed.name, listed.group, "", "", "", "", str(error)), []
    seconds = f"{time.process_time() - began:.1f}"
    refused = "; ".join(report.refused)
    about = About(listed.name, listed.group, report.sort, seconds, report.note, refused, "")
    return about, [Row(listed.name, f.clause, f.name, f.verdict, f.where, f.values) for f in report.findings]


def main(arguments: list[str]) -> None:
    """Check the chosen ones, and write tables and page."""
    names, kept, everything = [a for a in arguments if a[:2] != "--"], read(), subjects()
    for listed in everything:
        if "--page" in arguments or (names and listed.name not in names):
            continue
        if "--missing" in arguments and listed.name in kept:
            continue
        about, rows = kept[listed.name] = verdicts(listed)
        failed = [row.clause for row in rows if row.verdict == "failed"]
        sys.stdout.write(f"{listed.name}: {about.seconds} s {about.unchecked} {', '.join(failed)}\n")
        sys.stdout.flush()
        write({each.name: kept[each.name] for each in everything if each.name in kept})
    if "--page" not in arguments:
        facts = json.dumps(environment(), indent=1, sort_keys=True) + "\n"
        (FOLDER / "environment.json").write_text(facts, encoding="utf-8", newline="\n")
    (FOLDER / "README.md").write_text(page(read()), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main(sys.argv[1:])
