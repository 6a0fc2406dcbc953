"""implementation_invariance: rewrites that keep the function, methods that mind them and methods that do not."""

from dataclasses import dataclass
from typing import Any, ClassVar

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from whybench.cases import open_case
from whybench.errors import Unsupported
from whybench.meter import Meter
from whybench.methods.attribution import Gradient, GuidedBackprop, InputXGradient, IntegratedGradients, Occlusion
from whybench.metrics.attribution import channel_rewrites
from whybench.metrics.attribution.implementation_invariance import ImplementationInvariance
from whybench.metrics.attribution.rewrites import REWRITES, RewriteDeviations, rewritten
from whybench.protocols import AttributionMethod, Case, Query
from whybench.protocols.asking import wrap

METRIC = ImplementationInvariance()


def filled(module: nn.Module) -> nn.Module:
    generator = torch.Generator().manual_seed(0)
    for name, tensor in module.double().state_dict().items():
        if tensor.is_floating_point():
            noise = torch.randn(tensor.shape, generator=generator, dtype=torch.float64) / 2
            tensor.copy_(noise.abs() + 0.5 if name.endswith("running_var") else noise)
    return module.eval()


def everything(inplace: bool = False) -> nn.Module:
    """A network that every rewrite concerns."""
    return filled(
        nn.Sequential(
            nn.Conv2d(2, 4, 3, padding=1, bias=False),
            nn.BatchNorm2d(4),
            nn.ReLU(inplace),
            nn.AvgPool2d(2),
            nn.Conv2d(4, 3, (3, 1), padding=(1, 0)),
            nn.ReLU(inplace),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Linear(3, 5),
            nn.ReLU(inplace),
            nn.Linear(5, 3),
        )
    )


class Residual(nn.Module):
    """One ReLU for all, shortcuts by operators, pooling by a function."""

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.stem, self.relu = nn.Conv2d(2, 4, 3, padding=1), nn.ReLU(inplace)
        self.conv1, self.norm1 = nn.Conv2d(4, 4, 3, padding=1, bias=False), nn.BatchNorm2d(4)
        self.conv2, self.norm2 = nn.Conv2d(4, 4, 3, padding=1, bias=False), nn.BatchNorm2d(4)
        self.head = nn.Linear(4, 3)

    def forward(self, inputs: Tensor) -> Tensor:
        start = self.relu(self.stem(inputs))
        out = self.norm2(self.conv2(self.relu(self.norm1(self.conv1(start)))))
        out += start
        return self.head(F.adaptive_avg_pool2d(self.relu(out), 1).flatten(1))


class Padded(nn.Conv2d):
    """A convolution of a class of its own, as some model libraries have them."""

    def forward(self, inputs: Tensor) -> Tensor:
        return super().forward(F.pad(inputs, (0, 1, 0, 1)))


def limited() -> nn.Module:
    """ReLU6 between convolutions of another class."""
    first, last = Padded(2, 4, 2), Padded(4, 3, 2)
    return filled(
        nn.Sequential(first, nn.BatchNorm2d(4), nn.ReLU6(), last, nn.ReLU6(), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    )


class ReadsWeights(nn.Module):
    """Uses a layer's weight by itself, so that nothing may stand in its place."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(2 * 6 * 4, 3)

    def forward(self, inputs: Tensor) -> Tensor:
        return self.layer(inputs.flatten(1)) + self.layer.weight.sum(1)


INPUTS = torch.randn(3, 2, 6, 4, generator=torch.Generator().manual_seed(5), dtype=torch.float64)


def case(
    method: AttributionMethod, module: nn.Module, inputs: Tensor = INPUTS, rows: int = 64, ids: str = "abc"
) -> Case[Any]:
    targets = torch.tensor(["abc".index(i) for i in ids])
    return open_case(method, wrap(module, inputs), inputs, targets, ids=tuple(ids), rows=rows)


@dataclass(frozen=True)
class FirstWeights(AttributionMethod):
    """The L1 norm of the weights that leave a feature in the first layer: a fact of the network, not of f."""

    name: ClassVar[str] = "first_weights"
    reference: ClassVar[str] = ""

    def relevance(self, query: Query) -> Tensor:
        first = next(m for m in query.model.module.modules() if isinstance(m, nn.Linear))
        return first.weight.abs().sum(0).expand(len(query), -1)


@dataclass(frozen=True)
class PlainReluOnly(Gradient):
    """The gradient, of networks with ReLU modules only."""

    name: ClassVar[str] = "plain_relu_only"

    def relevance(self, query: Query) -> Tensor:
        if not any(isinstance(m, nn.ReLU) for m in query.model.module.modules()):
            raise Unsupported("what is this instead of a ReLU?")
        return super().relevance(query)


@pytest.mark.parametrize("inplace", [False, True])
def test_ten_rewrites_keep_the_outputs(inplace: bool) -> None:
    deviation = case(Gradient(), everything(inplace)).artifact(RewriteDeviations())["deviation"]
    assert len(REWRITES) == 10
    assert float(deviation.max()) <= 1e-12


@pytest.mark.parametrize("name", REWRITES)
def test_each_rewrite_is_another_network(name: str) -> None:
    net = everything()
    new = rewritten(net, name, INPUTS[:1])
    assert new is not None
    assert (str(new), [p.tolist() for p in new.parameters()]) != (str(net), [p.tolist() for p in net.parameters()])
    with torch.no_grad():
        torch.testing.assert_close(new(INPUTS), net(INPUTS), rtol=0, atol=1e-12)


@pytest.mark.parametrize("method", [Gradient(), InputXGradient(), IntegratedGradients(steps=3), Occlusion()])
@pytest.mark.parametrize("module", [everything(), everything(True), filled(Residual()), filled(Residual(True))])
def test_what_depends_on_the_function_alone_is_invariant(method: AttributionMethod, module: nn.Module) -> None:
    found = METRIC.score(case(method, module))
    assert float(found.values.max()) < 1e-12
    assert float(found.details["rewrites"].min()) >= 6


@pytest.mark.parametrize("inplace", [False, True])
def test_shortcuts_are_seen_and_layers_behind_them_left_alone(inplace: bool) -> None:
    deviation = case(Gradient(), filled(Residual(inplace))).artifact(RewriteDeviations())["deviation"][0]
    judged = {name for name, value in zip(REWRITES, deviation.tolist(), strict=True) if value <= 1e-12}
    assert judged == set(REWRITES) - {"pool_as_convolution"}


def test_layers_of_other_classes_and_relu6() -> None:
    """ReLU6 has a limit, so that channels cannot be rescaled through it."""
    net, inputs = limited(), 8 * INPUTS
    deviation = case(Gradient(), net, inputs).artifact(RewriteDeviations())["deviation"][0]
    judged = {name for name, value in zip(REWRITES, deviation.tolist(), strict=True) if value <= 1e-12}
    assert judged == set(REWRITES) - {"split_linear", "explicit_padding", "rescaled_pair"}
    assert float(METRIC.score(case(Gradient(), net, inputs)).values.max()) < 1e-12
    with torch.no_grad():
        assert bool((net[:3](inputs) == 6).any())  # type: ignore[index]


def test_guided_backprop_is_judged_by_what_it_supports() -> None:
    found = METRIC.score(case(GuidedBackprop(), everything()))
    judged = {name: float(found.details[name][0]) for name in REWRITES if found.details[name][0].isfinite()}
    assert all(judged[name] < 1e-12 for name in ("permuted_channels", "rescaled_pair", "folded_batch_norm"))
    assert not {"relu_as_selection", "relu_as_product"} & set(judged)  # it refuses what it does not know as a ReLU


def test_a_map_of_the_weights_is_off_by_what_they_changed() -> None:
    """Hidden units times 2 and 1/2 by turns: the relative change of the weights' norms, by hand."""
    net = filled(nn.Sequential(nn.Flatten(), nn.Linear(48, 3), nn.ReLU(), nn.Linear(3, 3)))
    inputs = INPUTS.flatten(1)
    found = METRIC.score(case(FirstWeights(), net, inputs))
    weight = net[1].weight.detach().abs()  # type: ignore[index]
    factor = torch.tensor([2.0, 0.5, 2.0], dtype=torch.float64)
    expected = float(((factor[:, None] * weight).sum(0) - weight.sum(0)).abs().sum() / weight.sum())
    assert found.details["rescaled_pair"].tolist() == pytest.approx([expected] * 3, rel=1e-12)
    assert found.values.tolist() == pytest.approx([expected] * 3, rel=1e-12)
    assert found.details["permuted_channels"].tolist() == pytest.approx([0.0] * 3, abs=1e-14)
    assert found.details["relu_as_product"].tolist() == [0.0] * 3
    assert found.details["split_convolution"].isnan().all()


def test_a_wrong_rewrite_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """Folding without the epsilon of BatchNorm changes the outputs by about its share of the variance."""
    right = channel_rewrites.folded_batch_norm

    def wrong(trace: Any) -> dict[nn.Module, nn.Module]:
        for call in trace.calls:
            if isinstance(call.layer, nn.BatchNorm2d):
                call.layer.eps = 0.0
        return right(trace)

    monkeypatch.setattr(channel_rewrites, "folded_batch_norm", wrong)
    found = METRIC.score(case(Gradient(), everything()))
    assert found.details["folded_batch_norm"].isnan().all()
    assert float(found.values.max()) < 1e-12


def test_layers_that_are_read_by_themselves_are_left_alone() -> None:
    with pytest.raises(Unsupported, match="no rewrite of model 'model'"):
        METRIC.score(case(Gradient(), filled(ReadsWeights())))


def test_refused_rewrites_are_not_judged_and_counted() -> None:
    found = METRIC.score(case(PlainReluOnly(), everything()))
    assert found.details["rewrites"].tolist() == [8.0] * 3
    assert found.details["relu_as_product"].isnan().all()


def test_a_zero_map_is_undefined() -> None:
    dead = filled(nn.Sequential(nn.Flatten(), nn.Linear(48, 3)))
    dead[1].weight.data[1] = 0  # type: ignore[index]
    found = METRIC.score(case(Gradient(), dead))
    assert found.undefined == {1: "the map is zero everywhere"}


def test_batches_do_not_matter() -> None:
    net = everything()
    whole = METRIC.score(case(GuidedBackprop(), net)).values
    for ids in ("b", "ca"):
        order = ["abc".index(i) for i in ids]
        found = METRIC.score(case(GuidedBackprop(), net, INPUTS[order], 1, ids)).values
        assert found.tolist() == pytest.approx(whole[order].tolist(), abs=1e-12, nan_ok=True)


def test_passes_and_an_untouched_model() -> None:
    net = everything()
    state, text = {k: v.clone() for k, v in net.state_dict().items()}, str(net)
    opened, meter = case(Gradient(), net), Meter()
    with meter.watching(net):
        opened.artifact(RewriteDeviations())
        assert (meter.forward, meter.backward) == (3 + 10 * (1 + 3), 0)
        METRIC.score(opened)
    assert (meter.forward, meter.backward) == (43 + 10 * (1 + 3), 30)
    assert str(net) == text
    assert all(torch.equal(v, state[k]) for k, v in net.state_dict().items())
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in net.modules())
