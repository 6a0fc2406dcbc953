"""What was run, with what, and the command that remakes it."""

import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from whybench import registries
from whybench.catalogue import describe
from whybench.digests import canonical_json
from whybench.errors import WhybenchError
from whybench.leaderboard import Leaderboard
from whybench.leaderboard.gathering import block_of, method_of
from whybench.leaderboard.view import View
from whybench.suite import suite as find_suite

CUSTOM = "custom"
"""The suite of cells that were chosen one by one on the command line."""


@dataclass(frozen=True)
class Fact:
    """One line of the provenance."""

    name: str
    value: str


def facts(board: Leaderboard, blocks: Sequence[View], suite: str, noted: Mapping[str, Any] | None) -> list[Fact]:
    """Suite, seeds, blocks with their samples, and the environment of the newest run; no dates, no paths, no names."""
    seeds = sorted({r.subject.seed for r in board.records})
    protocols = sorted({r.subject.protocol for r in board.records})
    subjects = {(block_of(r.subject), method_of(r.subject), r.control) for r in board.records}
    controls = {method for _, method, control in subjects if control}
    statuses = [r.status for r in board.records]
    found = [
        Fact("suite", suite),
        Fact("seed", ", ".join(map(str, seeds)) or "none"),
        Fact("blocks", "; ".join(f"{v.title} ({_samples(v)})" for v in blocks) or "none"),
        Fact(
            "methods", f"{len({m for _, m, _ in subjects} - controls)} and {len(controls)} controls (parameters below)"
        ),
        Fact("cells", ", ".join(f"{statuses.count(s)} {s}" for s in ("ok", "unsupported", "failed"))),
        Fact("protocol", ", ".join(map(str, protocols)) or "none"),
    ]
    found += [Fact("batch plan", "; ".join(plans))] if (plans := _plans(blocks)) else []
    if noted:
        found.append(Fact("device", str(noted.get("device", "cpu"))))
        found += [Fact(name, _plain(value)) for name, value in noted.get("environment", {}).items()]
        if "merged" in noted:
            levels = ", ".join(f"{rows} {level}" for level, rows in noted["verification"].items())
            found.append(Fact("merged", f"publication {noted['merged']}; rows, as its own note says: {levels}"))
    return found


def _plans(blocks: Sequence[View]) -> list[str]:
    """How each block's samples went through its model: rows a pass, memory layout, threads and precision."""
    found = []
    for view in blocks:
        plans = {canonical_json(e.plan): e.plan for m in view.methods for e in view.explanations(m) if e.plan}
        said = " or ".join(_plan(plan) for _, plan in sorted(plans.items()))
        found += [f"{view.title}: {said}"] if said else []
    return found


def _plan(plan: Mapping[str, Any]) -> str:
    layout = "last" if plan["channels_last"] else "first"
    return f"{plan['rows']} rows a pass, channels {layout}, {plan['threads']} thread(s), {plan['dtype']}"


def _samples(view: View) -> str:
    sizes = sorted({len(e.sample_ids) for m in view.methods for e in view.explanations(m)})
    return f"{' or '.join(map(str, sizes)) or 'no'} sample{'' if sizes == [1] else 's'}"


def _plain(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {inner}" for name, inner in value.items()) or "none"
    return "none" if value is None else str(value)


def commands(board: Leaderboard, blocks: Sequence[View], suite: str, asked: Sequence[str]) -> list[str]:
    """Command lines that run the same cells again; empty where only the code that defined the suite can.

    asked: what each run of the suite was asked for on the command line, the newest last, empty where it was started
    from Python. A board of cells that were chosen one by one gathers all runs, any other is its newest one's.
    """
    lines = list(dict.fromkeys(reversed(asked if suite == CUSTOM else asked[-1:])))
    if lines and all(lines):
        return [f"whybench run {line}" for line in reversed(lines)]
    seeds = sorted({r.subject.seed for r in board.records})
    seed = f" --seed {seeds[0]}" if len(seeds) == 1 and seeds[0] else ""
    if suite in registries.suites:
        return [f"whybench run {shlex.quote(suite + _options(suite))}{_limit(blocks, suite)}{seed}"]
    return [_chosen(view) + seed for view in blocks] if suite == CUSTOM else []


def _options(suite: str) -> str:
    """What a suite cannot do without, to be filled in: it is not part of the suite's name."""
    required = [
        name for name, default in describe(suite, registries.suites[suite])["parameters"].items() if default is None
    ]
    return f"({', '.join(f'{name}=...' for name in required)})" if required else ""


def _limit(blocks: Sequence[View], suite: str) -> str:
    """`--samples` where the blocks hold other numbers of samples than the suite asks for."""
    try:
        planned = {(b.dataset_name, b.model_name): b.samples for b in find_suite(suite).blocks}
    except (WhybenchError, TypeError):
        return ""
    had = {
        (v.block.dataset, v.block.model): len(e.sample_ids)
        for v in blocks
        for m in v.methods
        for e in v.explanations(m)
    }
    limited = {n for place, n in had.items() if planned.get(place) not in (None, n)}
    return f" --samples {max(limited)}" if limited else ""


def _chosen(view: View) -> str:
    """The cells of one block as options of `run`."""
    methods = [_spec("methods", m.name, m.values()) for m in view.methods]
    metrics = [_spec("metrics", c.metric.name, c.metric.values()) for c in view.contests]
    sizes = {len(e.sample_ids) for m in view.methods for e in view.explanations(m)}
    parts = ["whybench run", f"-M {shlex.quote(view.block.model)}", f"-D {shlex.quote(view.block.dataset)}"]
    parts += [f"-m {shlex.quote(spec)}" for spec in methods] + [f"-x {shlex.quote(spec)}" for spec in metrics]
    return " ".join(parts + ([f"--samples {max(sizes)}"] if sizes else []))


def _spec(sort: str, name: str, parameters: Mapping[str, Any]) -> str:
    """name(parameter=value, ...) with the parameters that are not at their defaults."""
    registry: Any = getattr(registries, sort)
    defaults = describe(name, registry[name])["parameters"] if name in registry else {}
    changed = {k: v for k, v in parameters.items() if json.dumps(v) != json.dumps(defaults.get(k))}
    return f"{name}({', '.join(f'{k}={v!r}' for k, v in changed.items())})" if changed else name
