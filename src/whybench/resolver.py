"""From a name that a user wrote to the thing that it names.

A spec is a target, then optionally literals in parentheses: `gradient`, `smooth_grad(samples=50)`,
`inverted(gradient)`, `pkg.module:attr`, `my.py:mine(x=1)`. Literals are read, never evaluated. A metric's `preset`
stands for the parameters that it names, `pixel_flipping(preset='rise', region=4)`: what is built, keyed and stored has
them all, and those written beside it come first.
"""

import ast
import importlib.util
import sys
from dataclasses import dataclass
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from typing import Any

from whybench import registries
from whybench.building import build
from whybench.errors import UsageError, WhybenchError
from whybench.foreign import told
from whybench.protocols.metric import Metric, preset_parameters
from whybench.registry import Registry


@dataclass(frozen=True)
class Spec:
    """A parsed name: the target, positional and keyword literals."""

    target: str
    positional: tuple[Any, ...]
    keywords: dict[str, Any]


def parse(text: str) -> Spec:
    """Take a spec apart.

    >>> parse("smooth_grad(samples=50)")
    Spec(target='smooth_grad', positional=(), keywords={'samples': 50})
    >>> parse("inverted(lrp(epsilon=1.0))").positional
    ('lrp(epsilon=1.0)',)
    """
    target, bracket, rest = text.strip().partition("(")
    if not bracket:
        return Spec(target, (), {})
    try:
        call = ast.parse(f"f({rest}", mode="eval").body
    except SyntaxError:
        call = None
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name) or call.func.id != "f" or not target:
        raise UsageError(f"cannot read {text!r}; write name or name(parameter=value, ...)")
    keywords = {}
    for keyword in call.keywords:
        if keyword.arg is None:
            raise UsageError(f"cannot read {text!r}: ** is not allowed")
        keywords[keyword.arg] = _literal(keyword.value, text)
    return Spec(target.strip(), tuple(_literal(value, text) for value in call.args), keywords)


def resolve(registry: Registry[Any], text: str) -> Any:
    """The thing that a spec names: a registered class made with its parameters, or what a module or file holds.

    Raises UnknownName, BadParameter or UsageError, each with the offending text and the way out.
    """
    spec, thing = parse(text), definition(registry, text)
    if isinstance(thing, type) or spec.positional or spec.keywords:
        return build(thing, spec.target, spec.positional, _without_preset(thing, spec.keywords))
    return thing


def _without_preset(thing: Any, keywords: dict[str, Any]) -> dict[str, Any]:
    """The keywords, with the parameters that a metric's preset names in its place."""
    if "preset" not in keywords or not (isinstance(thing, type) and issubclass(thing, Metric)):
        return keywords
    given = {name: value for name, value in keywords.items() if name != "preset"}
    return preset_parameters(thing, keywords["preset"]) | given


def definition(registry: Registry[Any], text: str) -> Any:
    """What a spec's target stands for, before anything is made of it: a class, a function or an object."""
    registries.fill()
    target = parse(text).target
    return registry[target] if ":" not in target or target in registry else _attribute(target)


def _literal(node: ast.expr, text: str) -> Any:
    if isinstance(node, ast.Name | ast.Call) and not (isinstance(node, ast.Name) and node.id in ("inf", "nan")):
        return ast.unparse(node)
    try:
        return ast.literal_eval(node)
    except ValueError:
        raise UsageError(f"cannot read {ast.unparse(node)!r} in {text!r}; only literal values are allowed") from None


def _attribute(target: str) -> Any:
    """`pkg.module:attr` or `path/file.py:attr`."""
    place, _, attribute = target.rpartition(":")
    try:
        module = _load_file(Path(place)) if place.endswith(".py") else import_module(place)
    except WhybenchError:
        raise
    except Exception as error:
        hint = "" if place.endswith(".py") else "; a file is named as path/file.py:attribute"
        raise UsageError(f"cannot import {place!r}: {told(error)}{hint}") from error
    if not hasattr(module, attribute):
        public = [name for name in vars(module) if not name.startswith("_")]
        raise UsageError(f"{place!r} has no {attribute!r}; it has: {', '.join(public[:20])}")
    return getattr(module, attribute)


def _load_file(path: Path) -> Any:
    if not path.is_file():
        raise UsageError(f"no file {str(path)!r}")
    name = f"whybench_user_{sha256(str(path.resolve()).encode()).hexdigest()[:12]}"
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise UsageError(f"{str(path)!r} is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module
