"""Tiny networks with BatchNorm where no layer comes right before it, in float64."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def weighted(module: nn.Module, seed: int = 0) -> nn.Module:
    """`module` in float64 and eval mode, with seeded weights, BatchNorm factors of both signs, and shifts."""
    draw = torch.Generator().manual_seed(seed)
    for name, tensor in [*module.named_parameters(), *module.named_buffers()]:
        if tensor.is_floating_point():
            fan = tensor[0].numel() if tensor.ndim > 1 else 1.5
            values = torch.randn(tensor.shape, generator=draw, dtype=torch.float64) / fan**0.5
            tensor.data = values.abs() + 0.1 if name.endswith("running_var") else values
    return module.double().eval()


class DenseBlock(nn.Module):
    """BN -> ReLU -> conv twice as in DenseNet, concatenation, BN -> ReLU -> average pool -> linear."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(2, 3, 3, padding=1)
        self.norm1 = nn.BatchNorm2d(3)
        self.conv1 = nn.Conv2d(3, 4, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(4)
        self.conv2 = nn.Conv2d(4, 2, 3, padding=1, bias=False)
        self.norm3 = nn.BatchNorm2d(5)
        self.top = nn.Linear(5 * 3 * 2, 3)

    def forward(self, x: Tensor) -> Tensor:
        kept = F.max_pool2d(F.relu(self.stem(x)), 3, 2, 1)
        out = self.conv1(F.relu(self.norm1(kept)))
        out = self.conv2(F.relu(self.norm2(out)))
        out = F.relu(self.norm3(torch.cat([kept, out], 1)))
        return self.top(F.avg_pool2d(out, 2, 1).flatten(1))


class PreActivation(nn.Module):
    """A pre-activation residual block: BN -> ReLU -> padded conv twice, added to what came in."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(2, 3, 3, padding=1)
        self.norm1 = nn.BatchNorm2d(3)
        self.conv1 = nn.Conv2d(3, 3, 3, padding=1)
        self.norm2 = nn.BatchNorm2d(3)
        self.conv2 = nn.Conv2d(3, 3, 3, padding=1)
        self.norm3 = nn.BatchNorm2d(3)
        self.relu = nn.ReLU(inplace=True)
        self.top = nn.Linear(3, 3)

    def forward(self, x: Tensor) -> Tensor:
        kept = self.stem(x)
        kept = F.max_pool2d(kept, 2)
        out = self.conv2(self.relu(self.norm2(self.conv1(self.relu(self.norm1(kept))))))
        out += kept
        return self.top(self.relu(self.norm3(out)).mean((2, 3)))


class NormAfterReLU(nn.Module):
    """conv -> ReLU -> BN -> max pool -> padded conv -> ReLU -> BN -> linear, the order of CREPE."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(2, 3, 3)
        self.norm1 = nn.BatchNorm2d(3)
        self.conv2 = nn.Conv2d(3, 4, 3)
        self.norm2 = nn.BatchNorm2d(4)
        self.top = nn.Linear(16, 3)

    def forward(self, x: Tensor) -> Tensor:
        out = F.max_pool2d(self.norm1(F.relu(self.conv1(x))), 2, 1)
        out = self.norm2(F.relu(self.conv2(F.pad(out, (1, 1, 1, 1)))))
        return self.top(F.dropout(F.max_pool2d(out, 2, 2, 1), training=False).flatten(1))


NETWORKS: dict[str, type[nn.Module]] = {
    "dense block": DenseBlock,
    "pre-activation": PreActivation,
    "norm after ReLU": NormAfterReLU,
}
"""For inputs of shape (n, 2, 8, 6) (dense block, pre-activation) or (n, 2, 6, 5) (norm after ReLU), three classes."""


def inputs_for(name: str, rows: int = 3) -> Tensor:
    size = (6, 5) if name == "norm after ReLU" else (8, 6)
    return torch.randn(rows, 2, *size, generator=torch.Generator().manual_seed(5), dtype=torch.float64)
