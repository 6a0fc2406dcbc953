"""What a spec names, as something that clauses can be tried on."""

import inspect
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from torch import Tensor, nn

from whybench import registries
from whybench.checking.clause import Sort
from whybench.checking.explainers import Explainer, ForeignExplainer, OwnExplainer
from whybench.checking.library_classes import library_function
from whybench.checking.quick import quick
from whybench.checking.traces import put_back
from whybench.errors import UnknownName, UsageError, shown
from whybench.foreign import foreign
from whybench.protocols import AttributionMethod, Dataset, DatasetLoader, Method, Metric, Model, ModelLoader
from whybench.registry import Registry
from whybench.resolver import definition, parse, resolve
from whybench.wrappers import FunctionMethod, of_function

REGISTRIES: Mapping[Sort, Registry[Any]] = {
    "method": registries.methods,
    "metric": registries.metrics,
    "model": registries.models,
    "dataset": registries.datasets,
}


@dataclass(frozen=True, eq=False)
class Subject:
    """What is checked.

    thing: an Explainer, a Metric, or what loads a model or a dataset, by its sort; note: what was changed of it so that
    checking takes seconds; exceptions: clauses that it declares not to hold, and why.
    """

    sort: Sort
    name: str
    thing: Any
    note: str = ""
    exceptions: Mapping[str, str] | None = None


def sorts(spec: str | object) -> tuple[Sort, ...]:
    """The sorts of which a registered name is: several where several registries hold it, none for anything else.

    >>> sorts("planted(design='watermark')"), sorts("lrp"), sorts("my_file.py:mine")
    (('model', 'dataset'), ('method',), ())
    """
    if not isinstance(spec, str):
        return ()
    registries.fill()
    return tuple(sort for sort, registry in REGISTRIES.items() if parse(spec).target in registry)


def subject(spec: str | object, sort: Sort | None = None) -> Subject:
    """What `spec` names: a registered name, `file.py:attr`, `pkg.module:attr`, or the object itself.

    sort: which is meant where a name has several. Raises UnknownName for a name that no registry holds, UsageError for
    something of no sort that can be checked, of another sort than `sort`, or of several where it is left open.
    """
    if sort is not None and sort not in REGISTRIES:
        raise UnknownName("sort", sort, list(REGISTRIES))
    name = getattr(spec, "__name__", type(spec).__name__)
    found = _named(spec, sort) if isinstance(spec, str) else _of(spec, name)
    if sort not in (None, found.sort):
        raise UsageError(f"{found.name!r} is a {found.sort}, no {sort}")
    return found


def _named(spec: str, sort: Sort | None) -> Subject:
    held, target = sorts(spec), parse(spec).target
    if len(held) > 1 and sort not in held:
        raise UsageError(f"{target!r} is a {' and a '.join(held)}: say which is meant, as in sort={held[0]!r}")
    if held:
        registry = REGISTRIES[sort if sort in held else held[0]]
        given, note = quick(spec, registry[target])
        found = resolve(registry, given)
        return _of(found() if inspect.isclass(found) else found, target, note)
    if ":" not in target:
        known = [name for registry in REGISTRIES.values() for name in registry]
        raise UnknownName("method, metric, model or dataset", target, known)
    return _of(_ours(registries.methods, spec), spec)


def _ours(registry: Registry[Any], spec: str) -> Any:
    """What a file or module holds: a class of whybench's is made, one of another library stays a class."""
    held = definition(registry, spec)
    ours = inspect.isclass(held) and issubclass(held, Method | Metric | ModelLoader | DatasetLoader)
    return resolve(registry, spec) if ours or parse(spec).positional or parse(spec).keywords else held


def _of(thing: Any, name: str, note: str = "") -> Subject:
    declared = dict(getattr(thing, "exceptions", None) or {})
    if isinstance(thing, FunctionMethod):
        plain = _plain(thing.function, name, declared)
        return Subject("method", name, replace(plain, polarity=thing.polarity), note, declared)
    if isinstance(thing, AttributionMethod):
        return Subject("method", name, OwnExplainer(thing, declared), note, declared)
    if isinstance(thing, Metric):
        return Subject("metric", name, thing, note, declared)
    if isinstance(thing, ModelLoader | Model):
        return Subject("model", name, thing, note, declared)
    if isinstance(thing, DatasetLoader | Dataset):
        return Subject("dataset", name, thing, note, declared)
    if isinstance(thing, Explainer):
        return Subject("method", name, thing, note, dict(thing.exceptions))
    library = library_function(thing)
    if library is not None:
        explainer = ForeignExplainer(name, library, library=True, exceptions=declared, **_facts(thing))
        return Subject("method", name, replace(explainer, polarity=getattr(thing, "polarity", None)), "", declared)
    if callable(thing) and not inspect.isclass(thing) and not isinstance(thing, Tensor | Method | nn.Module):
        if _asks_nothing(thing):
            return Subject(_maker_of(thing, name), name, thing, note, declared)
        return Subject("method", name, _plain(thing, name, declared), note, declared)
    raise UsageError(
        f"{shown(thing)} cannot be checked: expected an attribution method, a metric, a model, a dataset, a function "
        "that makes a model or a dataset, a function (model, inputs, targets) -> maps, or a class like Captum's or "
        "zennit's"
    )


def _asks_nothing(function: Any) -> bool:
    """Whether a function can be called without arguments, as those that make models and datasets can."""
    try:
        needed = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return False
    return all(p.default is not p.empty or p.kind is p.VAR_KEYWORD for p in needed)


def _maker_of(function: Any, name: str) -> Sort:
    """What a function without arguments makes, and is checked as."""
    with put_back(), foreign(f"{name}() raises"):
        made = function()
    if isinstance(made, Dataset | DatasetLoader):
        return "dataset"
    if isinstance(made, Model | ModelLoader):
        return "model"
    if isinstance(made, nn.Module):
        raise UsageError(
            f"{name}() makes a bare module, which does not say what its inputs are; let it return a "
            "whybench.protocols.Model with a domain and training samples to have it checked"
        )
    raise UsageError(f"{name}() makes {shown(made)}; expected a model or a dataset from a function without arguments")


def _plain(function: Any, name: str, declared: Mapping[str, str]) -> ForeignExplainer:
    """A function, with what its attributes say of it."""
    return ForeignExplainer(
        name,
        lambda scene, inputs, targets: function(scene.module, inputs, targets),
        polarity=of_function(function).polarity,
        exceptions=declared,
        **_facts(function),
    )


def _facts(thing: Any) -> dict[str, Any]:
    """What a function or a class says of itself by its attributes."""
    said = {name: getattr(thing, name, None) for name in ("stochastic", "signed", "complete", "closed_form")}
    return {**said, "control": bool(getattr(thing, "control", False))}
