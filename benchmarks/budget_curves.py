"""Full deletion curves, one region a step, from which every cheaper grid of steps is read without another pass."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from whybench.batch_plan import plan_by_shapes
from whybench.cases import open_case
from whybench.loading import load
from whybench.protocols.asking import predict
from whybench.streams import Streams
from whybench.suite import block, method
from whybench.sweeps import Sweep
from whybench.sweeps.steps import step_grid
from whybench.sweeps.strata import offsets, stratified_points


@dataclass(frozen=True, eq=False)
class Curves:
    """The target's probability after each region that is removed, most relevant first.

    values: (methods, n, 2, d + 1) float64, two orders of the ties; sizes: (methods, n, 2, d) int64, the features of
    each region in that order; tied: (methods, n) bool, where the second order costs passes of its own.
    """

    methods: tuple[str, ...]
    ids: tuple[str, ...]
    values: Tensor
    sizes: Tensor
    tied: Tensor

    @property
    def regions(self) -> int:
        return self.sizes.shape[3]

    def take(self, samples: Tensor) -> "Curves":
        """The curves of some samples, of one perhaps more than once."""
        names = tuple(self.ids[i] for i in samples.tolist())
        return Curves(self.methods, names, self.values[:, samples], self.sizes[:, samples], self.tied[:, samples])

    def even(self, steps: int) -> Tensor:
        """Areas by the trapezoid over `steps` even intervals, as `pixel_flipping(steps=steps)`: (methods, n)."""
        points = step_grid(self.regions, steps)
        before = torch.cat([torch.zeros_like(self.sizes[..., :1]), self.sizes.cumsum(3)], 3)
        share = before[..., points].double() / before[..., -1:]
        return torch.trapezoid(self.values[..., points], share, dim=3).mean(2)

    def stratified(self, shares: Tensor) -> Tensor:
        """Areas from one random point in each of k strata, as `steps='stratified(k)'`: (methods, n).

        shares: (n, k), where in the strata the points lie (`sweeps.strata.offsets`).
        """
        found = []
        for values, sizes in zip(self.values, self.sizes, strict=True):
            points = stratified_points(shares, sizes, "deletion")
            found.append(values.gather(2, points).mean((1, 2)))
        return torch.stack(found)

    def passes(self, points: int) -> float:
        """Passes that so many points cost, mean over methods, all samples together."""
        return points * float((1 + self.tied.double()).mean(0).sum())


def shares(count: int, ids: Sequence[str], seed: int) -> Tensor:
    """The offsets of a run with this seed, (n, count)."""
    return offsets(count, ids, Streams(seed))


def full_curves(model: str, dataset: str, specs: Sequence[str], region: int, samples: int | None = None) -> Curves:
    """The curves of every method, all of them with the infill `mean`."""
    bench = load(block(model, dataset, list(specs), ["pixel_flipping"], samples), "cpu")
    rows = plan_by_shapes(bench.model, bench.inputs).rows
    targets = predict(bench.model, bench.inputs, rows).argmax(1)
    sweep = Sweep("mean", region, "every(1)", "deletion")
    values, sizes, tied = [], [], []
    for spec in specs:
        case = open_case(method(spec), bench.model, bench.inputs, targets, ids=bench.ids, rows=rows)
        found = case.artifact(sweep)
        features = bench.model.domain.regions(bench.inputs.shape, region).index.numel()
        values.append(found["probability"])
        sizes.append((found["fraction"].diff(dim=2) * features).round().long())
        tied.append(found["ties"] > 0)
    return Curves(tuple(specs), bench.ids, torch.stack(values), torch.stack(sizes), torch.stack(tied))
