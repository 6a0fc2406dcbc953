"""What methods and metrics share: parameters that are checked, and that are all there is to them."""

import dataclasses
import inspect
import json
from typing import Any, get_type_hints

from whybench.building import build, fits
from whybench.checking.clause import Broken, insist
from whybench.errors import WhybenchError
from whybench.parameters import parameters


def refuse_wrong_values(component: Any, name: str) -> None:
    """Raise Broken where a parameter that does not exist, or one of the wrong type, is accepted."""
    made = type(component)
    hints = get_type_hints(made.__init__)
    plain = [p for p in inspect.signature(made).parameters if not fits(object(), hints.get(p, Any))]
    for parameter, value in [("no_such_parameter", 1), *((p, object()) for p in plain)]:
        try:
            build(made, name, (), {**_needed(component, parameter), parameter: value})
        except WhybenchError:
            continue
        except Exception as error:
            shown = f"{type(error).__name__} ({str(error)[:100]})"
            raise Broken(f"{parameter}={value!r} raises {shown} in place of BadParameter") from error
        raise Broken(f"{parameter}={value!r} is accepted")


def insist_written_and_read(component: Any) -> None:
    """Raise Broken unless the parameters are plain, and an object made from them again is equal."""
    written = json.dumps(parameters(component), allow_nan=False)
    again = type(component)(**{f.name: getattr(component, f.name) for f in dataclasses.fields(component) if f.init})
    insist(json.dumps(parameters(again)) == written, f"{written} is written, {json.dumps(parameters(again))} read back")
    insist(again == component, f"{again!r} does not equal {component!r}")
    insist(hash(again) == hash(component), "two equal objects have different hashes")
    unlike = [(name, value) for name, value in json.loads(written).items() if "object at 0x" in str(value)]
    insist(not unlike, f"parameter {unlike[0][0]!r} is written as {unlike[0][1]!r}" if unlike else "")


def _needed(component: Any, without: str) -> dict[str, Any]:
    """The parameters that it cannot be made without, as it has them."""
    known = inspect.signature(type(component)).parameters.items()
    needed = [name for name, p in known if p.default is inspect.Parameter.empty]
    return {name: getattr(component, name) for name in needed if name != without}
