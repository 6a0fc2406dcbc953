"""A small network with everything that relevance has to pass, and that way written out operation by operation."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from lrp_by_definition import matrix
from torch import Tensor, nn

Rectifier = Callable[[Tensor], Tensor]
Rows = Sequence[Sequence[float]]

SHAPE = (2, 7, 5)
"""One input of `Net`."""


class Net(nn.Module):
    """Convolutions (plain, grouped, depthwise), BatchNorm, a skip, an overlapping max pool and an average pool."""

    def __init__(self, *rectifiers: Rectifier) -> None:
        super().__init__()
        self.first = nn.Conv2d(2, 4, 3, padding=1)
        self.norm = nn.BatchNorm2d(4)
        self.grouped = nn.Conv2d(4, 4, 3, padding=1, groups=2)
        self.depthwise = nn.Conv2d(4, 4, 3, padding=1, groups=4)
        self.hidden = nn.Linear(24, 10)
        self.top = nn.Linear(10, 3)
        self.rectifiers = rectifiers
        self.modules_among_them = nn.ModuleList(r for r in rectifiers if isinstance(r, nn.Module))

    def forward(self, x: Tensor) -> Tensor:
        one, two, three, four = self.rectifiers
        pooled = F.max_pool2d(one(self.norm(self.first(x))), 3, 2, 1)
        out = self.depthwise(two(self.grouped(pooled)))
        out = three(out + pooled)
        return self.top(four(self.hidden(F.avg_pool2d(out, (2, 1), (1, 2)).flatten(1))))


def made(*rectifiers: Rectifier, seed: int = 0) -> Net:
    """Rectifiers in the order of the forward pass, four modules by default; no global generator decides on weights."""
    net = Net(*(rectifiers or WAYS["modules"]())).double().eval()
    draw = torch.Generator().manual_seed(seed)
    for parameter in net.parameters():
        parameter.data = torch.randn(parameter.shape, generator=draw, dtype=torch.float64)
    assert net.norm.running_mean is not None
    assert net.norm.running_var is not None
    net.norm.running_mean.copy_(torch.randn(4, generator=draw))
    net.norm.running_var.copy_(torch.tensor([0.1, 0.5, 2.0, 4.0]))
    return net


def inputs(count: int = 3) -> Tensor:
    return torch.randn(count, *SHAPE, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


WAYS: dict[str, Callable[[], tuple[Rectifier, ...]]] = {
    "modules": lambda: tuple(nn.ReLU() for _ in range(4)),
    "functional": lambda: (F.relu, torch.relu, Tensor.relu, lambda x: x.clamp(min=0)),
    "in place": lambda: (nn.ReLU(inplace=True), F.relu_, Tensor.relu_, nn.ReLU(inplace=True)),
    "reused": lambda: (nn.ReLU(),) * 4,
}
"""The same four rectifiers, called in different ways."""


@dataclass(frozen=True)
class Definition:
    """What becomes of relevance: (values a_j, weights w_kj, relevance R_k) -> R_j, all in flat lists.

    share: (values that are added up, relevance of the sum) -> the relevance of each.
    """

    top: Callable[[list[float], Rows, list[float]], list[float]]
    layer: Callable[[list[float], Rows, list[float]], list[float]]
    first: Callable[[list[float], Rows, list[float]], list[float]]
    share: Callable[[list[float], float], list[float]]

    def relevance(self, net: Net, x: Tensor, target: int, start: float) -> Tensor:
        """The relevance of one sample (1, ...)."""

        def through(rule: Callable[..., list[float]], function: Rectifier, a: Tensor, relevance: Tensor) -> Tensor:
            weight, _ = matrix(function, a)
            found = rule(a.flatten().tolist(), weight.tolist(), relevance.flatten().tolist())
            return torch.tensor(found, dtype=a.dtype).reshape(a.shape)

        def average(a: Tensor) -> Tensor:
            return F.avg_pool2d(a, (2, 1), (1, 2)).flatten(1)

        kept = net.norm(net.first(x)).relu().detach()
        pooled, pull = torch.func.vjp(lambda a: F.max_pool2d(a, 3, 2, 1), kept)
        grouped = net.grouped(pooled).relu().detach()
        added = net.depthwise(grouped).detach()
        out = (added + pooled).relu()
        last = net.hidden(average(out)).relu().detach()

        r_last = through(self.top, lambda a: net.top(a)[:, target], last, torch.tensor([start], dtype=x.dtype))
        r_averaged = through(self.layer, net.hidden, average(out), r_last)
        r_out = through(self._pool, average, out, r_averaged)
        sums = zip(added.flatten().tolist(), pooled.flatten().tolist(), r_out.flatten().tolist(), strict=True)
        shares = torch.tensor([self.share([one, other], upper) for one, other, upper in sums], dtype=x.dtype)
        r_added, r_skipped = (share.reshape(added.shape) for share in shares.unbind(1))
        r_grouped = through(self.layer, net.depthwise, grouped, r_added)
        r_pooled = r_skipped + through(self.layer, net.grouped, pooled, r_grouped)
        return through(self.first, lambda a: net.norm(net.first(a)), x, pull(r_pooled)[0])

    def _pool(self, a: list[float], weight: Rows, relevance: list[float]) -> list[float]:
        found = [0.0] * len(a)
        for row, upper in zip(weight, relevance, strict=True):
            seen = [j for j, w in enumerate(row) if w]
            for j, share in zip(seen, self.share([a[j] for j in seen], upper), strict=True):
                found[j] += share
        return found
