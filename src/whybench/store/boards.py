"""Which cells are on which suite's board, and the runs that put them there."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, func, select

from whybench.digests import canonical_json
from whybench.store.database import Database, replace
from whybench.store.schema import members, runs


@dataclass(frozen=True)
class Member:
    """One cell's place on a suite's board; a new cell with the same address takes the place."""

    address: str
    position: int
    cell: str
    explanation: str


class Boards:
    """Runs and the members of their boards."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(self, suite: str, body: Mapping[str, Any], clear: bool) -> None:
        """Note that a suite starts; with `clear` its board holds only what this run plans."""
        with self._database.writing() as connection:
            connection.execute(runs.insert().values(suite=suite, body=canonical_json(body)))
            if clear:
                connection.execute(delete(members).where(members.c.suite == suite))

    def last_run(self, suite: str) -> dict[str, Any] | None:
        """What the newest run of a suite noted, or None."""
        statement = select(runs.c.body).where(runs.c.suite == suite).order_by(runs.c.number.desc()).limit(1)
        with self._database.reading() as connection:
            body = connection.execute(statement).scalar()
        return None if body is None else dict(json.loads(body))

    def asked(self, suite: str) -> list[str]:
        """What `whybench run` was asked for at each run of a suite, the newest last; empty where it was not asked."""
        statement = select(runs.c.body).where(runs.c.suite == suite).order_by(runs.c.number)
        with self._database.reading() as connection:
            return [json.loads(body).get("asked", "") for body in connection.execute(statement).scalars()]

    def suites(self) -> list[str]:
        """The suites that were run, the newest last."""
        statement = select(runs.c.suite).group_by(runs.c.suite).order_by(func.max(runs.c.number))
        with self._database.reading() as connection:
            return list(connection.execute(statement).scalars())

    def join(self, suite: str, joining: Sequence[Member]) -> None:
        """Put cells on a suite's board."""
        with self._database.writing() as connection:
            for member in joining:
                place = {"position": member.position, "cell": member.cell, "explanation": member.explanation}
                replace(connection, members, {"suite": suite, "address": member.address}, place)

    def leave(self, suite: str, explanations: Collection[str]) -> int:
        """Take the cells of some explanations off a suite's board; returns how many there were."""
        chosen = (members.c.suite == suite) & members.c.explanation.in_(explanations)
        with self._database.writing() as connection:
            return connection.execute(delete(members).where(chosen)).rowcount

    def members(self, suite: str | None) -> list[tuple[str, Member]]:
        """A board's members in the order of the plan; where no suite is named, the newest of each address."""
        names = self.suites() if suite is None else [suite]
        chosen: dict[str, tuple[str, Member]] = {}
        with self._database.reading() as connection:
            for name in names:
                statement = select(members).where(members.c.suite == name).order_by(members.c.position)
                for row in connection.execute(statement).mappings():
                    chosen[row["address"]] = name, Member(**{k: row[k] for k in Member.__dataclass_fields__})
        return list(chosen.values())
