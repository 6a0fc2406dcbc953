"""Consistency under translations: definition, laws, and what cannot be judged."""

from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from whybench.cases import open_case
from whybench.errors import BadParameter, Unsupported
from whybench.methods.attribution import Gradient, Random
from whybench.metrics.attribution import InputShiftConsistency
from whybench.protocols import AttributionMethod, Case, Query
from whybench.protocols.asking import wrap
from whybench.protocols.method import require

SHIFTS = ((0, 1), (1, 0), (0, -1), (-1, 0))


def image_batch(height: int = 9, width: int = 8) -> Tensor:
    generator = torch.Generator().manual_seed(1)
    scale = torch.tensor([1.0, 0.1, 3.0, 100.0, 0.5], dtype=torch.float64)
    return scale[:, None, None, None] * torch.randn(5, 2, height, width, generator=generator, dtype=torch.float64)


class Pointwise(nn.Module):
    """The same function of every pixel, summed: its gradient moves along with the image."""

    def forward(self, inputs: Tensor) -> Tensor:
        total = (inputs[:, 0].sin() * inputs[:, 1]).sum((1, 2))
        return torch.stack([total, total - 1], 1)


class Placed(nn.Module):
    """A linear function with a weight for every place: its gradient does not move at all."""

    def __init__(self, height: int = 9, width: int = 8) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(2)
        self.weight = nn.Parameter(torch.randn(2, height, width, generator=generator, dtype=torch.float64))

    def forward(self, inputs: Tensor) -> Tensor:
        total = (self.weight * inputs).sum((1, 2, 3))
        return torch.stack([total, total - 1], 1)


class Fickle(nn.Module):
    """Predicts a class by the sign of the sum of the first column."""

    def forward(self, inputs: Tensor) -> Tensor:
        column = inputs[:, :, :, 0].sum((1, 2))
        return torch.stack([column, -column], 1)


@dataclass(frozen=True)
class Painted(AttributionMethod):
    """The first channel, kept only where `mask` is 1, and zero on images other than those that it knows."""

    name: ClassVar[str] = "painted"
    reference: ClassVar[str] = ""

    mask: Tensor = field(default_factory=lambda: torch.ones(1, dtype=torch.float64), compare=False)
    known: Tensor | None = field(default=None, compare=False)

    def relevance(self, query: Query) -> Tensor:
        same = self.known is None or torch.equal(query.inputs, self.known)
        return query.inputs[:, :1] * self.mask * float(same)


@dataclass(frozen=True)
class Counted(Gradient):
    """The gradient, with a list of the batch sizes that it was asked for."""

    name: ClassVar[str] = "counted"

    asked: list[int] = field(default_factory=list, compare=False)

    def relevance(self, query: Query) -> Tensor:
        self.asked.append(len(query))
        return super().relevance(query)


def case_of(
    method: AttributionMethod, module: nn.Module, inputs: Tensor | None = None, rows: int = 64, keep: Any = None
) -> Case[Any]:
    images = image_batch() if inputs is None else inputs
    chosen = list(range(len(images))) if keep is None else keep
    ids = tuple(f"image {i}" for i in chosen)
    targets = torch.zeros(len(chosen), dtype=torch.int64)
    return open_case(method, wrap(module, images), images[chosen], targets, ids=ids, rows=rows)


def slow(module: nn.Module, image: Tensor, shifts: Any, montavon: bool) -> list[float]:
    """The score for every shift of one image, for the channel norm of the gradient, pixel by pixel."""

    def gradient(x: Tensor) -> np.ndarray:
        leaf = x[None].clone().requires_grad_()
        module(leaf)[0, 0].backward()
        return np.sqrt((leaf.grad[0].numpy() ** 2).sum(0))

    height, width = image.shape[1:]
    found = []
    for down, right in shifts:
        moved = torch.zeros_like(image)
        for i in range(height):
            for j in range(width):
                moved[:, i, j] = image[:, min(max(i - down, 0), height - 1), min(max(j - right, 0), width - 1)]
        before, after = gradient(image), gradient(moved)
        if montavon:
            change = np.abs(after / after.sum() - before / before.sum()).sum()
            found.append(change / np.sqrt(((moved - image).numpy() ** 2).sum()))
            continue
        pairs = [
            (after[i, j], before[i - down, j - right])
            for i in range(height)
            for j in range(width)
            if 0 <= i - down < height and 0 <= j - right < width
        ]
        a, b = (np.array(values) / np.abs(values).sum() for values in zip(*pairs, strict=True))
        found.append(np.abs(a - b).sum() / 2)
    return found


@pytest.mark.parametrize("shifts", [SHIFTS, ((2, -3), (-1, 4))])
@pytest.mark.parametrize("form", ["equivariant", "montavon"])
def test_the_definition(form: Any, shifts: Any) -> None:
    module = nn.Sequential(nn.Conv2d(2, 3, 3, padding=1), nn.Tanh(), nn.Flatten(), nn.Linear(3 * 72, 2)).double()
    with torch.no_grad():
        module[3].bias.copy_(torch.tensor([1e4, 0.0]))
    case = case_of(Gradient(), module)
    scores = InputShiftConsistency(form=form, shifts=shifts).score(case)
    combine = max if form == "montavon" else np.mean
    expected = [combine(slow(module, image, shifts, form == "montavon")) for image in case.inputs]
    np.testing.assert_allclose(scores.values.numpy(), expected, rtol=0, atol=1e-12)
    assert scores.details["unchanged"].tolist() == [1.0] * 5


def test_a_map_that_follows_the_image_scores_zero() -> None:
    scores = InputShiftConsistency(shifts=(1, 2, (3, -2))).score(case_of(Gradient(), Pointwise()))
    torch.testing.assert_close(scores.values, torch.zeros(5, dtype=torch.float64), rtol=0, atol=1e-15)
    assert (InputShiftConsistency().score(case_of(Gradient(), Placed())).values > 0.1).all()


def test_montavons_ratio_of_a_map_that_stays_is_zero_and_of_one_that_follows_is_not() -> None:
    metric = InputShiftConsistency(form="montavon")
    assert metric.score(case_of(Gradient(), Placed())).values.tolist() == [0.0] * 5
    assert (metric.score(case_of(Gradient(), Pointwise())).values > 0).all()


def test_scale_changes_nothing_but_the_plain_ratio() -> None:
    @dataclass(frozen=True)
    class Louder(Gradient):
        name: ClassVar[str] = "louder"

        def relevance(self, query: Query) -> Tensor:
            return 1024 * super().relevance(query)

    for form in ("equivariant", "montavon"):
        quiet, loud = (InputShiftConsistency(form).score(case_of(m, Pointwise())) for m in (Gradient(), Louder()))
        assert torch.equal(quiet.values, loud.values)
        if form == "montavon":
            assert torch.equal(1024 * quiet.details["plain_ratio"], loud.details["plain_ratio"])


def test_opposite_maps_are_furthest_apart() -> None:
    @dataclass(frozen=True)
    class Turns(AttributionMethod):
        name: ClassVar[str] = "turns"
        reference: ClassVar[str] = ""

        def relevance(self, query: Query) -> Tensor:
            return query.inputs[:, :1] * (1 if torch.equal(query.inputs, image_batch()) else -1)

    scores = InputShiftConsistency().score(case_of(Turns(), Pointwise()))
    torch.testing.assert_close(scores.values, torch.ones(5, dtype=torch.float64), rtol=0, atol=1e-15)


def test_only_shifts_that_keep_the_class_are_judged() -> None:
    images = torch.ones(2, 2, 4, 4, dtype=torch.float64)
    images[0, :, :, 1] = -3  # by one pixel to the left, another class
    images[1, :, :, 0] = 2
    scores = InputShiftConsistency(shifts=((0, -1), (0, 1))).score(case_of(Painted(), Fickle(), images))
    assert scores.details["unchanged"].tolist() == [0.5, 1.0]
    assert not scores.undefined
    left = InputShiftConsistency(shifts=((0, -1),)).score(case_of(Painted(), Fickle(), images))
    assert left.undefined == {0: "the predicted class changes at every shift"}
    assert left.values[0].isnan()
    assert left.details["output_change"][1].item() == pytest.approx((16 - 8) / (16 + 8), abs=1e-15)


def test_zero_maps() -> None:
    images = image_batch(4, 4)
    nothing = Painted(mask=torch.zeros(4, 4, dtype=torch.float64))
    assert set(InputShiftConsistency().score(case_of(nothing, Pointwise(), images)).undefined.values()) == {
        "the map is zero everywhere"
    }
    rim = torch.zeros(4, 4, dtype=torch.float64)
    rim[:, 3] = 1
    outside = InputShiftConsistency(shifts=((0, 1), (0, -1))).score(
        case_of(Painted(mask=rim, known=images), Pointwise(), images)
    )
    assert outside.values.tolist() == [1.0] * 5  # to the right nothing is left to compare, to the left it vanishes
    right = InputShiftConsistency(shifts=((0, 1),)).score(case_of(Painted(mask=rim, known=images), Pointwise(), images))
    assert set(right.undefined.values()) == {
        "the map is zero wherever images overlap at the shifts that keep the predicted class"
    }


def test_an_image_of_one_colour_has_no_ratio() -> None:
    flat = torch.ones(2, 2, 4, 4, dtype=torch.float64)
    scores = InputShiftConsistency(form="montavon").score(case_of(Painted(), Pointwise(), flat))
    assert set(scores.undefined.values()) == {"no shift moves the image at the shifts that keep the predicted class"}
    assert not InputShiftConsistency().score(case_of(Painted(), Pointwise(), flat)).undefined


def test_default_shifts_fit_the_image() -> None:
    pairs = InputShiftConsistency().pairs
    assert pairs(8, 8) == SHIFTS
    assert pairs(28, 40) == ((0, 1), (2, 0), (0, -3), (-3, 0))
    assert pairs(224, 224) == ((0, 1), (2, 0), (0, -4), (-8, 0))
    assert InputShiftConsistency(shifts=(2, (1, 1))).pairs(8, 8) == ((0, 2), (2, 0), (0, -2), (-2, 0), (1, 1))
    with pytest.raises(Unsupported, match=r"a shift by \(8, 0\) pixels leaves nothing of an image of 8 x 9"):
        InputShiftConsistency(shifts=(8,)).pairs(8, 9)


def test_both_forms_share_one_explanation_a_shift() -> None:
    counted = Counted()
    case = case_of(counted, Pointwise())
    counted.asked.clear()
    for form in ("equivariant", "montavon"):
        InputShiftConsistency(form=form).score(case)
    assert counted.asked == [5] * 4


@pytest.mark.parametrize("form", ["equivariant", "montavon"])
@pytest.mark.parametrize("method", [Gradient(), Random()])
def test_batch_and_order_do_not_matter(form: Any, method: AttributionMethod) -> None:
    metric, module = InputShiftConsistency(form=form), Placed()
    together = metric.score(case_of(method, module))
    swapped = metric.score(case_of(method, module, rows=2, keep=[3, 0, 4, 2, 1]))
    torch.testing.assert_close(swapped.values, together.values[[3, 0, 4, 2, 1]], rtol=0, atol=1e-12, equal_nan=True)
    alone = torch.cat([metric.score(case_of(method, module, keep=[i])).values for i in range(5)])
    torch.testing.assert_close(alone, together.values, rtol=0, atol=1e-12, equal_nan=True)


def test_tables_are_unsupported_and_bad_parameters_named() -> None:
    table = wrap(nn.Linear(4, 2), torch.zeros(1, 4))
    with pytest.raises(Unsupported, match="input_shift_consistency needs image"):
        require(InputShiftConsistency(), table)
    with pytest.raises(BadParameter, match="form='ratio'; allowed: equivariant, montavon"):
        InputShiftConsistency(form="ratio")  # type: ignore[arg-type]
    for shifts in ((), (0,), ((0, 0),), ((1, 2, 3),), (1.5,)):
        with pytest.raises(BadParameter, match="expected a tuple of whole pixels"):
            InputShiftConsistency(shifts=shifts)  # type: ignore[arg-type]
