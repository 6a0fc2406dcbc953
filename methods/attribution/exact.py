"""What methods share that ask the model about every set of regions."""

from dataclasses import dataclass
from typing import ClassVar, Literal

from torch import Tensor

from whybench.domains import Regions
from whybench.errors import Unsupported
from whybench.methods.attribution.checks import one_of, whole_or_none
from whybench.passes import Passes
from whybench.protocols import AttributionMethod, Query
from whybench.worlds import refuse_many
from whybench.worlds.coalitions import table_of


@dataclass(frozen=True)
class Exact(AttributionMethod):
    """A method that reads its answer from the table of all 2^d sets of regions, d at most 16.

    infill: what stands in for regions that are left out, any that the domain knows; region: their size, None for the
    domain's default; output: None for the probability of the target, or for the output of a scalar model; `logit`,
    `log_odds`. 2^d forward passes a sample; sets that look the same are asked once.
    """

    grid: ClassVar[Literal["input", "spatial"]] = "spatial"

    infill: str = "mean"
    region: int | None = None
    output: Literal["probability", "logit", "log_odds"] | None = None

    def __post_init__(self) -> None:
        whole_or_none(self, 1, "region")
        if self.output is not None:
            one_of(self, "output", ("probability", "logit", "log_odds"))

    def outputs(self, query: Query) -> Tensor:
        """The output with every set of regions kept: (n, 2^d) float64, on the CPU."""
        refuse_many(self.name, len(self.regions(query)))
        if query.model.output == "scalar" and self.output not in (None, "logit"):
            raise Unsupported(f"{self.name}: output={self.output!r} needs classes")
        read = "logit" if query.model.output == "scalar" else self.output or "probability"
        return table_of(query, self.infill, self.region)[read]

    def spread(self, query: Query, values: Tensor) -> Tensor:
        """A map that sums to each region's value and is the same all over it: (n, d) -> one channel."""
        regions = self.regions(query)
        each = (values / regions.sizes)[:, regions.index]
        return query.domain.over_channels(each.to(query.inputs))

    def regions(self, query: Query) -> Regions:
        """The regions of the inputs."""
        return query.domain.regions(tuple(query.inputs.shape), self.region)

    def passes(self, query: Query) -> Passes | None:
        return Passes(2 ** len(self.regions(query)) * len(query))
