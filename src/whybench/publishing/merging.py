"""Taking a published board into a store; one that contradicts itself or the store is refused."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from whybench.digests import json_digest
from whybench.errors import Refused
from whybench.leaderboard.addresses import Address, Place, address_of
from whybench.publishing.curves import with_curves
from whybench.publishing.manifest import Manifest, read_manifest
from whybench.publishing.notes import noted_levels
from whybench.publishing.reading import Records, read_records
from whybench.publishing.rerun import TOLERANCE, compare
from whybench.publishing.verifying import verify
from whybench.records import Cost, ExplanationRecord, Record
from whybench.store import Store
from whybench.store.boards import Member
from whybench.suite import Suite

SHOWN = 10


@dataclass(frozen=True)
class Merged:
    """What came of it: cells that were added; that the store held already, with the same scores; and that it keeps of
    its own instead, made of another explanation of the same method. noted: rows by level, as a verification.json
    beside the manifest says, which is not checked here.
    """

    suite: str
    manifest: str
    added: int
    held: int
    kept: int
    noted: dict[str, int]


def merge(folder: Path, store: Store, suite: str | Suite | None = None) -> Merged:
    """Verify a published folder without running anything, then put its records on the board of its suite in a store.

    What the store has computed itself is never replaced: a published cell at the same address is compared with it.
    suite: as for `verify`. Raises Refused with the reasons where a check fails, or where scores of one cell differ by
    more than a re-run may.
    """
    verification = verify(folder, suite=suite)
    if not verification.ok:
        raise Refused(f"{folder} is refused: {'; '.join(verification.problems)}")
    manifest = read_manifest(folder)
    found = with_curves(folder, read_records(folder, manifest.suite))
    if manifest.digest != verification.manifest or found.digest != manifest.records:
        raise Refused(f"{folder} is refused: it changed while it was read")
    own = {address_of(record): record for record in store.records(manifest.suite)}
    _agree(found, own)
    places = {address.place: store.explained(manifest.suite)[record.key] for address, record in own.items()}
    added = [
        (position, record)
        for position, record in enumerate(found.cells)
        if address_of(record) not in own and _free(found, record, places)
    ]
    held = sum(address_of(record) in own for record in found.cells)
    noted = noted_levels(folder, manifest.digest)
    if added:
        store.boards.begin(manifest.suite, _note(manifest, found, noted), clear=False)
        _save(store, manifest.suite, found, added)
    return Merged(manifest.suite, manifest.digest, len(added), held, len(found.cells) - len(added) - held, noted)


def _agree(found: Records, own: dict[Address, Record]) -> None:
    """Raises Refused where the store's own cells have other scores."""
    made = {e.key: e for e in found.explanations}
    pairs = [(r, own[address_of(r)], made[found.explained[r.key]]) for r in found.cells if address_of(r) in own]
    conflicts = []
    for published, known, explanation in pairs:
        dtype = str((explanation.plan or {}).get("dtype"))
        answer = compare(published, known, False, explanation, TOLERANCE.get(dtype, TOLERANCE["float64"]))
        if answer.reproduced is False:
            conflicts.append(f"{answer.address}: {answer.reason}")
    if conflicts:
        more = f"; and {len(conflicts) - SHOWN} more" if len(conflicts) > SHOWN else ""
        raise Refused(
            f"{len(conflicts)} of {len(pairs)} cells that the store holds too are others there: "
            f"{'; '.join(conflicts[:SHOWN])}{more}. Merge into another store, or ask which of them is wrong"
        )


def _free(found: Records, record: Record, places: dict[Place, str]) -> bool:
    """Whether the board has no explanation of this method there, or this very one."""
    explanation = found.explained[record.key]
    return places.get(address_of(record).place, explanation) == explanation


def _note(manifest: Manifest, found: Records, noted: dict[str, int]) -> dict[str, Any]:
    """What the store notes in place of a run."""
    return {
        "seed": found.cells[0].subject.seed,
        "device": manifest.device,
        "asked": manifest.asked[-1] if manifest.asked else "",
        "environment": manifest.environment,
        "merged": manifest.digest,
        "verification": noted or {"claimed": len({address_of(r).place for r in found.cells})},
    }


def _save(store: Store, suite: str, found: Records, added: Iterable[tuple[int, Record]]) -> None:
    """Explanations first, then cells, then their places on the board."""
    made = {e.key: e for e in found.explanations}
    members: dict[str, list[Member]] = {}
    for position, record in added:
        key = found.explained[record.key]
        if key not in members and not store.has_explanation(key):
            store.save_explanation(made[key])
        _save_cell(store, record, made[key])
        s = record.subject
        address = json_digest([s.dataset, s.model, s.method, record.metric, record.parameters])
        members.setdefault(key, []).append(Member(address, position, record.key, key))
    for joining in members.values():
        store.join(suite, joining)


def _save_cell(store: Store, record: Record, made: ExplanationRecord) -> None:
    """A cell, with what it paid for what it shared as an artifact of its own that nobody else reads."""
    used = []
    if record.shared != Cost():
        key = json_digest(["published", record.key])
        store.save_artifact(key, made.key, "published", {}, record.shared)
        used.append(key)
    store.save_cell(record, made.key, used)
