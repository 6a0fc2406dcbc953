"""The gradient of inputs that one convolution reads, beside autograd's."""

from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.autograd.graph import get_gradient_edge

from whybench.protocols import input_gradient as module
from whybench.protocols.input_gradient import gradient_sums, input_gradient

Net = Callable[[Tensor], Tensor]


def gradients(net: Net, inputs: Tensor) -> tuple[Tensor, Tensor]:
    """Ours and autograd's, of a weighted sum of the outputs."""

    def outputs() -> tuple[Tensor, Tensor]:
        leaf = inputs.clone().requires_grad_()
        return leaf, net(leaf.clone()).flatten(1)

    leaf, said = outputs()
    upper = torch.linspace(-1, 2, said.numel(), dtype=said.dtype).view_as(said)
    (expected,) = torch.autograd.grad(said, leaf, upper)
    copy = inputs.clone().requires_grad_().clone()
    edge = get_gradient_edge(copy)
    return input_gradient(net(copy).flatten(1), upper, edge), expected


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, ...]]:
    """The shapes of the gradients that were taken through a convolution without autograd."""
    taken: list[tuple[int, ...]] = []
    through = module._through

    def noted(reader: object, arriving: Tensor) -> Tensor:
        taken.append(tuple(arriving.shape))
        return through(reader, arriving)

    monkeypatch.setattr(module, "_through", noted)
    monkeypatch.setattr(torch, "get_num_threads", lambda: module.THREADS)
    return taken


def images(channels: int, side: int = 20, count: int = 40) -> Tensor:
    return torch.rand(count, channels, side, side + 3, generator=torch.Generator().manual_seed(0))


def seeded(conv: nn.Module) -> nn.Module:
    generator = torch.Generator().manual_seed(1)
    for parameter in conv.parameters():
        parameter.data = torch.randn(parameter.shape, generator=generator)
    return conv.requires_grad_(False)


LAYERS = {
    "plain": nn.Conv2d(1, 6, 5),
    "no bias": nn.Conv2d(3, 8, 3, bias=False),
    "padded": nn.Conv2d(3, 8, 3, padding=1),
    "same": nn.Conv2d(1, 8, 3, padding="same"),
    "strided": nn.Conv2d(3, 32, 7, stride=2, padding=3),
    "a stride that leaves a border": nn.Conv2d(2, 16, 4, stride=3),
    "dilated": nn.Conv2d(3, 16, 3, dilation=2, padding=2),
    "oblong": nn.Conv2d(3, 16, (3, 5), stride=(2, 1), padding=(0, 2)),
    "patches": nn.Conv2d(3, 64, 4, stride=4),
}


@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize("last", [False, True])
def test_a_convolution_of_few_channels(name: str, last: bool, steps: list[tuple[int, ...]]) -> None:
    conv = seeded(LAYERS[name])
    layout = torch.channels_last if last else torch.contiguous_format
    inputs = images(conv.in_channels).contiguous(memory_format=layout)
    found, expected = gradients(nn.Sequential(conv.to(memory_format=layout), nn.ReLU()), inputs)
    assert len(steps) == 1
    assert (found - expected).abs().max() <= 2e-6 * expected.abs().max()


def normalised(inputs: Tensor) -> Tensor:
    return (inputs - 0.4) / 0.3


def rewritten(inputs: Tensor) -> Tensor:
    return inputs.sub_(0.4).mul_(2)


@pytest.mark.parametrize("before", [normalised, rewritten])
def test_what_comes_before_the_convolution(before: Callable[[Tensor], Tensor], steps: list[tuple[int, ...]]) -> None:
    conv = seeded(nn.Conv2d(3, 8, 3))
    found, expected = gradients(lambda x: conv(before(x)).relu_().square(), images(3))
    assert len(steps) == 1
    assert (found - expected).abs().max() <= 2e-6 * expected.abs().max()


def test_few_windows_at_once(steps: list[tuple[int, ...]], monkeypatch: pytest.MonkeyPatch) -> None:
    conv = seeded(nn.Conv2d(1, 6, 5))
    whole, _ = gradients(conv, images(1))
    monkeypatch.setattr(module, "UNFOLDED", 1)
    one_by_one, _ = gradients(conv, images(1))
    assert torch.equal(whole, one_by_one)
    assert len(steps) == 2


ONE, TWO = seeded(nn.Conv2d(3, 8, 3, padding=1)), seeded(nn.Conv2d(3, 8, 3, padding=1))
DEPTHWISE, WIDE, NARROW = (
    seeded(conv) for conv in (nn.Conv2d(3, 6, 3, groups=3), nn.Conv2d(4, 8, 3), nn.Conv2d(3, 2, 3))
)
POINTS, UPWARDS = seeded(nn.Conv2d(3, 8, 1)), seeded(nn.ConvTranspose2d(3, 8, 3))
ELSEWHERE: dict[str, tuple[Net, Tensor]] = {
    "two convolutions": (lambda x: ONE(x) * TWO(x), images(3)),
    "a way round": (lambda x: ONE(x).sum(1) + x.sum(1), images(3)),
    "read twice": (lambda x: ONE(x * x), images(3)),
    "as weights": (lambda x: F.conv2d(torch.ones(1, 3, 30, 30), x[:, :, :5, :5]), images(3)),
    "groups": (DEPTHWISE, images(3)),
    "more channels": (WIDE, images(4)),
    "fewer outputs": (NARROW, images(3)),
    "points": (POINTS, images(3)),
    "transposed": (UPWARDS, images(3)),
    "no convolution": (lambda x: x.flatten(1).cumsum(1), images(3)),
    "float64": (lambda x: F.conv2d(x, ONE.weight.double()), images(3).double()),
    "little to do": (ONE, images(3, side=5, count=1)),
    "a line": (lambda x: F.conv1d(x.flatten(2), torch.ones(8, 3, 5)), images(3)),
}


@pytest.mark.parametrize("name", ELSEWHERE)
def test_elsewhere_autograd_goes_all_the_way(name: str, steps: list[tuple[int, ...]]) -> None:
    found, expected = gradients(*ELSEWHERE[name])
    assert not steps
    assert torch.equal(found, expected)


def test_many_threads_have_autograd(steps: list[tuple[int, ...]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch, "get_num_threads", lambda: module.THREADS + 1)
    found, expected = gradients(ONE, images(3))
    assert not steps
    assert torch.equal(found, expected)


@pytest.mark.parametrize("hook", ["layer", "layer's start", "model", "result", "input"])
def test_hooks_are_heard(hook: str) -> None:
    conv = seeded(nn.Conv2d(3, 8, 3))
    net = nn.Sequential(conv, nn.ReLU())
    if hook in ("layer", "model"):
        {"layer": conv, "model": net}[hook].register_full_backward_hook(lambda layer, below, above: (2 * below[0],))
    if hook == "layer's start":
        conv.register_full_backward_pre_hook(lambda layer, above: (2 * above[0],))
    if hook == "result":
        conv.register_forward_hook(lambda layer, args, result: result.register_hook(lambda grad: 2 * grad) and None)
    if hook == "input":
        conv.register_forward_pre_hook(lambda layer, args: args[0].register_hook(lambda grad: 2 * grad) and None)
    found, expected = gradients(net, images(3))
    _, untouched = gradients(nn.Sequential(seeded(nn.Conv2d(3, 8, 3)), nn.ReLU()), images(3))
    assert (expected - 2 * untouched).abs().max() <= 2e-6 * expected.abs().max()
    assert (found - expected).abs().max() <= 2e-6 * expected.abs().max()


def test_inputs_that_are_not_used() -> None:
    with pytest.raises(RuntimeError, match="not have been used"):
        gradients(lambda x: torch.ones(len(x), 2, requires_grad=True) * 2, images(3))


SAMPLES = torch.tensor([4] * 13 + [0] * 20 + [2] * 6 + [4])
"""Of forty rows; the last one comes apart from those of its sample."""


def sums(net: Net, inputs: Tensor, weight: Tensor | None) -> tuple[Tensor, Tensor, Tensor]:
    """The sums, the samples they are of, and those by autograd of each row for five samples."""
    copy = inputs.clone().requires_grad_().clone()
    edge = get_gradient_edge(copy)
    found, samples = gradient_sums(net(copy).flatten(1).sum(1), edge, SAMPLES, weight)
    leaf = inputs.clone().requires_grad_()
    (rows,) = torch.autograd.grad(net(leaf.clone()).sum(), leaf)
    expected = torch.zeros_like(inputs[:5])
    for row, sample, factor in zip(rows, SAMPLES, torch.ones(40) if weight is None else weight, strict=True):
        expected[sample] += factor * row
    return found, samples, expected


@pytest.mark.parametrize("last", [False, True])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("name", LAYERS)
def test_rows_of_a_sample_are_added_before_the_convolution(
    name: str, weighted: bool, last: bool, steps: list[tuple[int, ...]]
) -> None:
    conv = seeded(LAYERS[name])
    layout = torch.channels_last if last else torch.contiguous_format
    inputs = images(conv.in_channels).contiguous(memory_format=layout)
    net = nn.Sequential(conv.to(memory_format=layout), nn.ReLU())
    weight = torch.linspace(-1, 2, 40) if weighted else None
    found, samples, expected = sums(net, inputs, weight)
    assert [shape[0] for shape in steps] == [4]
    assert samples.tolist() == [4, 0, 2, 4]
    total = torch.zeros_like(expected).index_add_(0, samples, found)
    assert (total - expected).abs().max() <= 3e-6 * expected.abs().max()


def heard(inputs: Tensor) -> Tensor:
    inputs.register_hook(lambda gradient: gradient.clamp(max=0.1))
    return ONE(inputs).square()


@pytest.mark.parametrize(
    ("net", "channels"),
    [(lambda x: ONE(normalised(x)), 3), (heard, 3), (lambda x: ONE(rewritten(x)), 3), (WIDE, 4)],
    ids=["normalised", "hook", "rewritten", "more channels"],
)
def test_rows_are_added_last_where_anything_else_comes_in(net: Net, channels: int) -> None:
    found, samples, expected = sums(net, images(channels), torch.linspace(-1, 2, 40))
    assert samples is SAMPLES
    assert found.shape == (40, channels, 20, 23)
    total = torch.zeros_like(expected).index_add_(0, samples, found)
    assert (total - expected).abs().max() <= 3e-6 * expected.abs().max()


def test_sums_in_float64_are_those_of_autograd_to_the_last_bit() -> None:
    conv = seeded(nn.Conv2d(3, 8, 3)).double()
    found, samples, expected = sums(lambda x: conv(x).square(), images(3).double(), torch.linspace(-1, 2, 40).double())
    assert torch.equal(torch.zeros_like(expected).index_add_(0, samples, found), expected)
