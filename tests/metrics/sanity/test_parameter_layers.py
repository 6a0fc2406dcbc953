"""Layers are found where they run, not where they are registered."""

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from whybench.errors import Unsupported
from whybench.metrics.attribution.parameter_layers import parameter_layers


class Token(nn.Module):
    """A transformer with bare parameters, registered from the output to the input."""

    def __init__(self) -> None:
        super().__init__()
        self.head = nn.Linear(4, 3)
        self.scale = nn.Parameter(torch.ones(4))
        self.attention = nn.MultiheadAttention(4, 2, batch_first=True)
        self.norm = nn.LayerNorm(4)
        self.position = nn.Parameter(torch.randn(1, 3, 4))
        self.token = nn.Parameter(torch.randn(1, 1, 4))

    def forward(self, inputs: Tensor) -> Tensor:
        rows = torch.cat([self.token.expand(len(inputs), -1, -1), inputs], 1) + self.position
        normed = self.norm(rows)
        rows = rows + self.scale * self.attention(normed, normed, normed)[0]
        head: Tensor = self.head(rows[:, 0])
        return head


class Functional(nn.Module):
    """Bare parameters, one of them read twice, one asked for its shape at the end, one never read."""

    def __init__(self) -> None:
        super().__init__()
        self.unused = nn.Parameter(torch.randn(3))
        self.first = nn.Parameter(torch.randn(4, 4))
        self.second = nn.Parameter(torch.randn(4, 4))
        self.twice = nn.Parameter(torch.randn(4, 4))
        self.counts = nn.Parameter(torch.tensor([1, 2]), requires_grad=False)

    def forward(self, inputs: Tensor) -> Tensor:
        hidden = F.linear(F.linear(inputs, self.twice), self.first).relu()
        hidden = F.linear(F.linear(hidden, self.second), self.twice)
        return hidden.view(-1, self.first.shape[0]) + self.counts[0]


def test_operations_decide_the_order() -> None:
    assert parameter_layers(Token().eval(), torch.randn(1, 2, 4)) == [
        ("head.weight", "head.bias"),
        ("scale",),
        ("attention.in_proj_weight", "attention.in_proj_bias", "attention.out_proj.weight", "attention.out_proj.bias"),
        ("norm.weight", "norm.bias"),
        ("position",),
        ("token",),
    ]


def test_every_floating_point_parameter_that_is_read_is_in_one_layer() -> None:
    assert parameter_layers(Functional(), torch.randn(1, 4)) == [("twice",), ("second",), ("first",)]


def test_encoder_and_recurrent_layers() -> None:
    encoder = nn.TransformerEncoderLayer(4, 2, 8, batch_first=True).eval()
    names = [name for layer in parameter_layers(encoder, torch.randn(1, 3, 4)) for name in layer]
    assert sorted(names) == sorted(name for name, _ in encoder.named_parameters())
    lstm = nn.LSTM(4, 2, num_layers=2)
    (layer,) = parameter_layers(Last(lstm), torch.randn(1, 3, 4))
    assert len(layer) == 8


class Last(nn.Module):
    def __init__(self, lstm: nn.LSTM) -> None:
        super().__init__()
        self.lstm = lstm

    def forward(self, inputs: Tensor) -> Tensor:
        outputs: Tensor = self.lstm(inputs)[0][:, -1]
        return outputs


def test_tied_weights_are_one() -> None:
    a, b = nn.Linear(4, 4, bias=False), nn.Linear(4, 4, bias=False)
    b.weight = a.weight
    assert parameter_layers(nn.Sequential(a, nn.Linear(4, 4), b), torch.randn(1, 4)) == [
        ("0.weight",),
        ("1.weight", "1.bias"),
    ]


def test_the_module_is_left_as_it_was(cnn: nn.Module, images: Tensor) -> None:
    cnn.train()
    cnn[3].eval()
    before = {name: tensor.clone() for name, tensor in cnn.state_dict().items()}
    parameter_layers(cnn, images)
    assert [m.training for m in cnn] == [True, True, True, False, True, True, True]
    assert all(p.requires_grad for p in cnn.parameters())
    assert all(torch.equal(before[name], tensor) for name, tensor in cnn.state_dict().items())


@pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning")
def test_what_cannot_be_seen_is_refused() -> None:
    inner = torch.jit.trace(nn.Linear(2, 2), torch.randn(1, 2))
    with pytest.raises(Unsupported, match="scripted module"):
        parameter_layers(nn.Sequential(inner, nn.Linear(2, 2)), torch.randn(1, 2))
    with pytest.raises(Unsupported, match="no parameters"):
        parameter_layers(nn.Flatten(), torch.randn(1, 2))
