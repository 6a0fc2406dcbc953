"""What named modules read and make during a watched forward pass."""

from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor, nn

from whybench.errors import UnknownName, Unsupported
from whybench.methods.attribution.backpropagation.calls import Call
from whybench.methods.attribution.backpropagation.recording import Interpreter, module_names, running


class ModuleTensors:
    """Notes what the first operation of each named module reads and what its last one makes.

    An operation belongs to the module in whose forward pass it runs, and to all modules around that one; functional
    operations too. What a module reads is the first input-dependent argument of its first operation; of a module that
    runs several times, what the first run reads and what the last one makes.

    Raises UnknownName, with close matches, for names that the module does not have.
    """

    def __init__(self, interpreter: Interpreter, module: nn.Module, wanted: Sequence[str]) -> None:
        self.interpreter = interpreter
        self.names = module_names(module)
        for name in wanted:
            if name not in self.names.values():
                raise UnknownName("layer", name, [known for known in self.names.values() if known])
        self.wanted = wanted
        self.read: dict[str, Tensor] = {}
        self.made: dict[str, Tensor] = {}

    def __call__(self, call: Call) -> Any:
        result, place = self.interpreter(call), running(self.names)
        for name in self.wanted:
            if name in ("", place) or place.startswith(f"{name}."):
                self.read.setdefault(name, call.dependent[0])
                if isinstance(result, Tensor):
                    self.made[name] = result
        return result

    def tensors(self, at: str) -> Mapping[str, Tensor]:
        """By name, the tensors at the modules' "input" or "output"; raises Unsupported for those that ran nothing."""
        found = self.read if at == "input" else self.made
        for name in self.wanted:
            if name not in found:
                raise Unsupported(f"no operation that depends on the input runs in module {name!r}")
        return found
