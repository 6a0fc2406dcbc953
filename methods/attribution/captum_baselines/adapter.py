"""How Captum is asked: nothing is left behind, and a sample gets the same answer in any batch and order."""

import copy
import warnings
from abc import abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from whybench.errors import MissingExtra, Unsupported
from whybench.isolation import generators_from
from whybench.protocols import AttributionMethod, Model, Query
from whybench.streams import Streams


@dataclass(frozen=True, eq=False)
class Question:
    """The samples of one call, as Captum takes them.

    inputs: (n, ...), a copy of the query's; targets: (n,) int64; rows: how many rows go into one pass.
    """

    model: Model
    inputs: Tensor
    targets: Tensor
    rows: int
    streams: Streams

    @property
    def module(self) -> nn.Module:
        return self.model.module

    @property
    def target(self) -> Tensor | None:
        """What Captum selects from the module's own outputs: the classes, or nothing where there is one output."""
        return None if self.model.output == "scalar" else self.targets

    @property
    def baseline(self) -> Tensor:
        """The domain's reference input, shaped like `inputs`."""
        return self.model.domain.like(self.model.domain.baseline, self.inputs).clone()

    @property
    def perturbations_per_eval(self) -> int:
        """How many perturbed copies of all samples fit into one pass."""
        return max(1, self.rows // len(self.inputs))

    def explained(self, inputs: Tensor, targets: Tensor) -> Tensor:
        """The forward function: the explained scalar of each row; Captum repeats `targets` as it repeats rows.

        Beside inputs in half precision Captum draws in float32: the module gets the type that it has.
        """
        rows = self.model.copied(inputs.to(self.inputs.dtype))
        return self.model.explained(self.model.module(rows), targets)


class CaptumMethod(AttributionMethod):
    """A method of Captum's; subclasses say in `ask` which class is called with which arguments.

    Captum gets copies of the inputs. What hooks modules or sets attributes on them gets a copy of the module too,
    since Captum does not always clean up, least of all after an exception. The global generators are set from the
    sample's own stream for the time of the call and put back. Values come back in the inputs' dtype; the classes
    that compute in float32 whatever they are given are no more exact than that.
    """

    libraries: ClassVar[tuple[str, ...]] = ("captum",)
    alone: ClassVar[bool] = False
    """Whether each sample needs a call of its own: random draws, or arithmetic that mixes the samples of a batch."""
    hooks: ClassVar[bool] = False
    """Whether Captum reaches into the module rather than calling a function."""

    @abstractmethod
    def ask(self, captum: Any, question: Question) -> Tensor:
        """Captum's answer for a few samples; `captum` is the package `captum.attr`."""

    def check(self, model: Model, sample: Tensor) -> None:
        """Raise Unsupported where Captum would fail, or be silently wrong, on this model; `sample` is one input."""

    def relevance(self, query: Query) -> Tensor:
        captum = captum_attr()
        with torch.inference_mode(False), torch.enable_grad():
            model = query.model.with_module(copy.deepcopy(query.model.module)) if self.hooks else query.model
            self.check(model, query.inputs[:1].clone())
            answers = []
            size = 1 if self.alone else query.rows
            for start in range(0, len(query), size):
                part = slice(start, start + size)
                question = Question(model, query.inputs[part].clone(), query.targets[part], query.rows, query.streams)
                seed = query.streams.generator(self.name, query.ids[start]).initial_seed()
                with generators_from(seed), quiet():
                    answers.append(self._answer(captum, question).detach().to(query.inputs))
        return torch.cat(answers)

    def _answer(self, captum: Any, question: Question) -> Tensor:
        try:
            return self.ask(captum, question)
        except RuntimeError as error:
            if "used more than once" in str(error):
                raise Unsupported(
                    f"{self.name} needs every module to run once; model {question.model.name!r} reuses one: {error}"
                ) from error
            raise


def captum_attr() -> Any:
    """The package `captum.attr`, imported at first use; raises MissingExtra where it is not installed."""
    try:
        from captum import attr
    except ImportError as error:
        raise MissingExtra("captum") from error
    return attr


@contextmanager
def quiet() -> Iterator[None]:
    """Without Captum's notes that it is about to set hooks or gradients, which it takes back, and a false alarm.

    Captum fits a Lasso in float32, where its duality gap may stall above scikit-learn's tolerance while the
    coefficients have settled: a hundred times the iterations give the same bits, and before scikit-learn 1.8 move
    them by less than 1e-3 of the largest.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Setting (forward, )?backward hooks")
        warnings.filterwarnings("ignore", message="Objective did not converge")
        warnings.filterwarnings("ignore", message=r"Input Tensor \d+ did not already require gradients")
        yield
