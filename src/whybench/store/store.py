"""The store: what was computed is found again by its key, and what is damaged counts as not computed."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Self

from sqlalchemy import select
from torch import Tensor

from whybench.batch_plan import BatchPlan
from whybench.digests import canonical_json, json_digest
from whybench.explanations import Explanation
from whybench.records import Cost, ExplanationRecord, Record
from whybench.registries import kinds
from whybench.store import rows
from whybench.store.blobs import Blobs, DirectoryBlobs, MemoryBlobs
from whybench.store.boards import Boards, Member
from whybench.store.cells import Cells
from whybench.store.database import Database, parse
from whybench.store.database import replace as replace_row
from whybench.store.schema import artifacts, cells, explanations, pictures, plans, timings

DEFAULT = "sqlite:///whybench.db"


class Store:
    """Records, payloads and artifacts of all runs; only the coordinating process writes."""

    def __init__(self, url: str, blobs: Blobs, create: bool = True) -> None:
        self.blobs = blobs
        self._database = Database(url, create)
        self._cells = Cells(self._database, blobs)
        self.boards = Boards(self._database)
        self._places: dict[str, tuple[str, ...]] = {}

    @classmethod
    def open(cls, url: str = DEFAULT, artifacts_dir: Path | None = None, create: bool = True) -> Self:
        """The store at a URL; its tensors lie in `artifacts_dir`, by default `<name>-artifacts` next to the file."""
        return cls(url, DirectoryBlobs(artifacts_dir or _beside(url)), create)

    @classmethod
    def memory(cls) -> Self:
        """A store that is gone with the process."""
        return cls("sqlite://", MemoryBlobs())

    def close(self) -> None:
        """Let go of the database."""
        self._database.close()

    def suites(self) -> list[str]:
        """The suites that were run, the newest last."""
        return self.boards.suites()

    def last_run(self, suite: str) -> dict[str, Any] | None:
        """What the newest run of a suite noted, or None."""
        return self.boards.last_run(suite)

    def join(self, suite: str, joining: Sequence[Member]) -> int:
        """Put cells on a suite's board; returns how many leave it.

        A method has one explanation on a model and dataset, the newest: cells that another one was scored in (for
        other samples or another seed, say) stay in the store but leave the board.
        """
        made = {member.explanation for member in joining}
        old = {member.explanation for _, member in self.boards.members(suite)} - made
        places = {self._place(key) for key in made}
        left = self.boards.leave(suite, {key for key in old if self._place(key) in places})
        self.boards.join(suite, joining)
        return left

    def records(self, suite: str | None = None) -> list[Record]:
        """The records on a suite's board in the order of its plan.

        Where no suite is named, those of all suites; of a method that they explain differently on one model and
        dataset, those of the suite that was run last.
        """
        found = self._members(suite)
        known = self._cells.read(member.cell for _, member in found)
        return [
            replace(known[member.cell], subject=replace(known[member.cell].subject, suite=name))
            for name, member in found
            if member.cell in known
        ]

    def explained(self, suite: str | None = None) -> dict[str, str]:
        """The key of each cell's explanation by the key of the cell, for the cells on a suite's board."""
        return {member.cell: member.explanation for _, member in self._members(suite)}

    def explanation_records(self, suite: str | None = None) -> list[ExplanationRecord]:
        """The explanations behind a suite's board."""
        names = {member.explanation: name for name, member in self._members(suite)}
        found = ((self._explanation_record(key), name) for key, name in names.items())
        return [replace(r, subject=replace(r.subject, suite=name)) for r, name in found if r is not None]

    def fingerprint(self, suite: str) -> str:
        """A digest that changes whenever anything on a suite's board, its last run or its timings does."""
        found = [asdict(member) for _, member in self.boards.members(suite)]
        with self._database.reading() as connection:
            sealed = [
                {key: sha256 for key, sha256 in connection.execute(select(table.c.key, table.c.sha256))}
                for table in (cells, explanations)
            ]
        seals = [[sealed[0].get(m["cell"]), sealed[1].get(m["explanation"])] for m in found]
        return json_digest([found, seals, self.last_run(suite), self.timings(suite)])

    def cell(self, key: str) -> Record | None:
        """One cell's record; None where it is unknown or damaged."""
        return self.cells([key]).get(key)

    def cells(self, keys: Sequence[str]) -> dict[str, Record]:
        """The records of cells by key, without those that are unknown or damaged."""
        return self._cells.read(keys)

    def save_cell(self, record: Record, explanation: str, used: Iterable[str]) -> None:
        """Keep a cell with its scores and curves, and which artifacts it read."""
        self._cells.save(record, explanation, used)

    def plan(self, key: str) -> BatchPlan | None:
        """The batch plan stored under a key."""
        with self._database.reading() as connection:
            body = connection.execute(select(plans.c.body).where(plans.c.key == key)).scalar()
        return None if body is None else BatchPlan(**json.loads(body))

    def save_plan(self, key: str, plan: BatchPlan) -> None:
        """Keep a batch plan."""
        with self._database.writing() as connection:
            connection.execute(plans.insert().values(key=key, body=canonical_json(asdict(plan))))

    def explanation(self, key: str) -> tuple[ExplanationRecord, Explanation | None] | None:
        """An explanation's record and payload; None where it is unknown or damaged."""
        record = self._explanation_record(key)
        if record is None or record.digest is None:
            return None if record is None else (record, None)
        blob = self.blobs.get(record.digest)
        return None if blob is None else (record, kinds[record.subject.kind].restore(*blob))

    def has_explanation(self, key: str) -> bool:
        """Whether an explanation's record is there, undamaged."""
        return self._explanation_record(key) is not None

    def put_payload(self, explanation: Explanation) -> str:
        """Keep an explanation's tensors; returns their digest."""
        return self.blobs.put(explanation.tensors(), explanation.facts())

    def save_explanation(self, record: ExplanationRecord) -> None:
        """Keep an explanation's record; its payload was kept before."""
        body = rows.explanation_body(record)
        sealed = {"digest": record.digest, "body": body, "sha256": rows.seal(record.key, record.digest, body)}
        with self._database.writing() as connection:
            replace_row(connection, explanations, {"key": record.key}, sealed)

    def artifact(self, key: str) -> dict[str, Tensor] | None:
        """An artifact's tensors; None where it is unknown or damaged."""
        with self._database.reading() as connection:
            row = connection.execute(select(artifacts).where(artifacts.c.key == key)).mappings().first()
        if row is None or row["sha256"] != rows.seal(row["key"], row["explanation"], row["digest"], row["body"]):
            return None
        blob = self.blobs.get(row["digest"])
        return None if blob is None else blob[0]

    def save_artifact(self, key: str, explanation: str, name: str, tensors: Mapping[str, Tensor], cost: Cost) -> None:
        """Keep an artifact and what it cost."""
        digest = self.blobs.put(tensors, {"artifact": name})
        body = canonical_json({"name": name, "cost": asdict(cost)})
        values = {"explanation": explanation, "digest": digest, "body": body}
        sealed = {**values, "sha256": rows.seal(key, *values.values())}
        with self._database.writing() as connection:
            replace_row(connection, artifacts, {"key": key}, sealed)

    def preparation(self, key: str) -> tuple[dict[str, Tensor], Cost] | None:
        """What a method learned of a model, and its cost; None where it is unknown or damaged."""
        tensors = self.artifact(key)
        if tensors is None:
            return None
        with self._database.reading() as connection:
            body = connection.execute(select(artifacts.c.body).where(artifacts.c.key == key)).scalar_one()
        return tensors, Cost(**json.loads(body)["cost"])

    def pictures(self, bench: str) -> tuple[dict[str, Tensor], dict[str, str]] | None:
        """The first inputs of a bench, kept for pictures: tensors and facts; None where there are none."""
        with self._database.reading() as connection:
            digest = connection.execute(select(pictures.c.digest).where(pictures.c.bench == bench)).scalar()
        return None if digest is None else self.blobs.get(digest)

    def save_pictures(self, bench: str, tensors: Mapping[str, Tensor], facts: Mapping[str, str]) -> None:
        """Keep the first inputs of a bench for pictures."""
        digest = self.blobs.put(tensors, facts)
        with self._database.writing() as connection:
            replace_row(connection, pictures, {"bench": bench}, {"digest": digest})

    def timings(self, suite: str | None = None) -> list[dict[str, Any]]:
        """What timing runs of a suite measured, of all suites where none is named; what is damaged is left out."""
        statement = select(timings).order_by(timings.c.key)
        if suite is not None:
            statement = statement.where(timings.c.suite == suite)
        with self._database.reading() as connection:
            found = list(connection.execute(statement).mappings())
        whole = [row for row in found if row["sha256"] == rows.seal(row["key"], row["suite"], row["body"])]
        return [json.loads(row["body"]) for row in whole]

    def save_timing(self, key: str, suite: str, body: Mapping[str, Any]) -> None:
        """Keep what a timing run measured in place of what was measured under the same key."""
        text = canonical_json(body)
        sealed = {"suite": suite, "body": text, "sha256": rows.seal(key, suite, text)}
        with self._database.writing() as connection:
            replace_row(connection, timings, {"key": key}, sealed)

    def _members(self, suite: str | None) -> list[tuple[str, Member]]:
        found = self.boards.members(suite)
        if suite is not None:
            return found
        turn = {name: number for number, name in enumerate(self.suites())}
        places = {member.explanation: self._place(member.explanation) for _, member in found}
        newest = {places[m.explanation]: m.explanation for _, m in sorted(found, key=lambda one: turn[one[0]])}
        return [(name, m) for name, m in found if newest[places[m.explanation]] == m.explanation]

    def _place(self, explanation: str) -> tuple[str, ...]:
        """The method, model and dataset of an explanation; one that is damaged has a place of its own."""
        if explanation not in self._places:
            record = self._explanation_record(explanation)
            if record is None:
                return (explanation,)
            s = record.subject
            method = s.method, canonical_json(s.method_parameters)
            self._places[explanation] = s.kind, s.dataset, s.model, *method
        return self._places[explanation]

    def _explanation_record(self, key: str) -> ExplanationRecord | None:
        with self._database.reading() as connection:
            row = connection.execute(select(explanations).where(explanations.c.key == key)).mappings().first()
        if row is None or row["sha256"] != rows.seal(row["key"], row["digest"], row["body"]):
            return None
        return rows.read_explanation(row["key"], row["digest"], row["body"])


def _beside(url: str) -> Path:
    """The folder of a store's tensors: next to the database file, or in the working directory for a server."""
    parsed = parse(url)
    if not parsed.drivername.startswith("sqlite"):
        return Path("whybench-artifacts")
    file = Path(parsed.database or "whybench.db")
    return file.with_name(f"{file.stem}-artifacts")
