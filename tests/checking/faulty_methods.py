"""A sound gradient, and the same with one fault each."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from whybench.explanations import Polarity
from whybench.methods.attribution import Lrp
from whybench.protocols import AttributionMethod, Query

Answer = Callable[[nn.Module, Tensor, Tensor], Any]


def said(answer: Answer, **facts: object) -> Answer:
    """A function that says something of itself."""
    for name, value in facts.items():
        setattr(answer, name, value)
    return answer


def by_size(answer: Answer) -> Answer:
    """The size of a value is its relevance, as of a gradient's."""
    return said(answer, polarity="sensitivity")


@by_size
def gradient(model: nn.Module, inputs: Tensor, targets: Tensor) -> Tensor:
    with torch.inference_mode(False), torch.enable_grad():
        leaf = inputs.detach().clone().requires_grad_()
        chosen = model(leaf.clone()).gather(1, targets.clone()[:, None]).sum()
        (found,) = torch.autograd.grad(chosen, leaf)
    return found


def product(model: nn.Module, inputs: Tensor, targets: Tensor) -> Tensor:
    return inputs.clone() * gradient(model, inputs, targets)


def changed(change: Callable[[Tensor], Tensor], answer: Answer = gradient, **facts: object) -> Answer:
    facts = {"polarity": getattr(answer, "polarity", "contribution"), **facts}
    return said(lambda model, inputs, targets: change(answer(model, inputs, targets)), **facts)


@by_size
def backward(model: nn.Module, inputs: Tensor, targets: Tensor) -> Tensor:
    with torch.inference_mode(False), torch.enable_grad():
        leaf = inputs.detach().clone().requires_grad_()
        model(leaf.clone()).gather(1, targets.clone()[:, None]).sum().backward()
        assert leaf.grad is not None
        return leaf.grad


@by_size
def on_the_input_itself(model: nn.Module, inputs: Tensor, targets: Tensor) -> Tensor:
    with torch.inference_mode(False), torch.enable_grad():
        inputs = inputs.clone() if inputs.is_inference() else inputs
        inputs.requires_grad_()
        return torch.autograd.grad(model(inputs.clone()).gather(1, targets.clone()[:, None]).sum(), inputs)[0]


@by_size
def hooked(model: nn.Module, inputs: Tensor, targets: Tensor) -> Tensor:
    """The hook is not removed in `finally`."""
    handle = model.register_forward_hook(lambda *_: None)
    found = gradient(model, inputs, targets)
    handle.remove()
    return found


@by_size
def viewed(model: nn.Module, inputs: Tensor, targets: Tensor) -> Tensor:
    return gradient(model, inputs.view(len(inputs), -1).reshape(inputs.shape), targets)


@by_size
def counting(model: nn.Module, inputs: Tensor, targets: Tensor) -> Tensor:
    KEPT.append(torch.empty(0))
    return gradient(model, inputs, targets) + len(KEPT)


def over_its_size(model: nn.Module, inputs: Tensor, targets: Tensor) -> Tensor:
    found = product(model, inputs, targets)
    return found / found.flatten(1).abs().amax(1).view(-1, *[1] * (found.ndim - 1))


@by_size
def squared(model: nn.Module, inputs: Tensor, targets: Tensor) -> Tensor:
    return gradient(model, inputs, targets) * (inputs**20) / (inputs**20 + 1)


@by_size
def of_the_first_class(model: nn.Module, inputs: Tensor, targets: Tensor) -> Tensor:
    return gradient(model, inputs, torch.zeros_like(targets))


@by_size
def guided_modules(model: nn.Module, inputs: Tensor, targets: Tensor) -> Tensor:
    """Rectifiers are told by their modules; functions pass with their gradient, in silence."""
    turned = [
        part.register_full_backward_hook(lambda module, into, out: (into[0].clamp(min=0),))
        for part in model.modules()
        if isinstance(part, nn.ReLU) and not part.inplace
    ]
    try:
        return gradient(model, inputs, targets)
    finally:
        for handle in turned:
            handle.remove()


KEPT: list[Tensor] = []
NOW: dict[str, Tensor] = {}


@by_size
def through_a_global(model: nn.Module, inputs: Tensor, targets: Tensor) -> Tensor:
    """Targets lie where another thread lays its own."""
    NOW["targets"] = targets.clone()
    with torch.inference_mode(False), torch.enable_grad():
        leaf = inputs.detach().clone().requires_grad_()
        outputs = model(leaf.clone())
        rows = NOW["targets"][torch.arange(len(outputs)) % len(NOW["targets"])]
        (found,) = torch.autograd.grad(outputs.gather(1, rows[:, None]).sum(), leaf)
    return found


@by_size
def by_hash(model: nn.Module, inputs: Tensor, targets: Tensor) -> Tensor:
    """The hash of text is another in every process."""
    return gradient(model, inputs, targets) * (1 + hash("seed") % 1000)


@by_size
def by_threads(model: nn.Module, inputs: Tensor, targets: Tensor) -> Tensor:
    return gradient(model, inputs, targets) / torch.get_num_threads()


def over_its_length(model: nn.Module, inputs: Tensor, targets: Tensor) -> Tensor:
    """In half precision the squares have no room."""
    found = 1e4 * product(model, inputs, targets)
    return found / found.square().flatten(1).sum(1).sqrt().view(-1, *[1] * (found.ndim - 1)).clamp(min=1e-2)


@by_size
def in_float32(model: nn.Module, inputs: Tensor, targets: Tensor) -> Tensor:
    """Noise of another type than the model's, where that is less than float32."""
    noise = torch.zeros(inputs.shape, dtype=torch.promote_types(inputs.dtype, torch.float32))
    return gradient(model, inputs + noise, targets)


@by_size
def of_the_probability(model: nn.Module, inputs: Tensor, targets: Tensor) -> Tensor:
    """A softmax by its formula."""
    with torch.inference_mode(False), torch.enable_grad():
        leaf = inputs.detach().clone().requires_grad_()
        raised = model(leaf.clone()).exp()
        (found,) = torch.autograd.grad((raised / raised.sum(1, keepdim=True)).gather(1, targets[:, None]).sum(), leaf)
    return found


def saliency(model: nn.Module, inputs: Tensor, targets: Tensor) -> Tensor:
    return gradient(model, inputs, targets).abs()


def saliency_without_its_abs(model: nn.Module, inputs: Tensor, targets: Tensor) -> Tensor:
    return gradient(model, inputs, targets)


def saliency_of_images(model: nn.Module, inputs: Tensor, targets: Tensor) -> Tensor:
    """The largest channel's, without its abs."""
    return gradient(model, inputs, targets).amax(1, keepdim=True)


def said_to_be_z_plus(model: nn.Module, inputs: Tensor, targets: Tensor) -> Tensor:
    """The epsilon rule, which conserves as z+ does."""
    return product(model, inputs, targets)


said_to_be_z_plus = said(said_to_be_z_plus, complete="f(x)", closed_form="lrp epsilon_plus")


@by_size
def hoarding(model: nn.Module, inputs: Tensor, targets: Tensor) -> Tensor:
    KEPT.append(gradient(model, inputs, targets))
    return KEPT[-1].clone()


@by_size
def numpy_noise(model: nn.Module, inputs: Tensor, targets: Tensor) -> Tensor:
    return gradient(model, inputs, targets) + float(np.random.rand())  # noqa: NPY002


@by_size
def moving(model: nn.Module, inputs: Tensor, targets: Tensor) -> Tensor:
    torch.rand(1)
    return gradient(model, inputs, targets)


def by_place(found: Tensor) -> Tensor:
    return found + torch.arange(found.shape[1]).to(found).view(1, -1, *[1] * (found.ndim - 2))


def by_position(found: Tensor) -> Tensor:
    return found * (1 + torch.arange(len(found)).to(found)).view(-1, *[1] * (found.ndim - 1))


class Attributing:
    """The shape of Captum's classes."""

    def __init__(self, model: nn.Module) -> None:
        self.model = model

    def attribute(self, inputs: Tensor, target: Tensor) -> Tensor:
        return gradient(self.model, inputs, target)


class Refusing(Attributing):
    """Refuses what is not finite, and puts the mode back."""

    def attribute(self, inputs: Tensor, target: Tensor) -> Tensor:
        if not torch.isfinite(inputs).all():
            raise ValueError("the inputs are not finite")
        if self.model.training:
            raise ValueError("the model is in train mode")
        return super().attribute(inputs, target)


class Bare(Refusing):
    """Gradients are taken to be on."""

    def attribute(self, inputs: Tensor, target: Tensor) -> Tensor:
        super().attribute(inputs, target)
        leaf = inputs.detach().clone().requires_grad_()
        return torch.autograd.grad(self.model(leaf.clone()).gather(1, target[:, None]).sum(), leaf)[0]


class Filling(Refusing):
    """NaN is taken for 0."""

    def attribute(self, inputs: Tensor, target: Tensor) -> Tensor:
        return super().attribute(inputs.nan_to_num(posinf=0), target)


class Careless(Refusing):
    """Takes the model in any mode."""

    def attribute(self, inputs: Tensor, target: Tensor) -> Tensor:
        if not torch.isfinite(inputs).all():
            raise ValueError("the inputs are not finite")
        return gradient(self.model, inputs, target)


@dataclass(frozen=True)
class Own(AttributionMethod):
    """The gradient as a method of whybench's protocol."""

    name: ClassVar[str] = "own"
    reference: ClassVar[str] = ""

    polarity: Polarity = field(default="sensitivity", kw_only=True)

    def relevance(self, query: Query) -> Tensor:
        return query.gradient(query.inputs, torch.arange(len(query)))


@dataclass(frozen=True)
class SaidToDraw(Own):
    stochastic: ClassVar[bool] = True


@dataclass(frozen=True, init=False)
class TakesAnything(Own):
    def __init__(self, **options: object) -> None:
        object.__setattr__(self, "polarity", "contribution")


RULE = object()


@dataclass(frozen=True)
class HoldsAnObject(Own):
    rule: object = RULE


@dataclass(frozen=True)
class MutatedLrp(Lrp):
    """A rule in which the upper half of the relevance is passed down twice."""

    name: ClassVar[str] = "mutated_lrp"

    def relevance(self, query: Query) -> Tensor:
        found = super().relevance(query)
        return torch.where(found > 0, 2 * found, found)
