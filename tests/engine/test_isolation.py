"""What others' code leaves behind is put back and named: generators, modes, hooks and weights."""

import random
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from whybench import evaluate
from whybench.isolation import isolated


@pytest.fixture
def net() -> nn.Module:
    module = nn.Sequential(nn.Linear(4, 5), nn.BatchNorm1d(5), nn.ReLU(), nn.Linear(5, 3)).double().eval()
    module[0].weight.data[0, 0] = float("nan")
    module[1].running_mean.copy_(torch.arange(5.0))
    return module


def multiply_data(module: nn.Module) -> None:
    module[0].weight.data.mul_(2)


def write_in_place(module: nn.Module) -> None:
    with torch.no_grad():
        module[1].running_mean.zero_()


def replace_values(module: nn.Module) -> None:
    module[3].bias.data = torch.zeros(7, dtype=torch.float64)


def replace_parameter(module: nn.Module) -> None:
    module[3].weight = nn.Parameter(torch.zeros(3, 5, dtype=torch.float64))


def delete_buffer(module: nn.Module) -> None:
    del module[1].running_var


def cast(module: nn.Module) -> None:
    module.float()


@pytest.mark.parametrize(
    ("harm", "changed"),
    [
        (multiply_data, 1),
        (write_in_place, 1),
        (replace_values, 1),
        (replace_parameter, 1),
        (delete_buffer, 1),
        (cast, 8),
    ],
)
def test_weights_are_put_back(net: nn.Module, harm: Callable[[nn.Module], None], changed: int) -> None:
    before = {name: tensor.clone() for name, tensor in net.state_dict().items()}
    parameters = list(net.parameters())
    notes: list[str] = []

    def run() -> None:
        with isolated("they", net, notes.append):
            harm(net)
            raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011 raised just above
        run()
    assert notes == [f"they changed {changed} parameters or buffers of the model; they were put back"]
    after = net.state_dict()
    assert after.keys() == before.keys()
    for name, tensor in before.items():
        assert after[name].dtype == tensor.dtype
        torch.testing.assert_close(after[name], tensor, rtol=0, atol=0, equal_nan=True)
    assert all(a is b for a, b in zip(net.parameters(), parameters, strict=True))


def test_who_leaves_nothing_is_not_named(net: nn.Module) -> None:
    notes: list[str] = []
    with isolated("they", net, notes.append):
        net(torch.zeros(2, 4, dtype=torch.float64))
    assert notes == []


def test_all_at_once(net: nn.Module) -> None:
    notes: list[str] = []
    torch.manual_seed(3)
    generators = random.getstate(), np.random.get_state()[1].copy(), torch.get_rng_state()  # noqa: NPY002
    with isolated("they", net, notes.append):
        random.random()
        np.random.rand()  # noqa: NPY002
        torch.rand(1)
        torch.set_grad_enabled(False)
        torch.set_default_dtype(torch.float64)
        net[0].register_forward_hook(lambda *args: None)
        net.register_full_backward_hook(lambda *args: None)
        multiply_data(net)
    assert notes == [
        "they moved the global random generators of random, numpy, torch; they were put back",
        "they changed torch's grad mode or default dtype; they were put back",
        "they left 2 hooks on the model; they were removed",
        "they changed 1 parameters or buffers of the model; they were put back",
    ]
    assert random.getstate() == generators[0]
    assert (np.random.get_state()[1] == generators[1]).all()  # noqa: NPY002
    assert torch.equal(torch.get_rng_state(), generators[2])
    assert torch.is_grad_enabled()
    assert torch.get_default_dtype() == torch.float32


def test_a_method_that_writes_weights_harms_no_other() -> None:
    generator = torch.Generator().manual_seed(0)
    net = nn.Linear(4, 3, dtype=torch.float64)
    net.weight.data = torch.randn(3, 4, generator=generator, dtype=torch.float64)
    inputs = torch.randn(5, 4, generator=generator, dtype=torch.float64)

    def trains(module: nn.Module, given: Tensor, targets: Tensor) -> Tensor:
        module.weight.data.zero_()
        return given

    alone = evaluate(net, inputs, methods=["gradient"], metrics=["srg"]).scores["score"]
    both = evaluate(net, inputs, methods=[trains, "gradient"], metrics=["srg"]).scores
    assert both[both["method"] == "gradient"]["score"].tolist() == alone.tolist()
