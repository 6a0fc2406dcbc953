"""A method or metric together with its parameters, and the shortest name that tells it from the others."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, order=True)
class Variant:
    """A bare name and its parameters as canonical JSON."""

    name: str
    parameters: str

    def values(self) -> dict[str, Any]:
        """The parameters by name."""
        loaded: dict[str, Any] = json.loads(self.parameters)
        return loaded

    def label(self, keys: Iterable[str]) -> str:
        """The name, with the parameters among `keys` that it has."""
        shown = self.setting(keys)
        return f"{self.name}({shown})" if shown else self.name

    def setting(self, keys: Iterable[str]) -> str:
        """The parameters among `keys` that it has, as they are written in a spec."""
        values = self.values()
        return ", ".join(f"{key}={values[key]!r}" for key in sorted(keys) if key in values)


def labels(variants: Iterable[Variant]) -> dict[Variant, str]:
    """A name for each variant: bare where it is the only one of that name, else with the parameters that differ.

    >>> few, many = '{"noise":0.1,"samples":10}', '{"noise":0.1,"samples":50}'
    >>> list(labels([Variant("smooth_grad", few), Variant("smooth_grad", many)]).values())
    ['smooth_grad(samples=10)', 'smooth_grad(samples=50)']
    """
    named: dict[str, list[Variant]] = {}
    for variant in sorted(set(variants)):
        named.setdefault(variant.name, []).append(variant)
    return {v: v.label(differing(same)) for same in named.values() for v in same}


def differing(variants: Iterable[Variant]) -> set[str]:
    """The parameters on which variants of one name differ; one that some lack counts as differing."""
    values = [v.values() for v in variants]
    keys = {key for one in values for key in one}
    return {key for key in keys if any(key not in one or one[key] != values[0].get(key) for one in values)}
