"""The mutants of a module: cosmic-ray's, one for each place and kind of change, drawn with a fixed seed."""

import ast
import random
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cosmic_ray import plugins
from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from mutation.names import ReplaceTensorName

SEED = 0
LEFT_OUT = re.compile(
    "NoOp|RemoveDecorator|Variable"  # decorators declare
    "|_(RShift|LShift|BitXor)"  # floats have none: the type refuses
    "|(Add|Sub|Mul|Div|FloorDiv|Mod|Pow)_Bit|Bit(Or|And)_(?!Bit)"
    "|Operator_(?!Is).*_(Is|IsNot)$"  # the same as == for what Python keeps once
    "|Operator_(Is|IsNot)_(?!Is)"
    "|Unary.*_(UAdd|Not)$|UAdd"  # +x is x
)
"""Operators whose mutants say nothing of the tests."""


@dataclass(frozen=True)
class Mutant:
    """One change: the line where it is, as it was and as it becomes, and the whole source with it."""

    module: str
    line: int
    operator: str
    original: str
    mutated: str
    source: str


def mutants(module: str, path: Path, most: int) -> list[Mutant]:
    """The mutants of a module in the order of its lines; where there are more than `most`, so many of them."""
    code = path.read_text(encoding="utf-8")
    annotated = _annotations(code)
    places: dict[tuple[str, Any], list[tuple[str, Any, int]]] = defaultdict(list)
    for name, operator in _operators():
        positions = (at for node in ast_nodes(get_ast(code)) for at, _ in operator.mutation_positions(node))
        for occurrence, at in enumerate(positions):
            if not any(start <= at < end for start, end in annotated):
                places[_kind(name), at].append((name, operator, occurrence))
    draw = random.Random(SEED)
    found = [_applied(module, code, at, *draw.choice(choice)) for (_, at), choice in sorted(places.items(), key=_place)]
    kept = sorted(draw.sample(range(len(found)), min(most, len(found))))
    return [found[i] for i in kept if found[i].original != found[i].mutated]


def _operators() -> Iterator[tuple[str, Any]]:
    for name in sorted(plugins.operator_names()):
        operator = plugins.get_operator(name)
        if not LEFT_OUT.search(name) and not operator.arguments():
            yield name.removeprefix("core/"), operator()
    yield "ReplaceTensorName", ReplaceTensorName()


def _kind(operator: str) -> str:
    """Replacements of one operator at one place are of one kind."""
    return operator.split("_")[0]


def _place(entry: tuple[tuple[str, Any], Any]) -> tuple[Any, str]:
    (kind, at), _ = entry
    return at, kind


def _applied(module: str, code: str, at: tuple[int, int], name: str, operator: Any, occurrence: int) -> Mutant:
    source = mutate_code(code, operator, occurrence)
    before, after = code.splitlines(), source.splitlines()
    changed = next((i for i, (a, b) in enumerate(zip(before, after, strict=False)) if a != b), at[0] - 1)
    return Mutant(module, changed + 1, name, before[changed].strip(), after[changed].strip(), source)


def _annotations(code: str) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """Where types are, which no test reads."""
    fields = ("annotation", "returns")
    types = (getattr(node, field, None) for node in ast.walk(ast.parse(code)) for field in fields)
    return [((t.lineno, t.col_offset), (t.end_lineno, t.end_col_offset)) for t in types if isinstance(t, ast.expr)]
