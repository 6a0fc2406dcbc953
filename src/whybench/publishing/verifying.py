"""Checking a published folder, step by step; nothing in it is trusted and nothing of it is run."""

import secrets
from collections.abc import Mapping
from pathlib import Path

from whybench.errors import BadParameter, Refused, UsageError
from whybench.leaderboard.addresses import Address, address_of
from whybench.progress import Listener
from whybench.publishing import files, plan
from whybench.publishing.boards import boards_agree
from whybench.publishing.challenge import CELLS, chance_of_catching, chosen
from whybench.publishing.consistency import facts_agree, names_agree, records_agree
from whybench.publishing.curves import with_curves
from whybench.publishing.manifest import Manifest, read_manifest
from whybench.publishing.plan import Planned
from whybench.publishing.reading import Records, read_records
from whybench.publishing.rerun import run_again
from whybench.publishing.verdict import Again, Check, Verification, check, rows
from whybench.suite import Suite
from whybench.suite import suite as find_suite


def verify(
    folder: Path,
    nonce: str | None = None,
    cells: int | None = None,
    suite: str | Suite | None = None,
    tolerance: float | None = None,
    listener: Listener | None = None,
) -> Verification:
    """Check a published folder: files, records, names, plan, facts and boards; with a nonce run `cells` cells again.

    nonce: any text that the publisher could not know; where only `cells` is given one is drawn; cells: how many cells
    it chooses; suite: the suite as it is known here, where it is not the one registered under the published name;
    tolerance: instead of the one for the inputs' precision.

    What is wrong stands in the checks of the result. Raises UsageError where there is no publication at all, or where
    cells are to be run again of a suite that nobody here knows.
    """
    if not (folder / files.MANIFEST).is_file():
        raise UsageError(f"{folder} holds no {files.MANIFEST}; name a folder that whybench publish wrote")
    if cells is not None and cells < 0:
        raise BadParameter(f"cells={cells}; expected a number from 0")
    try:
        manifest = read_manifest(folder)
    except Refused as error:
        return Verification("", "", (check("manifest", 1, [str(error)]),), ())
    checks = [check("manifest", 1, ()), check("files", *files.compared(folder, manifest.files))]
    try:
        found = with_curves(folder, read_records(folder, manifest.suite))
    except Refused as error:
        return Verification(manifest.digest, manifest.suite, (*checks, check("records", 0, [str(error)])), ())
    known = plan.registered(manifest.suite) if suite is None else find_suite(suite)
    planned = {} if known is None else plan.cells_of(known)
    checks += [
        records_agree(found, manifest),
        names_agree(found, manifest, planned),
        _complete(found, manifest, known, planned),
        facts_agree(found, planned),
        boards_agree(folder, manifest.files, found),
    ]
    again: list[Again] = []
    if nonce is not None or cells:
        if known is None:
            raise UsageError(f"suite {manifest.suite!r} is not registered here; name it with --suite to run its cells")
        nonce = secrets.token_hex(8) if nonce is None else nonce
        keys = [record.key for record in found.cells]
        again = run_again(chosen(keys, nonce, cells or CELLS), found, known, planned, tolerance, listener)
        checks.append(_reproduced(again, len(set(keys))))
    addresses = [address_of(record) for record in found.cells]
    return Verification(
        manifest.digest, manifest.suite, tuple(checks), rows(addresses, again), tuple(again), nonce, tolerance
    )


def _complete(found: Records, manifest: Manifest, known: Suite | None, planned: Mapping[Address, Planned]) -> Check:
    """Every planned cell is there, failures included, and no other."""
    there = [address_of(record) for record in found.cells]
    listed = [address for grid in manifest.plan for address in grid.addresses()]
    if known is None:
        note = f"suite {manifest.suite!r} is not registered here: the plan is the publisher's own"
        return check("plan", len(set(listed)), plan.compared(there, listed), [note])
    problems = plan.compared(there, planned)
    if set(listed) != set(planned) and not problems:
        problems.append("the manifest's plan is not that of the suite")
    return check("plan", len(planned), problems, _limits(found, known, planned))


def _limits(found: Records, known: Suite, planned: Mapping[Address, Planned]) -> list[str]:
    """Samples and seeds other than the suite's own."""
    notes: dict[str, None] = {}
    sizes = {e.key: len(e.sample_ids) for e in found.explanations}
    for record in found.cells:
        s, plan_of = record.subject, planned.get(address_of(record))
        if s.seed != known.seed:
            notes[f"seed {s.seed} instead of the suite's {known.seed}"] = None
        wanted = None if plan_of is None else plan_of.block.samples
        size = sizes.get(found.explained[record.key])
        if wanted is not None and size not in (None, wanted):
            notes[f"{size} samples of the suite's {wanted} on {s.model}, {s.dataset}"] = None
    return list(notes)


def _reproduced(again: list[Again], cells: int) -> Check:
    """What was run again, and how likely a forger would have been caught."""
    judged = [one for one in again if one.reproduced is not None]
    problems = [f"{one.address}: {one.reason}" for one in judged if not one.reproduced]
    tenth = max(1, cells // 10)
    chance = chance_of_catching(cells, tenth, len(judged))
    notes = [f"{len(judged)} of {cells} cells: a forger of {tenth} of them is caught with probability {chance:.3f}"]
    notes += [f"{one.address}: {one.reason}" for one in again if one.reproduced is None]
    return check("re-run", len(judged), problems, notes)
