"""C20 and C22 of what loads a model or a dataset: its options, and that they are all there is to it."""

import dataclasses
from typing import Any

from whybench.checking.clause import Inapplicable, clause
from whybench.checking.components import insist_written_and_read, refuse_wrong_values
from whybench.protocols import DatasetLoader, ModelLoader

VALIDATION = "An option that does not exist, or has a value of the wrong type, is refused."
VALIDATE = "check options in __post_init__ and raise BadParameter with the value"
SPEC = "The options are plain values: written as JSON and read back they make an equal loader with the same hash."
PLAIN = "make options numbers, text or tuples, and the class a frozen dataclass"


@clause(20, "model", "option validation", VALIDATION, VALIDATE)
def model_options(thing: Any) -> None:
    _options(thing)


@clause(22, "model", "serialisable spec", SPEC, PLAIN)
def model_spec(thing: Any) -> None:
    _spec(thing)


@clause(20, "dataset", "option validation", VALIDATION, VALIDATE)
def dataset_options(thing: Any) -> None:
    _options(thing)


@clause(22, "dataset", "serialisable spec", SPEC, PLAIN)
def dataset_spec(thing: Any) -> None:
    _spec(thing)


def _options(thing: Any) -> None:
    refuse_wrong_values(_loader(thing), getattr(thing, "name", type(thing).__name__))


def _spec(thing: Any) -> None:
    insist_written_and_read(_loader(thing))


def _loader(thing: Any) -> Any:
    if not isinstance(thing, ModelLoader | DatasetLoader):
        raise Inapplicable("it is no loader with options")
    if not dataclasses.is_dataclass(thing):
        raise Inapplicable("its class is no dataclass, which has options")
    return thing
