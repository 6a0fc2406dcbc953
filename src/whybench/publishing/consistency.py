"""Whether records agree with each other: cells with their samples and explanations, keys and facts with names."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from whybench import keys, registries
from whybench.digests import source_digest
from whybench.leaderboard.addresses import Address, address_of
from whybench.outcomes import leaks
from whybench.publishing.manifest import Manifest
from whybench.publishing.plan import Planned
from whybench.publishing.reading import Records
from whybench.publishing.verdict import Check, check
from whybench.records import PROTOCOL, ExplanationRecord, Record

LEARNED = {"training", "retraining"}
"""What a key names of a model's training data, which is not published."""


def records_agree(found: Records, manifest: Manifest) -> Check:
    """The digest over all records; each cell belongs to one explanation and holds all of its samples."""
    problems = (
        [] if found.digest == manifest.records else ["the records do not have the digest that the manifest names"]
    )
    made = {e.key: e for e in found.explanations}
    for sort, named in (("cell", [r.key for r in found.cells]), ("explanation", [e.key for e in found.explanations])):
        problems += [f"{sort} {key[:12]} is there {n} times" for key, n in Counter(named).items() if n > 1]
    for record in found.cells:
        explanation = made.get(found.explained[record.key])
        problems += [f"{address_of(record)}: {wrong}" for wrong in _of_cell(record, explanation)]
    read = set(found.explained.values())
    problems += [f"explanation {key[:12]} has no cell" for key in made if key not in read]
    return check("records", sum(len(r.samples) for r in found.cells), problems)


def _of_cell(record: Record, made: ExplanationRecord | None) -> Iterable[str]:
    if made is None:
        yield "its explanation is not there"
        return
    if record.subject != made.subject or record.control != made.control:
        yield f"its explanation is that of {made.subject.method} on {made.subject.model}, {made.subject.dataset}"
    if record.subject.protocol != PROTOCOL:
        yield f"protocol {record.subject.protocol}"
    if record.status != "ok" and (record.samples or not record.reason):
        yield f"a cell that is {record.status} has a reason and no samples"
    if record.status == "ok" and made.status != "ok":
        yield f"scores of an explanation that is {made.status}"
    if record.status == "ok" and tuple(s.sample_id for s in record.samples) != made.sample_ids:
        yield f"{len(record.samples)} samples, which are not the {len(made.sample_ids)} that were explained"


def names_agree(found: Records, manifest: Manifest, planned: Mapping[Address, Planned]) -> Check:
    """Keys are the sha256 of what they name: computed anew from the names and parameters that stand beside them.

    Keys that name a digest of training data, which is not published, and those of a stranger's own code cannot be.
    """
    made = {e.key: e for e in found.explanations}
    problems, known, looked_at = [], 0, set()
    for record in found.cells:
        address, key = address_of(record), found.explained[record.key]
        plan = planned.get(address)
        method = _named(plan.cell.entry.method if plan else None, "methods", record.subject.method, manifest)
        metric = _named(plan.cell.metric if plan else None, "metrics", record.metric, manifest)
        if key in made and method is not None and key not in looked_at:
            looked_at.add(key)
            problems += _wrong_explanation(made[key], method, manifest)
            known += not method[1]
        if metric is not None and not metric[1]:
            facts = {**metric[0], "parameters": record.metric_parameters}
            known += 1
            if record.key != keys.named_cell(key, facts, {}):
                problems.append(f"{address}: the key is not that of {record.metric} with these parameters")
    total = len(made) + len(found.cells)
    note = [f"{total - known} of {total} keys name code or training data that is not here: only a re-run shows them"]
    return check("names", known, problems, note if known < total else ())


def _wrong_explanation(made: ExplanationRecord, method: tuple[dict[str, Any], bool], manifest: Manifest) -> list[str]:
    if method[1] or made.plan is None:
        return []
    s = made.subject
    facts = {**method[0], "parameters": s.method_parameters}
    key = keys.named_explanation(made.bench, made.plan, s.method, facts, s.seed, {}, manifest.version)
    said = f"explanation {made.key[:12]}: the key is not that of {s.method} with these parameters, samples and versions"
    return [] if key == made.key else [said]


def _named(thing: Any, sort: str, name: str, manifest: Manifest) -> tuple[dict[str, Any], bool] | None:
    """A component as keys name it, and whether they name training data too; None where nobody here knows it."""
    if thing is not None:
        return keys.component(thing, manifest.version), bool(LEARNED & set(thing.needs))
    registry: Any = getattr(registries, sort)
    if name not in registry:
        return None
    known = registry[name]
    libraries = {library: manifest.version(library) for library in known.libraries}
    facts = {"name": name, "parameters": {}, "source": source_digest(known), "libraries": libraries}
    return facts, bool(LEARNED & set(known.needs))


def facts_agree(found: Records, planned: Mapping[Address, Planned]) -> Check:
    """Direction, family and marks of each cell are those of its metric and method, as they are registered here."""
    problems, checked = [], 0
    for record in found.cells:
        plan = planned.get(address_of(record))
        if plan is None:
            continue
        method, metric = plan.cell.entry.method, plan.cell.metric
        checked += 1
        expected = {
            "kind": method.kind.kind,
            "family": metric.family,
            "higher_is_better": metric.higher_is_better,
            "trivial": metric.trivial,
            "headline": metric.headline,
            "control": method.control,
            "leak": leaks(method, metric),
        }
        said = {name: getattr(record.subject if name == "kind" else record, name) for name in expected}
        wrong = [
            f"{name} {said[name]!r} instead of {expected[name]!r}" for name in expected if said[name] != expected[name]
        ]
        problems += [f"{address_of(record)}: {', '.join(wrong)}"] if wrong else []
    return check("facts", checked, problems)
