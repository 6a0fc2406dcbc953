"""What the store kept of a block's samples: inputs for all methods, explanations one method at a time."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

from torch import Tensor

from whybench.explanations import Attribution, Explanation
from whybench.leaderboard.variants import Variant
from whybench.leaderboard.view import View
from whybench.records import ExplanationRecord
from whybench.report.links import distinct
from whybench.store import Store

MOST = 16
"""Samples of a block that pages show."""


@dataclass(frozen=True, eq=False)
class Inputs:
    """The first inputs of a bench, as a run kept them."""

    tensors: Mapping[str, Tensor]
    facts: Mapping[str, str]

    def names(self, fact: str) -> list[str]:
        """One of the lists of names: ids, target_names, label_names, columns; empty where it was not kept."""
        return [str(name) for name in json.loads(self.facts.get(fact, "[]"))]

    @property
    def domain(self) -> str:
        return self.facts.get("domain", "")

    @cached_property
    def positions(self) -> dict[str, int]:
        """Where each sample is among the inputs."""
        return {sample: k for k, sample in enumerate(self.names("ids"))}

    @cached_property
    def classes(self) -> dict[int, str]:
        """The names of those outputs that are explained for some sample; empty for a model of one output."""
        if self.facts.get("output", "classes") != "classes":
            return {}
        return dict(zip(self.tensors["targets"].tolist(), self.names("target_names"), strict=True))


@dataclass(frozen=True, eq=False)
class Explained:
    """One method's explanation of a block, of its first seed."""

    payload: Explanation
    positions: Mapping[str, int]

    def picture(self, sample: str) -> Tensor | None:
        """A sample's map, (H, W); None where there is none, or none that can be drawn so."""
        place = self.positions.get(sample)
        return None if place is None else self.payload.picture(place)

    def row(self, sample: str) -> Tensor | None:
        """A sample's relevance of columns; None where this is no attribution of columns."""
        place, payload = self.positions.get(sample), self.payload
        if place is None or not isinstance(payload, Attribution) or payload.relevance.ndim != 2:
            return None
        return payload.relevance[place].double().cpu()

    def target(self, sample: str) -> int | None:
        """Which output was explained; None where this is no attribution."""
        place, payload = self.positions.get(sample), self.payload
        return None if place is None or not isinstance(payload, Attribution) else int(payload.targets[place])


@dataclass(frozen=True, eq=False)
class Samples:
    """The samples of one block, in the order of its data."""

    store: Store
    view: View

    @cached_property
    def records(self) -> dict[Variant, ExplanationRecord]:
        """Each method's explanation with the first seed, of the set of samples that most methods explained.

        A method that did not explain those has what it did explain.
        """
        made = {m: [e for e in self.view.explanations(m) if e.status == "ok"] for m in self.view.methods}
        benches = [e.bench for found in made.values() for e in found]
        common = max(sorted(set(benches)), key=benches.count, default="")
        return {
            m: min(found, key=lambda e: (e.bench != common, e.subject.seed, e.key))
            for m, found in made.items()
            if found
        }

    @cached_property
    def ids(self) -> tuple[str, ...]:
        """All samples that anything is known of."""
        explained = chain.from_iterable(e.sample_ids for e in self.records.values())
        asked = chain.from_iterable(sorted(c.asked) for c in self.view.contests)
        return tuple(dict.fromkeys(chain(explained, asked)))

    @property
    def shown(self) -> tuple[str, ...]:
        """Those that pages show, the same for all methods."""
        return self.ids[:MOST]

    @cached_property
    def anchors(self) -> dict[str, str]:
        """The id of each sample's row, on every page of the block."""
        return dict(zip(self.ids, distinct([("s", sample) for sample in self.ids]), strict=True))

    @cached_property
    def inputs(self) -> Inputs | None:
        """What was kept of the samples that most methods explained."""
        benches = [e.bench for e in self.records.values()]
        bench = max(sorted(set(benches)), key=benches.count, default="")
        found = self.store.pictures(bench) if bench else None
        return Inputs(*found) if found else None

    @cached_property
    def correct(self) -> dict[str, bool]:
        """Whether the model's prediction is right, where that was recorded."""
        records = (r for c in self.view.contests for e in c.entries for r in self.view.records(c, e.method))
        return {s.sample_id: s.correct for r in records for s in r.samples if s.correct is not None}

    def explained(self, method: Variant) -> Explained | None:
        """A method's explanation, read from the store; None where it is not there."""
        record = self.records.get(method)
        stored = self.store.explanation(record.key) if record else None
        if record is None or stored is None or stored[1] is None:
            return None
        return Explained(stored[1], {sample: k for k, sample in enumerate(record.sample_ids)})

    def label(self, sample: str) -> str:
        """The sample's label by name, where it was kept."""
        place = self.inputs.positions.get(sample) if self.inputs else None
        names = self.inputs.names("label_names") if self.inputs else []
        return names[place] if place is not None and place < len(names) else ""
