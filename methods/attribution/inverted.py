"""Inverted control."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from whybench.errors import BadParameter
from whybench.passes import Passes
from whybench.protocols import AttributionMethod, Model, Query
from whybench.registries import methods, register
from whybench.resolver import resolve
from whybench.streams import Streams


@register
@dataclass(frozen=True)
class Inverted(AttributionMethod):
    """Another method with its order reversed: a good metric puts it as far below chance as the method is above.

    R(x) = -R_method(x), of that method's grid and units. Where the method's channels are joined by their L2 norm,
    which knows no sign, it is the norm that is negated: one value a feature, in float64, so that no two become equal.

    method: a method, or the text that names one.

    Raises BadParameter for something that is no attribution method, and for polarity `sensitivity`, which would undo
    the inversion.

    >>> import torch
    >>> linear = torch.nn.Linear(2, 1, bias=False, dtype=torch.float64)
    >>> _ = linear.weight.data.copy_(torch.tensor([[2.0, -3.0]]))
    >>> Inverted("input_x_gradient").attribute(linear, torch.ones(1, 2, dtype=torch.float64)).tolist()
    [[-2.0, 3.0]]
    >>> Inverted("gradient").attribute(linear, torch.ones(1, 2, dtype=torch.float64)).tolist()
    [[-2.0, -3.0]]
    """

    name: ClassVar[str] = "inverted"
    reference: ClassVar[str] = ""
    control: ClassVar[bool] = True

    method: AttributionMethod | str

    def __post_init__(self) -> None:
        wrapped = resolve(methods, self.method) if isinstance(self.method, str) else self.method
        if not isinstance(wrapped, AttributionMethod):
            raise BadParameter(f"inverted: method={self.method!r} is no attribution method; pass one, or its name")
        if self.polarity != "contribution":
            raise BadParameter(f"inverted: polarity={self.polarity!r} loses the sign; only 'contribution' is possible")
        facts = {"needs": wrapped.needs, "stochastic": wrapped.stochastic, "libraries": wrapped.libraries}
        facts["grid"] = "spatial" if wrapped.polarity == "sensitivity" else wrapped.grid
        # Facts of this object rather than of its class, since they are those of the method inside.
        for name, fact in {"method": wrapped, **facts}.items():
            object.__setattr__(self, name, fact)

    def prepare(self, model: Model, streams: Streams, rows: int) -> dict[str, Tensor]:
        assert isinstance(self.method, AttributionMethod)
        return self.method.prepare(model, streams, rows)

    def relevance(self, query: Query) -> Tensor:
        assert isinstance(self.method, AttributionMethod)
        explanation = self.method.explain(query)
        if explanation.polarity == "contribution":
            return -explanation.relevance
        per_feature = query.domain.per_feature(explanation.relevance, explanation.polarity, query.inputs.shape)
        return -query.domain.over_channels(per_feature)

    def passes(self, query: Query) -> Passes | None:
        assert isinstance(self.method, AttributionMethod)
        return self.method.passes(query)
