"""What every registered attribution method must hold; new ones are picked up by their registration."""

import dataclasses
import random
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import whybench.methods  # noqa: F401  fills the registry
from whybench import registries
from whybench.checking.quick import FEWER
from whybench.digests import canonical_json
from whybench.domains import Domain, ImageDomain, TabularDomain
from whybench.errors import BadInput, Unsupported
from whybench.explanations import Attribution
from whybench.parameters import parameters
from whybench.protocols import AttributionMethod, Model, Training

EXHAUSTIVE = {"kernel_shap": 10, "shap/kernel": 6}
"""Methods that draw nothing where an input has no more players than this, since they ask all coalitions."""

NAMES = [name for name in registries.methods if registries.methods[name].kind is Attribution]
OWN = [name for name in NAMES if "/" not in name]
ADAPTED = [pytest.param(name, marks=pytest.mark.slow) for name in NAMES if "/" in name]
REFERENCES = Path(__file__).parents[2] / "docs" / "references.bib"
IDS = ("ant", "bee", "cat")
TARGETS = torch.tensor([0, 2, 1])


def image_net() -> nn.Module:
    convolutions = [nn.Conv2d(2, 3, 3, padding=1), nn.BatchNorm2d(3), nn.ReLU(), nn.MaxPool2d(2)]
    return nn.Sequential(*convolutions, nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(), nn.Flatten(), nn.Linear(48, 3))


def table_net() -> nn.Module:
    return nn.Sequential(nn.Linear(5, 6), nn.ReLU(), nn.Linear(6, 3))


def scalar_net() -> nn.Module:
    return nn.Sequential(nn.Linear(5, 6), nn.ReLU(), nn.Linear(6, 1))


@dataclasses.dataclass
class Question:
    """A model, inputs and targets; the module is in train mode with free parameters, as a careless caller has it."""

    model: Model
    inputs: Tensor
    targets: Tensor

    def ask(self, method: AttributionMethod, **options: Any) -> Tensor:
        """The relevance; a model that the method says it does not support is skipped with the reason."""
        asked = {"inputs": self.inputs, "targets": self.targets, "ids": IDS, **options}
        try:
            return method.attribute(self.model, **asked)
        except Unsupported as reason:
            pytest.skip(str(reason))


NETS: dict[str, tuple[Callable[[], nn.Module], tuple[int, ...], Callable[..., Domain]]] = {
    "image": (image_net, (3, 2, 8, 6), ImageDomain),
    "table": (table_net, (3, 5), TabularDomain),
    "scalar": (scalar_net, (3, 5), TabularDomain),
}


@pytest.fixture(params=NETS)
def question(request: pytest.FixtureRequest) -> Question:
    net, shape, domain = NETS[request.param]
    generator = torch.Generator().manual_seed(11)
    module = net().double()
    for parameter in module.parameters():
        parameter.data = torch.randn(parameter.shape, generator=generator, dtype=torch.float64) / 2
    for layer in module.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.running_var.copy_(torch.rand(3, generator=generator) + 0.5)
    inputs = torch.randn(shape, generator=generator, dtype=torch.float64)
    model = Model(
        name=request.param,
        module=module.train(),
        domain=domain(low=-4.0, high=4.0, mean=0.25),
        output="scalar" if request.param == "scalar" else "classes",
        layers={"cam": "4"} if request.param == "image" else {},
        training=Training(
            torch.randn((12, *shape[1:]), generator=generator, dtype=torch.float64), torch.arange(12) % 3
        ),
    )
    return Question(model, inputs, torch.zeros(3, dtype=torch.int64) if model.output == "scalar" else TARGETS)


def made(name: str) -> AttributionMethod:
    method = registries.methods[name](**FEWER.get(name, {}))
    assert isinstance(method, AttributionMethod)
    return method


@pytest.fixture(params=OWN)
def own(request: pytest.FixtureRequest) -> AttributionMethod:
    return made(request.param)


@pytest.fixture(params=[*OWN, *ADAPTED])
def method(request: pytest.FixtureRequest) -> AttributionMethod:
    """Own methods and adapted ones, for what the adapter itself must hold."""
    return made(request.param)


def distance(a: Tensor, b: Tensor) -> float:
    """The largest difference relative to the largest value."""
    return ((a - b).abs().max() / b.abs().max().clamp(min=1.0)).item()


def test_shape_and_dtype_are_as_declared(method, question):
    relevance = question.ask(method)
    shape = question.inputs.shape
    spatial = method.grid == "spatial" and len(shape) == 4
    assert relevance.shape == ((3, 1, *shape[2:]) if spatial else shape)
    assert relevance.dtype == torch.float64
    assert relevance.device == question.inputs.device
    assert not relevance.requires_grad


def test_float32_gives_floats_close_to_float64(own, question):
    exact = question.ask(own)
    question.model.module.float()
    rounded = dataclasses.replace(question.model, training=question.model.training.to(question.inputs.float()))
    rough = dataclasses.replace(question, model=rounded).ask(own, inputs=question.inputs.float())
    assert rough.dtype in (torch.float32, torch.float64)
    assert rough.shape == exact.shape
    if not own.stochastic:
        assert distance(rough.double(), exact) <= 1e-4


def test_asking_twice_gives_the_same_bits(method, question):
    assert torch.equal(question.ask(method), question.ask(method))


def test_the_seed_matters_exactly_where_stochastic_is_declared(method, question):
    same = torch.equal(question.ask(method, seed=0), question.ask(method, seed=1))
    few = question.inputs[0].numel() <= EXHAUSTIVE.get(method.name, 0)
    assert same != (method.stochastic and not few)


@pytest.mark.parametrize("rows", [1, 2])
def test_batch_size_does_not_matter(rows, method, question):
    assert distance(question.ask(method, batch_size=rows), question.ask(method)) <= 1e-12


def test_order_and_company_do_not_matter(own, question):
    whole = question.ask(own)
    order = torch.tensor([2, 0, 1])
    shuffled = question.ask(
        own,
        inputs=question.inputs[order],
        targets=question.targets[order],
        ids=[IDS[i] for i in order],
    )
    assert distance(shuffled, whole[order]) <= 1e-12
    alone = question.ask(own, inputs=question.inputs[1:2], targets=question.targets[1:2], ids=IDS[1:2])
    assert distance(alone, whole[1:2]) <= 1e-12


def test_memory_layout_does_not_matter(own, question):
    strided = torch.stack([question.inputs, question.inputs], -1)[..., 0]
    assert not strided.is_contiguous()
    assert distance(question.ask(own, inputs=strided), question.ask(own)) <= 1e-12


def parameters_text(method: AttributionMethod) -> str:
    return canonical_json({"name": method.name, **parameters(method)})


def state(model: Model, inputs: Tensor) -> dict[str, Any]:
    """Everything that a method must leave as it was, in comparable values."""
    hooks = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")
    numpy_state = np.random.get_state()  # noqa: NPY002 the legacy generator is the global one
    return {
        "tensors": {name: value.numpy().tobytes() for name, value in model.module.state_dict().items()},
        "modules": {
            name: (type(m), m.training, sorted(vars(m)), [list(getattr(m, h)) for h in hooks], "forward" in vars(m))
            for name, m in model.module.named_modules()
        },
        "gradients": [(p.requires_grad, p.grad is None) for p in model.module.parameters()],
        "inputs": (inputs.numpy().tobytes(), inputs.requires_grad, inputs.grad is None, inputs.stride()),
        "generators": (random.getstate(), str(numpy_state), torch.get_rng_state().tolist()),
        "numpy": numpy_state[1].tolist(),
        "modes": (torch.is_grad_enabled(), torch.is_inference_mode_enabled(), torch.get_default_dtype()),
    }


def test_nothing_is_left_behind(method, question):
    before = state(question.model, question.inputs)
    question.ask(method, batch_size=2)
    assert state(question.model, question.inputs) == before


class Fault(Exception):
    """What the faulty model raises."""


@pytest.mark.parametrize("call", [0, 1])
def test_nothing_is_left_behind_when_the_model_raises(call, method, question):
    calls = iter(range(1000))

    def fail(*_: object) -> None:
        if next(calls) >= call:
            raise Fault

    question.model.module[-1].register_forward_pre_hook(fail)
    before = state(question.model, question.inputs)
    raised = False
    try:
        question.ask(method, batch_size=2)
    except Fault:
        raised = True
    assert raised or method.control
    assert state(question.model, question.inputs) == before


def test_nan_inputs_are_refused(method, question):
    question.inputs[1].view(-1)[0] = float("nan")
    with pytest.raises(BadInput, match=r"not finite at positions \[1\]"):
        question.ask(method)


def test_the_reference_is_in_the_bibliography(method):
    known = re.findall(r"^@\w+\{([^,]+),", REFERENCES.read_text(encoding="utf-8"), re.MULTILINE)
    assert method.reference in known or (method.control and not method.reference)


def test_the_docstring_names_the_reference(own):
    assert own.reference in (type(own).__doc__ or "")


def test_parameters_are_plain_values_and_the_object_is_a_value(method):
    again = type(method)(**FEWER.get(method.name, {}))
    assert again == method
    assert hash(again) == hash(method)
    assert parameters_text(again) == parameters_text(method)


@pytest.mark.parametrize("name", ["input_difference", "captum/deep_lift_shap", "captum/gradient_shap"])
def test_a_map_does_not_depend_on_its_company_where_no_domain_is_given(name: str) -> None:
    generator = torch.Generator().manual_seed(3)
    net = torch.nn.Sequential(torch.nn.Linear(5, 7), torch.nn.ReLU(), torch.nn.Linear(7, 3)).double()
    for parameter in net.parameters():
        parameter.data = torch.randn(parameter.shape, generator=generator, dtype=torch.float64)
    inputs = torch.randn(4, 5, generator=generator, dtype=torch.float64)
    method, ids, bounds = registries.methods[name](), ["a", "b", "c", "d"], (-4.0, 4.0)
    together = method.attribute(net, inputs, 1, ids=ids, bounds=bounds)
    for i, sample in enumerate(ids):
        alone = method.attribute(net, inputs[i : i + 1], 1, ids=[sample], bounds=bounds)
        torch.testing.assert_close(alone[0], together[i], rtol=0, atol=1e-12)
