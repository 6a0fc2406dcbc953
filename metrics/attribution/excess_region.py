"""How much larger a map's region is than the one that a search finds."""

from dataclasses import dataclass
from typing import ClassVar

from whybench.errors import BadParameter, shown
from whybench.explanations import Attribution, Explanation
from whybench.metrics.attribution.region_size import RegionSize
from whybench.metrics.attribution.searched_sizes import SearchedSizes
from whybench.protocols import AttributionMethod, Case, Metric, Scores
from whybench.registries import methods, metrics, register
from whybench.resolver import resolve


@register
@dataclass(frozen=True)
class ExcessRegion(Metric[Attribution]):
    """The size of a map's region less that of the region which a search finds by asking the model; lower is better.

        s = size(map) - size(map of the search)

    both by the same metric, on the same input. One number a sample in [-1, 1]. A plain difference: a search finds an
    upper bound of the smallest region there is, hence a map that does better than the search is below 0. Details:
    `size` and `bound`, the two sizes. Where either of them is censored, so is the difference. The search is made once
    for all methods.

    size: `ssr` or `sdr` with its parameters; bound: the method that searches, with its parameters, best with the same
    infill; None for `greedy_ssr` or `greedy_sdr` with the infill and the region of `size`. Any method may stand
    there: `fido_ssr` searches by gradients.

    Raises BadParameter for a size that is no region's size and a bound that is no attribution method, Unsupported
    for models without classes and for what the bound does not support.

    Source: dabkowski2017, the regions; carter2019, the greedy search; chang2019, FIDO.

    >>> ExcessRegion("sdr(infill='blur')").bound
    GreedySDR(polarity='contribution', infill='blur', region=None, regions=64, search='forward')
    """

    name: ClassVar[str] = "excess_region"
    kind: ClassVar[type[Explanation]] = Attribution
    family: ClassVar[str] = "region"
    range: ClassVar[tuple[float, float]] = (-1.0, 1.0)
    reference: ClassVar[str] = "carter2019"

    size: RegionSize | str = "ssr"
    bound: AttributionMethod | str | None = None

    def __post_init__(self) -> None:
        size = resolve(metrics, self.size) if isinstance(self.size, str) else self.size
        if not isinstance(size, RegionSize):
            raise BadParameter(f"excess_region: size={shown(self.size)}; a region's size is needed: ssr or sdr")
        bound = resolve(methods, self.bound) if isinstance(self.bound, str) else self.bound
        if bound is None:
            bound = resolve(methods, f"greedy_{size.name}(infill={size.infill!r}, region={size.region!r})")
        if not isinstance(bound, AttributionMethod):
            raise BadParameter(f"excess_region: bound={shown(self.bound)}; an attribution method or its name is needed")
        # Facts of this object rather than of its class, since they are those of the two inside.
        facts = {"needs": size.needs | bound.needs, "stochastic": bound.stochastic, "libraries": bound.libraries}
        for name, fact in {"size": size, "bound": bound, **facts}.items():
            object.__setattr__(self, name, fact)

    @property
    def higher_is_better(self) -> bool:
        return False

    @property
    def infill(self) -> str:
        """What stands in for removed features."""
        assert isinstance(self.size, RegionSize)
        return self.size.infill

    def score(self, case: Case[Attribution]) -> Scores:
        assert isinstance(self.size, RegionSize)
        assert isinstance(self.bound, AttributionMethod)
        own = self.size.score(case)
        found = case.artifact(SearchedSizes(self.size, self.bound))
        bound = found["size"].to(own.values)
        unfound = {int(i): "the search finds no region" for i in found["censored"].nonzero()}
        return Scores(
            own.values - bound,
            censored={**unfound, **own.censored},
            details={"size": own.values, "bound": bound},
            curves=own.curves,
        )
