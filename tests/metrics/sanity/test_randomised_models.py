"""Randomised copies: what changes, what must not, and which are of no use."""

from collections.abc import Callable
from dataclasses import replace
from itertools import combinations
from typing import Literal

import pytest
import torch
from torch import Tensor, nn

from whybench.errors import Unsupported
from whybench.meter import Meter
from whybench.metrics.attribution.randomised_models import (
    Randomisation,
    Twin,
    noise_probes,
    randomised_weights,
    responds,
)
from whybench.protocols import Model
from whybench.protocols.asking import domain_of, wrap
from whybench.streams import Streams

ALL = ["6.weight", "6.bias", "5.weight", "5.bias", "3.weight", "1.weight", "1.bias", "0.weight", "0.bias"]


def randomised(model: Model, names: list[str], how: Randomisation, streams: Streams, seed: int) -> Model:
    """A copy of its own."""
    return Twin(model).holding(randomised_weights(model, names, how, streams, seed))


@pytest.fixture
def model(cnn: nn.Module, images: Tensor) -> Model:
    return wrap(cnn, images)


def test_shuffled_weights_are_the_same_values(model: Model) -> None:
    copy = randomised(model, ALL, "shuffle", Streams(0), 0).module
    for name, values in model.module.named_parameters():
        other = copy.get_parameter(name)
        assert torch.equal(values.flatten().sort().values, other.flatten().sort().values)
        assert not torch.equal(values, other)


def test_shuffles_are_those_of_the_named_stream(model: Model) -> None:
    copy = randomised(model, ["5.weight"], "shuffle", Streams(4), 2).module
    order = torch.randperm(4 * 288, generator=Streams(4).generator("mprt/5.weight", "2"))
    before = model.module.get_parameter("5.weight").flatten().tolist()
    assert copy.get_parameter("5.weight").flatten().tolist() == [before[i] for i in order.tolist()]


def test_redrawn_weights_have_mean_and_spread_of_the_tensor(model: Model) -> None:
    copy = randomised(model, ALL, "redraw", Streams(0), 0).module
    before = model.module.get_parameter("5.weight")
    noise = torch.randn(before.shape, generator=Streams(0).generator("mprt/5.weight", "0"), dtype=torch.float64)
    expected = before.numpy(force=True).mean() + before.numpy(force=True).std() * noise.numpy()
    torch.testing.assert_close(copy.get_parameter("5.weight").detach(), torch.from_numpy(expected), rtol=0, atol=1e-14)


@pytest.mark.parametrize("how", ["shuffle", "redraw"])
def test_buffers_and_other_layers_are_kept(model: Model, how: Literal["shuffle", "redraw"]) -> None:
    copy = randomised(model, ["1.weight", "1.bias"], how, Streams(0), 0).module
    for name, tensor in model.module.state_dict().items():
        assert torch.equal(tensor, copy.state_dict()[name]) == (name not in ("1.weight", "1.bias"))


def test_the_original_keeps_every_bit(model: Model) -> None:
    before = {name: tensor.clone() for name, tensor in model.module.state_dict().items()}
    digest = model.digest
    copy = randomised(model, ALL, "redraw", Streams(0), 0)
    assert all(torch.equal(before[name], tensor) for name, tensor in model.module.state_dict().items())
    assert copy.digest != digest
    assert replace(model).digest == digest


@pytest.mark.parametrize("how", ["shuffle", "redraw"])
def test_equal_layers_get_different_weights(how: Literal["shuffle", "redraw"]) -> None:
    module = nn.Sequential(*(nn.Linear(8, 8, dtype=torch.float64) for _ in range(4)))
    for layer in module:
        layer.load_state_dict(module[0].state_dict())
    names = [name for name, _ in module.named_parameters()]
    model = wrap(module, torch.randn(2, 8, dtype=torch.float64))
    weights = []
    for seed in range(2):
        copy = randomised(model, names, how, Streams(0), seed).module
        weights += [copy.get_parameter(f"{i}.weight") for i in range(4)]
    for a, b in combinations(weights, 2):
        assert not torch.equal(a, b)
        assert abs(torch.corrcoef(torch.stack([a.flatten(), b.flatten()]))[0, 1].item()) < 0.5


def test_a_tensor_gets_the_same_weights_whatever_else_is_randomised(model: Model) -> None:
    alone = randomised(model, ["3.weight"], "shuffle", Streams(0), 1).module
    at_once = randomised(model, ALL, "shuffle", Streams(0), 1).module
    assert torch.equal(alone.get_parameter("3.weight"), at_once.get_parameter("3.weight"))


def test_a_twin_forgets_what_it_held_and_what_was_done_to_it(model: Model, images: Tensor) -> None:
    twin = Twin(model)
    first = twin.holding(randomised_weights(model, ALL, "shuffle", Streams(0), 0))
    with torch.no_grad():
        for tensor in (*first.module.parameters(), *first.module.buffers()):
            tensor.fill_(9)
    first.module[1].running_mean = torch.ones(3)
    second = twin.holding({})
    assert second.module is not first.module
    assert second.digest == model.digest
    assert torch.equal(second.module(images), model.module(images))


def test_no_global_generator_moves(model: Model) -> None:
    state = torch.get_rng_state()
    randomised(model, ALL, "redraw", Streams(0), 0)
    responds(model, torch.ones(2, 2, 9, 8, dtype=torch.float64), 64)
    assert torch.equal(state, torch.get_rng_state())


def test_a_module_that_cannot_be_copied_is_unsupported(model: Model) -> None:
    module = nn.Linear(2, 2)
    module.derived = module.weight * 2  # no leaf, hence not copied by torch
    with pytest.raises(Unsupported, match="model 'model' cannot be copied to be randomised"):
        randomised(wrap(module, torch.zeros(1, 2)), ["weight"], "shuffle", Streams(0), 0)


def test_passes_through_copies_are_counted(model: Model, images: Tensor) -> None:
    meter = Meter()
    with meter.watching(model.module):
        randomised(model, ALL, "shuffle", Streams(0), 0).module(images)
    assert meter.forward == 5
    assert not model.module._forward_hooks


@pytest.mark.parametrize(
    ("break_", "alive"),
    [
        (lambda m: None, True),
        (lambda m: m[5].weight.zero_(), False),
        (lambda m: m[5].weight.mul_(1e-13), False),
        (lambda m: (m[6].weight.zero_(), m[6].bias.zero_()), False),
        (lambda m: m[6].bias.fill_(float("inf")), False),
        (lambda m: m[6].bias.fill_(1e4), True),
    ],
)
def test_models_that_ignore_their_input_are_found(
    model: Model, images: Tensor, break_: Callable[[nn.Module], None], alive: bool
) -> None:
    with torch.no_grad():
        break_(model.module)
    assert responds(model, noise_probes(model, images, Streams(0)), 64) is alive


def test_probes_do_not_depend_on_the_batch(model: Model, images: Tensor) -> None:
    assert torch.equal(noise_probes(model, images, Streams(0)), noise_probes(model, 0 * images[:1], Streams(0)))
    bounded = replace(model, domain=domain_of(images, bounds=(-2.0, 5.0)))
    probes = noise_probes(bounded, images, Streams(0))
    assert probes.shape == (2, 2, 9, 8)
    assert probes.min() >= -2
    assert probes[0].max() <= -2 + 7 / 2
    assert probes.max() <= 5
