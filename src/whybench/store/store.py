"""The store: what was computed is found again by its key, and what is damaged counts as not computed."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Self

from sqlalchemy import Connection, Table, delete, func, select
from sqlalchemy.engine import make_url
from torch import Tensor

from whybench.batch_plan import BatchPlan
from whybench.digests import canonical_json
from whybench.explanations import Explanation
from whybench.records import Cost, ExplanationRecord, Record
from whybench.registries import kinds
from whybench.store import rows
from whybench.store.blobs import Blobs, DirectoryBlobs, MemoryBlobs
from whybench.store.database import connect, guarded
from whybench.store.schema import artifacts, cells, explanations, members, pictures, plans, runs, scores, timings, uses

DEFAULT = "sqlite:///whybench.db"


class Store:
    """Records, payloads and artifacts of all runs; only the coordinating process writes."""

    def __init__(self, url: str, blobs: Blobs, create: bool = True) -> None:
        self.url = url
        self.blobs = blobs
        self._engine = connect(url, create)

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
        self._engine.dispose()

    def begin_run(self, suite: str, body: Mapping[str, Any], replace: bool) -> int:
        """Note that a suite starts; with `replace` its board holds only what this run plans. Returns its number."""
        with self._writing() as connection:
            number = connection.execute(select(func.max(runs.c.number))).scalar() or 0
            connection.execute(runs.insert().values(number=number + 1, suite=suite, body=canonical_json(body)))
            if replace:
                connection.execute(delete(members).where(members.c.suite == suite))
        return int(number) + 1

    def last_run(self, suite: str) -> dict[str, Any] | None:
        """What the newest run of a suite noted, or None."""
        statement = select(runs.c.body).where(runs.c.suite == suite).order_by(runs.c.number.desc()).limit(1)
        with self._reading() as connection:
            body = connection.execute(statement).scalar()
        return None if body is None else dict(json.loads(body))

    def suites(self) -> list[str]:
        """The suites that were run, the newest last."""
        statement = select(runs.c.suite).group_by(runs.c.suite).order_by(func.max(runs.c.number))
        with self._reading() as connection:
            return list(connection.execute(statement).scalars())

    def plan(self, key: str) -> BatchPlan | None:
        """The batch plan stored under a key."""
        with self._reading() as connection:
            body = connection.execute(select(plans.c.body).where(plans.c.key == key)).scalar()
        return None if body is None else BatchPlan(**json.loads(body))

    def save_plan(self, key: str, plan: BatchPlan) -> None:
        """Keep a batch plan."""
        with self._writing() as connection:
            connection.execute(plans.insert().values(key=key, body=canonical_json(asdict(plan))))

    def explanation(self, key: str) -> tuple[ExplanationRecord, Explanation | None] | None:
        """An explanation's record and payload; None where it is unknown or damaged."""
        record = self._explanation_record(key)
        if record is None or record.digest is None:
            return None if record is None else (record, None)
        blob = self.blobs.get(record.digest)
        if blob is None:
            return None
        tensors, facts = blob
        return record, kinds[record.subject.kind].restore(tensors, facts)

    def has_explanation(self, key: str) -> bool:
        """Whether an explanation's record is there, undamaged."""
        return self._explanation_record(key) is not None

    def save_explanation(self, record: ExplanationRecord) -> None:
        """Keep an explanation's record; its payload was put into `blobs` before."""
        body = rows.explanation_body(record)
        with self._writing() as connection:
            _replace(
                connection,
                explanations,
                {"key": record.key},
                {"digest": record.digest, "body": body, "sha256": rows.seal(record.key, record.digest, body)},
            )

    def put_payload(self, explanation: Explanation) -> str:
        """Keep an explanation's tensors; returns their digest."""
        return self.blobs.put(explanation.tensors(), explanation.facts())

    def artifact(self, key: str) -> dict[str, Tensor] | None:
        """An artifact's tensors; None where it is unknown or damaged."""
        with self._reading() as connection:
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
        with self._writing() as connection:
            _replace(
                connection, artifacts, {"key": key}, {**values, "sha256": rows.seal(key, explanation, digest, body)}
            )

    def pictures(self, bench: str) -> tuple[dict[str, Tensor], dict[str, str]] | None:
        """The first inputs of a bench, kept for pictures: tensors and facts as `Session` put them."""
        with self._reading() as connection:
            digest = connection.execute(select(pictures.c.digest).where(pictures.c.bench == bench)).scalar()
        return None if digest is None else self.blobs.get(digest)

    def save_pictures(self, bench: str, tensors: Mapping[str, Tensor], facts: Mapping[str, str]) -> None:
        """Keep the first inputs of a bench for pictures."""
        digest = self.blobs.put(tensors, facts)
        with self._writing() as connection:
            _replace(connection, pictures, {"bench": bench}, {"digest": digest})

    def timings(self, suite: str | None = None) -> list[dict[str, Any]]:
        """What timing runs of a suite measured, of all suites where none is named; what is damaged is left out."""
        statement = select(timings).order_by(timings.c.key)
        if suite is not None:
            statement = statement.where(timings.c.suite == suite)
        with self._reading() as connection:
            found = list(connection.execute(statement).mappings())
        return [
            json.loads(row["body"])
            for row in found
            if row["sha256"] == rows.seal(row["key"], row["suite"], row["body"])
        ]

    def save_timing(self, key: str, suite: str, body: Mapping[str, Any]) -> None:
        """Keep what a timing run measured in place of what was measured under the same key."""
        text = canonical_json(body)
        values = {"suite": suite, "body": text, "sha256": rows.seal(key, suite, text)}
        with self._writing() as connection:
            _replace(connection, timings, {"key": key}, values)

    def cell(self, key: str) -> Record | None:
        """One cell's record; None where it is unknown or damaged."""
        return next(iter(self._cells([key])), None)

    def save_cell(self, record: Record, explanation: str, used: Iterable[str]) -> None:
        """Keep a cell with its scores and curves, and which artifacts it read, in one transaction."""
        curves = None
        if record.curves is not None:
            curves = self.blobs.put(*rows.curve_tensors(record.curves))
        body = rows.cell_body(record)
        lines = [rows.score_row(position, sample) for position, sample in enumerate(record.samples)]
        values = {"explanation": explanation, "status": record.status, "curves": curves, "body": body}
        with self._writing() as connection:
            _replace(
                connection,
                cells,
                {"key": record.key},
                {**values, "sha256": rows.seal(record.key, *values.values(), lines)},
            )
            connection.execute(delete(scores).where(scores.c.cell == record.key))
            if lines:
                connection.execute(scores.insert(), [{"cell": record.key, **line} for line in lines])
            connection.execute(delete(uses).where(uses.c.cell == record.key))
            pairs = [{"cell": record.key, "artifact": artifact} for artifact in sorted(set(used))]
            if pairs:
                connection.execute(uses.insert(), pairs)

    def join_suite(self, suite: str, lines: Sequence[tuple[str, int, str, str]]) -> None:
        """Put cells on a suite's board: (address, position, cell key, explanation key) each."""
        with self._writing() as connection:
            for address, position, cell, explanation in lines:
                _replace(
                    connection,
                    members,
                    {"suite": suite, "address": address},
                    {"position": position, "cell": cell, "explanation": explanation},
                )

    def records(self, suite: str | None = None) -> list[Record]:
        """The records on a suite's board in the order of its plan; of all suites where none is named."""
        return self._cells(self._members(members.c.cell, suite))

    def explanation_records(self, suite: str | None = None) -> list[ExplanationRecord]:
        """The explanations behind a suite's board."""
        found = (self._explanation_record(key) for key in self._members(members.c.explanation, suite))
        return [record for record in found if record is not None]

    def _members(self, column: Any, suite: str | None) -> list[str]:
        newest = {name: i for i, name in enumerate(self.suites())}
        statement = select(members.c.suite, members.c.address, column).order_by(members.c.suite, members.c.position)
        if suite is not None:
            statement = statement.where(members.c.suite == suite)
        chosen: dict[str, tuple[int, str]] = {}
        with self._reading() as connection:
            for name, address, key in connection.execute(statement):
                if address not in chosen or newest.get(name, -1) > chosen[address][0]:
                    chosen[address] = (newest.get(name, -1), key)
        return list(dict.fromkeys(key for _, key in chosen.values()))

    def _explanation_record(self, key: str) -> ExplanationRecord | None:
        with self._reading() as connection:
            row = connection.execute(select(explanations).where(explanations.c.key == key)).mappings().first()
        if row is None or row["sha256"] != rows.seal(row["key"], row["digest"], row["body"]):
            return None
        return rows.read_explanation(row["key"], row["digest"], row["body"])

    def _cells(self, keys: Sequence[str]) -> list[Record]:
        with self._reading() as connection:
            shares = _shares(connection)
            return [r for key in keys if (r := self._read_cell(connection, key, shares)) is not None]

    def _read_cell(self, connection: Connection, key: str, shares: Mapping[str, Cost]) -> Record | None:
        row = connection.execute(select(cells).where(cells.c.key == key)).mappings().first()
        if row is None:
            return None
        found = connection.execute(select(scores).where(scores.c.cell == key).order_by(scores.c.position)).mappings()
        lines = [{name: value for name, value in line.items() if name != "cell"} for line in found]
        sealed = rows.seal(key, row["explanation"], row["status"], row["curves"], row["body"], lines)
        if sealed != row["sha256"]:
            return None
        blob = self.blobs.get(row["curves"]) if row["curves"] else None
        if row["curves"] and blob is None:
            return None
        read = connection.execute(select(uses.c.artifact).where(uses.c.cell == key)).scalars()
        shared = sum_costs(shares[artifact] for artifact in read if artifact in shares)
        curves = None if blob is None else rows.read_curves(*blob)
        return rows.read_cell(key, row["status"], row["body"], [rows.read_score(x) for x in lines], shared, curves)

    def _reading(self) -> Any:
        return _Guarded(self.url, self._engine.connect())

    def _writing(self) -> Any:
        return _Guarded(self.url, self._engine.begin())


class _Guarded:
    """A database context whose errors come out as store errors."""

    def __init__(self, url: str, context: Any) -> None:
        self._guard = guarded(_shown(url))
        self._context = context

    def __enter__(self) -> Connection:
        self._guard.__enter__()
        connection: Connection = self._context.__enter__()
        return connection

    def __exit__(self, *error: Any) -> Any:
        try:
            self._context.__exit__(*error)
        except BaseException as raised:
            return self._guard.__exit__(type(raised), raised, raised.__traceback__)
        return self._guard.__exit__(*error)


def sum_costs(costs: Iterable[Cost]) -> Cost:
    """Costs added up; the peak is that of the largest."""
    total = Cost()
    for c in costs:
        total = Cost(
            forward=total.forward + c.forward,
            backward=total.backward + c.backward,
            wall_seconds=total.wall_seconds + c.wall_seconds,
            cpu_seconds=total.cpu_seconds + c.cpu_seconds,
            peak_bytes=max(total.peak_bytes or 0, c.peak_bytes or 0),
        )
    return total


def _shares(connection: Connection) -> dict[str, Cost]:
    """What one reader of each artifact pays: its cost divided by the number of cells that read it."""
    counted = connection.execute(select(uses.c.artifact, func.count()).group_by(uses.c.artifact))
    readers: dict[str, int] = {artifact: n for artifact, n in counted}
    shares = {}
    for key, body in connection.execute(select(artifacts.c.key, artifacts.c.body)):
        cost, n = Cost(**json.loads(body)["cost"]), readers.get(key, 1)
        shares[key] = Cost(
            forward=cost.forward / n,
            backward=cost.backward / n,
            wall_seconds=cost.wall_seconds / n,
            cpu_seconds=cost.cpu_seconds / n,
            peak_bytes=cost.peak_bytes,
        )
    return shares


def _replace(connection: Connection, table: Table, key: Mapping[str, Any], values: Mapping[str, Any]) -> None:
    condition = [table.c[name] == value for name, value in key.items()]
    connection.execute(delete(table).where(*condition))
    connection.execute(table.insert().values(**key, **values))


def _beside(url: str) -> Path:
    database = make_url(url).database if "://" in url else url
    file = Path(database or "whybench.db") if "sqlite" in url or "://" not in url else Path("whybench.db")
    return file.with_name(f"{file.stem}-artifacts")


def _shown(url: str) -> str:
    return make_url(url).render_as_string(hide_password=True) if "://" in url else url
