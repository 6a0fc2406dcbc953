"""A mutation operator of tensors, which cosmic-ray has not: one reduction, bound or filling for another."""

from collections.abc import Iterator
from typing import Any

from cosmic_ray.operators.operator import Example, Operator

OTHER = {
    "abs": "clone",
    "amax": "amin",
    "amin": "amax",
    "max": "min",
    "mean": "sum",
    "min": "max",
    "ones_like": "zeros_like",
    "square": "clone",
    "sum": "mean",
    "zeros_like": "ones_like",
}


class ReplaceTensorName(Operator):
    """The name of a method, of a function that is called, or of an argument, for its counterpart."""

    def mutation_positions(self, node: Any) -> Iterator[tuple[Any, Any]]:
        if node.type == "name" and node.value in OTHER and _is_used(node):
            yield node.start_pos, node.end_pos

    def mutate(self, node: Any, index: int) -> Any:
        node.value = OTHER[node.value]
        return node

    @classmethod
    def examples(cls) -> tuple[Example, ...]:
        return Example("x.abs()", "x.clone()"), Example("x.clamp(min=0)", "x.clamp(max=0)")


def _is_used(name: Any) -> bool:
    called = getattr(name.get_next_leaf(), "value", "") == "("
    keyword = name.parent.type == "argument" and name.parent.children[0] is name
    return keyword or (called and name.parent.type != "funcdef")
