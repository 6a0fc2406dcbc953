"""Occlusion."""

from dataclasses import dataclass
from typing import ClassVar, Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from whybench.domains import Players
from whybench.errors import BadParameter
from whybench.methods.attribution.coalitions import Game, check_players
from whybench.methods.attribution.windows import Windows, windows_over
from whybench.passes import Passes
from whybench.protocols import AttributionMethod, Query
from whybench.registries import register


@register
@dataclass(frozen=True)
class Occlusion(AttributionMethod):
    """How much the explained output falls when a window of features is hidden.

    R_i(x) = mean over the windows W that hold feature i of f_c(x) - f_c(x with W replaced by b); shaped like the
    inputs, each channel of a pixel with the pixel's value, in units of the output. Windows are squares of pixels or
    runs of columns; they start every `stride` features, and those at the border are cut off by it. With
    regions='superpixels' the superpixels of the image are hidden one by one instead.

    window: side of a window in features, None for the domain's default region; stride: None for windows side by
    side; baseline: an infill's name, or None for the domain's baseline; segments: about how many superpixels.

    Raises BadParameter where a window does not fit into the input.

    Source: zeiler2014.

    >>> linear = torch.nn.Linear(2, 1, bias=False, dtype=torch.float64)
    >>> _ = linear.weight.data.copy_(torch.tensor([[2.0, -3.0]]))
    >>> Occlusion().attribute(linear, torch.tensor([[1.0, 2.0]], dtype=torch.float64)).tolist()
    [[2.0, -6.0]]
    """

    name: ClassVar[str] = "occlusion"
    reference: ClassVar[str] = "zeiler2014"
    libraries: ClassVar[tuple[str, ...]] = ("scikit-image",)

    window: int | None = None
    stride: int | None = None
    baseline: str | None = None
    regions: Literal["windows", "superpixels"] = "windows"
    segments: int = 50

    def __post_init__(self) -> None:
        for name, value in {"window": self.window, "stride": self.stride}.items():
            if value is not None and (not isinstance(value, int) or value < 1):
                raise BadParameter(f"occlusion: {name}={value!r}; a whole number >= 1 is needed, or None")
        if self.window is not None and self.stride is not None and self.stride > self.window:
            raise BadParameter(f"occlusion: stride={self.stride} > window={self.window} would leave features unseen")

        if self.regions not in ("windows", "superpixels"):
            raise BadParameter(f"occlusion: regions={self.regions!r}; allowed: windows, superpixels")
        if self.regions == "superpixels" and (self.window is not None or self.stride is not None):
            raise BadParameter(
                f"occlusion: window={self.window}, stride={self.stride} are of windows; superpixels are counted by "
                "segments"
            )
        check_players("occlusion", None, None, self.segments)

    @property
    def closed_form(self) -> str | None:
        return "occlusion" if self in (Occlusion(), Occlusion(window=1)) else None

    def relevance(self, query: Query) -> Tensor:
        return self._windows(query) if self.regions == "windows" else self._superpixels(query)

    def passes(self, query: Query) -> Passes | None:
        if self.regions == "windows":
            return Passes(1 + len(self._over(query))) * len(query)
        return Passes(sum(1 + m for m in self._players(query).counts))

    def _players(self, query: Query) -> Players:
        return query.domain.players(query.inputs, "superpixels", None, self.segments)

    def _superpixels(self, query: Query) -> Tensor:
        players = self._players(query)
        game = Game(query, players, query.infill(self.baseline))
        values = game.values(F.pad(~torch.eye(m, dtype=torch.bool), (0, 0, 1, 0), value=True) for m in players.counts)
        fall = torch.stack([F.pad(v[:1] - v[1:], (0, max(players.counts) - len(v) + 1)) for v in values])
        spread = query.domain.over_channels(players.spread(fall.to(query.inputs)))
        return spread.expand_as(query.inputs).clone()

    def _windows(self, query: Query) -> Tensor:
        windows = self._over(query)
        infill = query.infill(self.baseline)
        parts = []
        # Draw 0 hides nothing: the clean output comes out of the same packs, once a sample.
        for sample, draw in query.each(1 + len(windows)):
            hidden = infill.apply(windows.outside(draw - 1), sample)
            parts.append(query.outputs(hidden, sample, disposable=True))
        outputs = torch.cat(parts).view(len(query), -1)
        mean = windows.mean(outputs[:, :1] - outputs[:, 1:])
        return query.domain.over_channels(mean).expand_as(query.inputs).clone()

    def _over(self, query: Query) -> Windows:
        shape = tuple(query.inputs.shape)
        grid = query.domain.grid(shape)
        window = self.window or query.domain.region_size(shape)
        stride = self.stride or window
        if window > min(grid) or stride > window:
            raise BadParameter(f"occlusion: window={window} with stride={stride} does not fit into {grid} features")
        return windows_over(grid, window, stride, query.inputs.device)
