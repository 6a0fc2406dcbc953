"""Extremal perturbations."""

import math

import pytest
import torch
from torch import nn

from whybench.errors import BadParameter, Unsupported
from whybench.methods.attribution import ExtremalPerturbation
from whybench.methods.attribution.masks import descent
from whybench.methods.attribution.masks.blending import BlurPyramid, Fade, gaussian_blur
from whybench.methods.attribution.masks.smooth_maximum import SmoothMaximum


def slow_smooth(cells, width):
    """The smooth maximum, place by place; beyond the border the outermost cells are repeated."""
    height, across = cells.shape
    radius = 1 + math.ceil(width)
    mask = torch.zeros_like(cells)
    for y in range(height):
        for x in range(across):
            top = bottom = 0.0
            for down in range(-radius, radius + 1):
                for right in range(-radius, radius + 1):
                    kernel = math.exp(-2 * max(0.0, math.hypot(down, right) / width - 0.5) ** 2)
                    value = kernel * cells[min(max(y + down, 0), height - 1), min(max(x + right, 0), across - 1)]
                    top, bottom = top + value * torch.exp(20 * value), bottom + torch.exp(20 * value)
            mask[y, x] = top / bottom
    return mask


def slow_loss(method, module, image, target, cells, t):
    """The objective of one sample at given cells (areas, height, width) without ties, under a zero fill."""
    total = 0.0
    for area, values in zip(method.areas, cells, strict=True):
        mask = slow_smooth(values, method.smoothness * 6)
        kept, left = (module((m * image)[None])[0, target] for m in (mask, 1 - mask))
        total = total + {"preserve": -kept, "delete": left, "dual": left - kept}[method.variant]
        ordered = sorted(mask.flatten(), key=lambda value: value.detach().item())
        first = int(len(ordered) * (1 - area))
        wrong = [(value - (1.0 if k >= first else 0.0)) ** 2 for k, value in enumerate(ordered)]
        total = total + method.weight * method.growth**t * sum(wrong) / len(ordered)
    return total


@pytest.mark.parametrize("variant", ["preserve", "delete", "dual"])
def test_loss_and_gradient_at_given_cells(variant, cnn, images, targets, open_query):
    method = ExtremalPerturbation((0.2, 0.5), variant, smoothness=0.9 / 6, weight=7.0, growth=1.1)
    smooth = SmoothMaximum(method.smoothness * 6)
    cells = torch.rand(2, 2, 8, 6, generator=torch.Generator().manual_seed(3), dtype=torch.float64)
    asked = open_query(cnn, images[:2], targets[:2], rows=3)
    loss = method.loss(asked, Fade(asked, asked.infill("zero")), smooth, flipped=False)
    leaf = cells.clone().requires_grad_()
    ours = descent.gradient(asked, leaf, loss, lambda v: method.penalty(v, smooth, 3), method._rows)
    one = cells[1].clone().requires_grad_()
    (expected,) = torch.autograd.grad(slow_loss(method, cnn, images[1], targets[1], one, 3), one)
    assert (ours[1] - expected).abs().max() <= 1e-11


def test_descent_is_that_of_the_authors(cnn, images, targets):
    """Momentum 0.9 with dampening 0.9 by hand, a rate in proportion to the number of cells, cut off at 0 and 1."""
    method = ExtremalPerturbation((0.3,), infill="zero", iterations=3, rate=0.05, smoothness=0.15)
    ours = method.attribute(cnn, images, targets)
    i, rate = 2, 0.05 * 48 / 1024
    cells = torch.ones(1, 8, 6, dtype=torch.float64)
    speed = torch.zeros_like(cells)
    for t in range(3):
        leaf = cells.clone().requires_grad_()
        (slope,) = torch.autograd.grad(tied_loss(method, cnn, images[i], targets[i], leaf, t), leaf)
        speed = slope if t == 0 else 0.9 * speed + 0.1 * slope
        cells = (cells - rate * speed).clamp(0, 1)
    assert (ours[i, 0] - slow_smooth(cells[0], 0.9)).abs().max() <= 1e-11


def tied_loss(method, module, image, target, cells, t):
    """As `slow_loss`, each cell against the mean of the step over the places that cells equal to it share."""
    (area,) = method.areas
    mask = slow_smooth(cells[0], method.smoothness * 6)
    values = mask.flatten()
    plain = values.tolist()
    first = int(len(plain) * (1 - area))
    wrong = 0.0
    for value, own in zip(values, plain, strict=True):
        places = [k for k, other in enumerate(sorted(plain)) if abs(other - own) <= 1e-5]
        wrong = wrong + (value - sum(k >= first for k in places) / len(places)) ** 2 / len(plain)
    return method.weight * method.growth**t * wrong - module((mask * image)[None])[0, target]


def test_the_area_is_kept_and_on_a_linear_model_it_holds_the_best_cells():
    net = nn.Sequential(nn.Flatten(), nn.Linear(48, 1, bias=False)).double()
    net[1].weight.data = torch.randn(1, 48, generator=torch.Generator().manual_seed(5), dtype=torch.float64)
    image = torch.ones(1, 1, 8, 6, dtype=torch.float64)
    order = net[1].weight[0].argsort(descending=True)
    for area in (0.25, 0.5):
        method = ExtremalPerturbation(
            (area,), infill="zero", smoothness=0.0, rate=0.03, iterations=250, weight=700.0, growth=1.0
        )
        mask = method.attribute(net, image).flatten()
        expected = torch.zeros(48, dtype=torch.float64)
        expected[order[: int(48 * area)]] = 1
        # What is hidden keeps w n / (2 weight), where the pull of the output and that of the area are in balance.
        left = (net[1].weight[0].detach() * 48 / (2 * 700)).clamp(min=0)
        assert (mask - torch.maximum(expected, left * (expected == 0))).abs().max() <= 1e-5
        assert mask.mean().item() == pytest.approx(area, abs=0.02)


def test_relevance_is_the_mean_over_areas():
    net = nn.Sequential(nn.Flatten(), nn.Linear(16, 1, bias=False)).double()
    net[1].weight.data = torch.arange(16.0, dtype=torch.float64)[None]
    image, given = torch.ones(1, 1, 4, 4, dtype=torch.float64), {"infill": "zero", "iterations": 60}
    both = ExtremalPerturbation((0.25, 0.5), **given).attribute(net, image)
    each = [ExtremalPerturbation((area,), **given).attribute(net, image) for area in (0.25, 0.5)]
    assert (both - (each[0] + each[1]) / 2).abs().max() <= 1e-12
    assert both.std() > 0


def test_delete_on_a_linear_model_holds_the_best_cells_too():
    net = nn.Sequential(nn.Flatten(), nn.Linear(16, 1, bias=False)).double()
    net[1].weight.data = torch.arange(16.0, dtype=torch.float64)[None]
    image = torch.ones(1, 1, 4, 4, dtype=torch.float64)
    for variant in ("delete", "dual"):
        mask = ExtremalPerturbation(
            (0.25,), variant, infill="zero", smoothness=0.0, rate=0.03, iterations=250
        ).attribute(net, image)
        assert torch.equal(mask.flatten() > 0.5, torch.arange(16) >= 12)


def test_equal_cells_are_treated_alike():
    """A sort leaves equal cells in the order of their places; by that, half of them would fall and half would not."""
    cells = torch.ones(1, 1, 4, 4, dtype=torch.float64, requires_grad=True)
    method, smooth = ExtremalPerturbation((0.25,), weight=1.0), SmoothMaximum(0.0)
    (slope,) = torch.autograd.grad(method.penalty(cells, smooth, 0).sum(), cells)
    assert (slope - 2 * 0.75 / 16).abs().max() <= 1e-15
    ordered = cells.flatten().sort().values
    step = (torch.arange(16) >= 12).double()
    (by_sort,) = torch.autograd.grad((ordered - step).square().mean(), cells)
    assert sorted(set(by_sort.flatten().tolist())) == [0.0, 0.125]


def test_equal_cells_share_their_places_in_double_precision():
    """Twelve cells of one value for an area of a third: each is to be 1/3."""
    method, cells = ExtremalPerturbation((1 / 3,), smoothness=0.0, weight=1.0), torch.ones(1, 1, 3, 4).double()
    assert method.penalty(cells, SmoothMaximum(0.0), 0).item() == pytest.approx((2 / 3) ** 2, rel=1e-15)


@pytest.mark.parametrize("width", [0.4, 1.0, 2.3])
def test_smooth_maximum_equals_its_definition(width):
    cells = torch.rand(2, 5, 7, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    expected = torch.stack([slow_smooth(one, width) for one in cells])
    assert (SmoothMaximum(width)(cells) - expected).abs().max() <= 1e-13


def test_even_cells_make_an_even_mask_up_to_the_border():
    mask = SmoothMaximum(1.5)(torch.full((1, 6, 6), 0.3, dtype=torch.float64))
    assert (mask - mask[0, 0, 0]).abs().max() <= 1e-15


def test_the_blur_pyramid_equals_its_definition(images, targets, open_query):
    asked = open_query(nn.Flatten(), images, targets)
    pyramid = BlurPyramid(asked, strongest=1.4, levels=3)
    masks = torch.rand(2, 8, 6, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    masks[0, 0, 0], masks[1, 2, 2], masks[1, 3, 3] = 0.0, 1.0, 0.5
    sample = torch.tensor([3, 1])
    ours = pyramid(masks, sample)
    copies = torch.stack([slow_blur(images, 1.4), slow_blur(images, 0.7), images], 1)
    for row, i in enumerate(sample.tolist()):
        for y in range(8):
            for x in range(6):
                depth = 2 * masks[row, y, x].item()
                low = min(int(depth), 1)
                expected = (1 - depth + low) * copies[i, low, :, y, x] + (depth - low) * copies[i, low + 1, :, y, x]
                assert (ours[row, :, y, x] - expected).abs().max() <= 1e-13
    assert torch.equal(pyramid(torch.ones(1, 8, 6, dtype=torch.float64), torch.tensor([2]))[0], images[2])


def slow_blur(images, width):
    radius = math.ceil(3 * width)
    offsets = range(-radius, radius + 1)
    result = torch.zeros_like(images)
    for y in range(8):
        for x in range(6):
            total = 0.0
            for down in offsets:
                for right in offsets:
                    weight = math.exp(-(down**2 + right**2) / (2 * width**2))
                    total += weight
                    result[:, :, y, x] += weight * images[:, :, min(max(y + down, 0), 7), min(max(x + right, 0), 5)]
            result[:, :, y, x] /= total
    return result


def test_gaussian_blur_of_no_width_is_the_image(images):
    assert torch.equal(gaussian_blur(images, 0.0), images)
    assert (gaussian_blur(images, 0.9) - slow_blur(images, 0.9)).abs().max() <= 1e-14


@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize("infill", [None, "mean"])
def test_batches_and_order_do_not_matter(rows, infill, cnn, images, targets):
    method, ids = ExtremalPerturbation((0.2, 0.4), "dual", infill=infill, iterations=12), list("abcde")
    whole = method.attribute(cnn, images, targets, ids=ids)
    assert (method.attribute(cnn, images, targets, ids=ids, batch_size=rows) - whole).abs().max() <= 1e-12
    order = torch.tensor([3, 1, 4, 0, 2])
    moved = method.attribute(cnn, images[order], targets[order], ids=[ids[i] for i in order])
    assert (moved - whole[order]).abs().max() <= 1e-12


def test_mirroring_makes_no_difference_to_a_model_that_does_not_see_it(images, targets):
    class Symmetric(nn.Module):
        def forward(self, x):
            return torch.stack([x.pow(2).sum((1, 2, 3)), x.sum((1, 2, 3))], 1)

    plain, mirrored = (
        ExtremalPerturbation((0.3,), infill="zero", iterations=6, mirrored=m).attribute(Symmetric(), images, targets)
        for m in (False, True)
    )
    assert (plain - mirrored).abs().max() <= 1e-12
    assert plain.std() > 0


def test_mirrored_steps_alternate(cnn, images, targets):
    method = ExtremalPerturbation((0.3,), infill="zero", iterations=2)
    seen = []
    handle = cnn.register_forward_hook(lambda _, args, out: seen.append(args[0].detach().clone()))
    ExtremalPerturbation((0.3,), infill="zero", iterations=2, mirrored=True).attribute(cnn, images, targets)
    method.attribute(cnn, images, targets)
    handle.remove()
    passes = [rows for rows in seen if len(rows) == 5]
    mirrored, plain = passes[:2], passes[2:]
    assert torch.equal(mirrored[0], plain[0].flip(3))
    assert (mirrored[1] - plain[1]).abs().max() < (mirrored[1] - plain[1].flip(3)).abs().max()


@pytest.mark.parametrize(("variant", "rows"), [("preserve", 2), ("delete", 2), ("dual", 4)])
def test_passes_are_iterations_times_areas_in_full_batches(variant, rows, cnn, images, targets, passes_of, open_query):
    asked = open_query(cnn, images, targets, rows=4)
    passes = passes_of(ExtremalPerturbation((0.2, 0.4), variant, iterations=3), asked)
    total = 5 * rows
    full = [4] * (total // 4) + [total % 4] * (total % 4 > 0)
    assert passes.forward == passes.backward == full * 3


def test_works_under_inference_mode(cnn, images, targets):
    method = ExtremalPerturbation(iterations=3)
    expected = method.attribute(cnn, images, targets)
    with torch.inference_mode():
        assert torch.equal(method.attribute(cnn, images * 1.0, targets), expected)


def test_tables_are_refused(linear, table):
    with pytest.raises(Unsupported, match="needs image"):
        ExtremalPerturbation().attribute(linear, table)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"areas": ()}, r"areas=\(\); one or more numbers between 0 and 1"),
        ({"areas": (0.1, 1.0)}, r"areas=\(0.1, 1.0\)"),
        ({"variant": "keep"}, "variant='keep'; allowed: preserve, delete, dual"),
        ({"score": "p"}, "score='p'; allowed"),
        ({"iterations": 0}, "iterations=0"),
        ({"growth": 0.0}, "growth=0.0; a finite number > 0"),
        ({"smoothness": -0.1}, "smoothness=-0.1; a finite number >= 0"),
    ],
)
def test_bad_parameters(parameters, message):
    with pytest.raises(BadParameter, match=f"extremal_perturbation: {message}"):
        ExtremalPerturbation(**parameters)


def test_areas_may_be_a_list():
    assert ExtremalPerturbation([0.1, 0.2]) == ExtremalPerturbation((0.1, 0.2))
    assert hash(ExtremalPerturbation([0.1, 0.2])) == hash(ExtremalPerturbation((0.1, 0.2)))
