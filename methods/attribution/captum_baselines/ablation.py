"""Captum's methods that replace features by the baseline: Occlusion, FeatureAblation, ShapleyValueSampling."""

from dataclasses import dataclass
from math import ceil, prod
from typing import Any, ClassVar

from torch import Tensor

from whybench.errors import BadParameter
from whybench.methods.attribution.captum_baselines.adapter import CaptumMethod, Question
from whybench.methods.attribution.captum_baselines.feature_mask import check_region, feature_mask
from whybench.passes import Passes
from whybench.protocols import Query
from whybench.registries import register


@register
@dataclass(frozen=True)
class Occlusion(CaptumMethod):
    """Captum's Occlusion: how much the explained output falls when a window is replaced by the domain's baseline.

    R_i = mean over the windows W that hold feature i of f_c(x) - f_c(x with W replaced by b); shaped like the inputs,
    every channel of a pixel with the same value, in units of the output. Captum divides in float32.

    sliding_window_shapes: side of the window in pixels or columns, None for the domain's default region, or Captum's
    own full shape of one input; strides: likewise, None for windows side by side.

    Source: zeiler2014.
    """

    name: ClassVar[str] = "captum/occlusion"
    reference: ClassVar[str] = "zeiler2014"

    sliding_window_shapes: int | tuple[int, ...] | None = None
    strides: int | tuple[int, ...] | None = None

    def __post_init__(self) -> None:
        for name, value in (("sliding_window_shapes", self.sliding_window_shapes), ("strides", self.strides)):
            sides = value if isinstance(value, tuple) else (1 if value is None else value,)
            if not sides or min(sides) < 1:
                raise BadParameter(f"{self.name}: {name}={value!r}; whole numbers >= 1 are needed, or None")

    @property
    def closed_form(self) -> str | None:
        return "occlusion" if self == Occlusion() else None

    def ask(self, captum: Any, question: Question) -> Tensor:
        shape = tuple(question.inputs.shape)
        window, strides = self._windows(question)
        for side, stride, size in zip(window, strides, shape[1:], strict=True):
            if side > size or (side < size and stride > side):
                raise BadParameter(
                    f"{self.name}: window {window} with strides {strides} does not fit inputs {shape[1:]}"
                )
        answer: Tensor = captum.Occlusion(question.explained).attribute(
            question.inputs,
            sliding_window_shapes=window,
            strides=strides,
            baselines=question.baseline,
            additional_forward_args=(question.targets,),
            perturbations_per_eval=question.perturbations_per_eval,
        )
        return answer

    def passes(self, query: Query) -> Passes | None:
        sides = zip(query.inputs.shape[1:], *self._windows(query), strict=True)
        return Passes(1 + prod(1 + ceil((size - side) / stride) for size, side, stride in sides)) * len(query)

    def _windows(self, asked: Question | Query) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Window and strides along every axis of one input."""
        shape = tuple(asked.inputs.shape)
        window = self._full(asked, self.sliding_window_shapes or asked.model.domain.region_size(shape))
        return window, window if self.strides is None else self._full(asked, self.strides)

    def _full(self, asked: Question | Query, side: int | tuple[int, ...]) -> tuple[int, ...]:
        """A side along every axis of the grid, all channels together, as Captum wants it: the shape of one input."""
        shape = tuple(asked.inputs.shape)
        if isinstance(side, tuple):
            if len(side) != len(shape) - 1:
                raise BadParameter(f"{self.name}: {side} does not have the dimensions of inputs {shape[1:]}")
            return side
        grid = asked.model.domain.grid(shape)
        return shape[1 : len(shape) - len(grid)] + (side,) * len(grid)


@register
@dataclass(frozen=True)
class FeatureAblation(CaptumMethod):
    """Captum's FeatureAblation: how much the explained output falls when a region is replaced by the baseline.

    R_i = f_c(x) - f_c(x with the region of i replaced by b): every feature and channel has the whole effect of its
    region, so that summing over a region multiplies it; shaped like the inputs, in units of the output.

    region: side of the regions in pixels or columns; None for the domain's default.

    Source: kokhlikyan2020.
    """

    name: ClassVar[str] = "captum/feature_ablation"
    reference: ClassVar[str] = "kokhlikyan2020"

    region: int | None = None

    def __post_init__(self) -> None:
        check_region(self.name, self.region)

    @property
    def closed_form(self) -> str | None:
        return "occlusion" if self.region in (None, 1) else None

    def ask(self, captum: Any, question: Question) -> Tensor:
        answer: Tensor = captum.FeatureAblation(question.explained).attribute(
            question.inputs,
            baselines=question.baseline,
            additional_forward_args=(question.targets,),
            feature_mask=feature_mask(question, self.region),
            perturbations_per_eval=question.perturbations_per_eval,
        )
        return answer

    def passes(self, query: Query) -> Passes | None:
        return Passes(1 + len(query.domain.regions(tuple(query.inputs.shape), self.region))) * len(query)


@register
@dataclass(frozen=True)
class ShapleyValueSampling(CaptumMethod):
    """Captum's ShapleyValueSampling: the mean gain of a region over random orders of putting regions back.

    R_i = 1/N * sum over orders of f_c(b with the regions before i's and i's own as in x) - f_c(the same without
    i's own): every feature and channel has the whole value of its region; the values of the regions sum to
    f_c(x) - f_c(b) for any N. Shaped like the inputs, in units of the output. Captum sums in float32.

    n_samples: orders a sample, each of one forward pass a region (Captum's own default is 25); region: side of the
    regions in pixels or columns, None for the domain's default.

    Source: castro2009.
    """

    name: ClassVar[str] = "captum/shapley_value_sampling"
    reference: ClassVar[str] = "castro2009"
    stochastic: ClassVar[bool] = True
    alone: ClassVar[bool] = True

    n_samples: int = 10
    region: int | None = None

    def __post_init__(self) -> None:
        if self.n_samples < 1:
            raise BadParameter(f"{self.name}: n_samples={self.n_samples}; at least 1 is needed")
        check_region(self.name, self.region)

    def ask(self, captum: Any, question: Question) -> Tensor:
        answer: Tensor = captum.ShapleyValueSampling(question.explained).attribute(
            question.inputs,
            baselines=question.baseline,
            additional_forward_args=(question.targets,),
            feature_mask=feature_mask(question, self.region),
            n_samples=self.n_samples,
            perturbations_per_eval=question.perturbations_per_eval,
        )
        return answer

    def passes(self, query: Query) -> Passes | None:
        regions = len(query.domain.regions(tuple(query.inputs.shape), self.region))
        return Passes(2 + self.n_samples * (regions - 1)) * len(query)
