"""One attempt at a method: a scene of its own, and how far apart two answers are."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from whybench.checking.clause import Broken
from whybench.checking.explainers import Explainer, OwnExplainer
from whybench.checking.zoo import Scene, scene
from whybench.protocols import AttributionMethod


@dataclass(frozen=True, eq=False)
class Trial:
    """A method and the name of a model of the zoo; `scene()` builds it anew at every call.

    spec: what the method is found by in another process, or nothing where it cannot be.
    """

    explainer: Explainer
    name: str
    dtype: torch.dtype = torch.float64
    spec: str = ""

    def scene(self, dtype: torch.dtype | None = None) -> Scene:
        return scene(self.name, dtype or self.dtype)

    def ask(self, where: Scene | None = None, **options: Any) -> Tensor:
        """The relevance, on a new scene unless one is given."""
        return self.explainer.ask(where or self.scene(), **options)

    @property
    def method(self) -> AttributionMethod | None:
        """The method of whybench's protocol, where it is one."""
        return self.explainer.method if isinstance(self.explainer, OwnExplainer) else None


def distance(found: Tensor, wanted: Tensor) -> float:
    """The largest difference in units of the largest value, or of 1 where that is smaller; infinite beside NaN."""
    if found.shape != wanted.shape:
        return float("inf")
    if not found.numel():
        return 0.0
    apart = ((found.double() - wanted.double()).abs().max() / wanted.double().abs().max().clamp(min=1.0)).item()
    return apart if apart == apart else float("inf")


def insist_same(
    found: Tensor, wanted: Tensor, within: float, saying: tuple[str, str], ids: tuple[str, ...] = ()
) -> None:
    """Raise Broken, with the values where they differ most, unless two answers are equal; `saying` names both."""
    apart = distance(found, wanted)
    if apart <= within:
        return
    if found.shape != wanted.shape:
        raise Broken(f"shape {tuple(found.shape)} {saying[0]}, {tuple(wanted.shape)} {saying[1]}")
    gap = (found.double() - wanted.double()).abs()
    place = [int(i) for i in torch.unravel_index(gap.nan_to_num(nan=torch.inf).argmax(), gap.shape)]
    here = f"sample {ids[place[0]]!r}, position {tuple(place[1:])}" if ids else f"position {tuple(place)}"
    raise Broken(
        f"{here}: {found[tuple(place)].item():.6g} {saying[0]}, {wanted[tuple(place)].item():.6g} {saying[1]}; "
        f"apart by {apart:.2g} of the largest value, allowed {within:.0e}"
    )
