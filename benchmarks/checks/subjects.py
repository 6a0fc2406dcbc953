"""What is checked: everything of the registries, Captum behind adapters, and Captum's classes as they are."""

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from captum import attr

from whybench import registries
from whybench.checking.clause import Sort

PLACE = Path("benchmarks", "checks", "captum_classes.py")
WRITTEN: Mapping[str, str] = {
    "captum.attr:NoiseTunnel(Saliency)": "NoiseTunnelOfSaliency",
    "captum.attr:ShapleyValueSampling(n_samples=2)": "FewOrders",
}
"""Of these the class is made in a file of ours."""
GROUPS = ("own methods", "own metrics", "models", "datasets", "Captum behind adapters", "Captum as it is")

UNTAKEN: Mapping[str, str] = {
    "Layer": "its maps are of a layer, not of inputs",
    "InternalInfluence": "its maps are of a layer, not of inputs",
    "Neuron": "its maps are of a neuron, which has to be named",
    "LLM": "it explains language models",
    "RemoteLLM": "it explains language models",
    "LimeBase": "it is a frame that six functions have to be put into",
    "DataLoaderAttribution": "it wraps other methods, for data that come from a loader",
    "NoiseTunnel": "it wraps other methods; checked around Saliency",
    "ShapleyValueSampling": "25 orders of 72 features take minutes; checked with 2 of them",
    "ShapleyValues": "it asks about all orders of the features, of which 72 have more than 10^100",
}
"""Classes of captum.attr that are left out, by how their names begin, or by their whole names."""
PREFIXES = ("Layer", "Neuron", "LLM", "RemoteLLM")


@dataclass(frozen=True)
class Listed:
    """One subject: what is given to `check`, what the page calls it, where it stands there, and its sort."""

    spec: str
    name: str
    group: str
    sort: Sort | None = None


def subjects() -> list[Listed]:
    """All subjects in the order of the page."""
    registries.fill()
    found = [
        *_of(list(registries.methods), "own methods"),
        *_of(list(registries.metrics), "own metrics"),
        *(Listed(name, name, "models", "model") for name in registries.models),
        *(_dataset(name) for name in registries.datasets),
        *(Listed(f"captum.attr:{name}", f"captum.attr:{name}", GROUPS[5]) for name in classes() if not untaken(name)),
        *(Listed(f"{PLACE.as_posix()}:{made}", name, GROUPS[5]) for name, made in WRITTEN.items()),
    ]
    return sorted(found, key=lambda each: (GROUPS.index(each.group), each.name))


def classes() -> list[str]:
    """The classes of captum.attr that have a method `attribute`."""
    return [name for name in dir(attr) if inspect.isclass(held := getattr(attr, name)) and hasattr(held, "attribute")]


def untaken(name: str) -> str:
    """Why a class of captum.attr is left out, or nothing."""
    begins = next((prefix for prefix in PREFIXES if name.startswith(prefix)), name)
    return UNTAKEN.get(begins, "")


def _dataset(name: str) -> Listed:
    """A name that a model has too is told from the model's."""
    return Listed(name, f"{name} (dataset)" if name in registries.models else name, "datasets", "dataset")


def _of(names: list[str], group: str) -> list[Listed]:
    """Own names, and Captum's under its own heading; adapters of further libraries stand on no page."""
    ours = [Listed(name, name, group) for name in names if "/" not in name]
    return ours + [Listed(name, name, GROUPS[4]) for name in names if name.startswith("captum/")]
