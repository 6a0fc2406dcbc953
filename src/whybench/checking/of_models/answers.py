"""C2, C7, C8 and C21 of models: the type of answers, their company, and that nothing is kept from call to call."""

import copy

import torch
from torch import Tensor

from whybench.checking.clause import Inapplicable, clause, insist
from whybench.checking.of_models.models import inputs_of, loaded
from whybench.checking.trial import insist_same
from whybench.protocols import Model
from whybench.protocols.asking import predict
from whybench.suite import ModelLike

DOUBLE = 1e-4
LARGE = 100.0


def asked(thing: ModelLike) -> tuple[Model, Tensor]:
    model = loaded(thing)
    return model, inputs_of(thing, model)


def within(inputs: Tensor) -> float:
    return 1e-12 if inputs.dtype == torch.float64 else 1e-5


@clause(
    2,
    "model",
    "type",
    "Outputs have the inputs' type; a copy of the module in float64 answers in float64, to 1e-4 of the same.",
    "make constants buffers, or of the inputs' type with x.new_tensor(...), so that module.double() reaches them",
)
def types(thing: ModelLike) -> None:
    model, inputs = asked(thing)
    outputs = predict(model, inputs)
    insist(outputs.dtype == inputs.dtype, f"outputs in {outputs.dtype} for inputs in {inputs.dtype}")
    if not any(parameter.is_floating_point() for parameter in model.module.parameters()):
        raise Inapplicable("it has no weights that could be brought to float64")
    double = predict(model.with_module(copy.deepcopy(model.module).double()), inputs.double())
    insist(double.dtype == torch.float64, f"in float64 outputs are {double.dtype}")
    insist_same(outputs.double(), double, DOUBLE, (f"in {inputs.dtype}", "in float64"))


@clause(
    7,
    "model",
    "order equivariance",
    "Samples in another order have the same outputs in that order: to 1e-5 of the largest, to 1e-12 in float64.",
    "an output may depend on its own sample only, never on the position in the batch",
)
def order(thing: ModelLike) -> None:
    model, inputs = asked(thing)
    turned = torch.arange(len(inputs)).flip(0)
    found, wanted = predict(model, inputs[turned]), predict(model, inputs)[turned]
    insist_same(found, wanted, within(inputs), ("in another order", "in the first"))


@clause(
    8,
    "model",
    "cross-sample isolation",
    "Another first sample leaves the outputs of all others as they were.",
    "call eval(), and take no statistics over the first dimension",
)
def isolation(thing: ModelLike) -> None:
    model, inputs = asked(thing)
    if len(inputs) < 2:
        raise Inapplicable("there is one sample only")
    other = torch.cat([LARGE * inputs[:1], inputs[1:]])
    found, wanted = predict(model, other)[1:], predict(model, inputs)[1:]
    insist_same(found, wanted, within(inputs), ("beside a sample 100 times as large", "beside the first"))


@clause(
    21,
    "model",
    "idempotent module",
    "An answer leaves nothing behind: asked again after other inputs it says the same, and so does a deep copy.",
    "keep no state between calls, and nothing in the module that cannot be copied",
)
def idempotent(thing: ModelLike) -> None:
    model, inputs = asked(thing)
    wanted = predict(model, inputs)
    predict(model, inputs.flip(0) / 2)
    insist_same(predict(model, inputs), wanted, 0.0, ("asked again after others", "the first time"))
    copied = predict(model.with_module(copy.deepcopy(model.module)), inputs)
    insist_same(copied, wanted, 0.0, ("by a deep copy", "by the module"))
