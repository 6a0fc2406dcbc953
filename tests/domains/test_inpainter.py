"""In-painting: the network against its definition, the shipped weights, and what every infill must hold."""

import importlib.util
import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from safetensors.torch import load_file

from whybench import evaluate
from whybench.datasets import digits
from whybench.digests import tensors_digest
from whybench.domains import ImageDomain, TabularDomain
from whybench.domains.inpainting import network, weights
from whybench.domains.inpainting.network import InPainter, Plan, from_coarser
from whybench.errors import BadParameter, Unsupported
from whybench.methods.attribution import FidoSDR, FidoSSR
from whybench.streams import Streams

FOLDER = Path(weights.__file__).parent
DIGESTS = {
    "digits": "dfd3994795c4a412c62dac7ae8d684e147e672c08426a1b7d4e765e7a21f783f",
    "photographs": "1f027e0baa2f6f0183b96f2c2fd622d51be844f2411259a9d479d6f601d87b9a",
}
HELD_OUT = 0.0963
SCRIPT = Path(__file__).parents[2] / "benchmarks" / "train_inpainter.py"
UNIT = ImageDomain(low=0.0, high=1.0, mean=0.3)


def account(name):
    return json.loads((FOLDER / f"{name}.json").read_text())


def images_of(channels, *size, n=2, seed=1, dtype=torch.float64):
    rough = torch.rand(n, channels, 3, 3, generator=torch.Generator().manual_seed(seed), dtype=dtype)
    return F.interpolate(rough, size, mode="bilinear")


def masks_of(rows, *size, share=0.5, seed=2):
    return torch.rand(rows, *size, generator=torch.Generator().manual_seed(seed)) < share


def fill(images, kept, domain=UNIT, sample=None):
    ids = [str(i) for i in range(len(images))]
    sample = torch.arange(len(images)) if sample is None else sample
    return domain.infill("inpainter", images, ids, Streams(0)).apply(kept, sample)


def slow_pyramid(values, share):
    """Values (channels, h, w) and shares (h, w), nested in lists' order: one cell at a time."""
    _, height, width = values.shape
    if height == width == 1:
        return values
    coarse = torch.zeros(len(values), -(-height // 2), -(-width // 2), dtype=values.dtype)
    counted = torch.zeros(coarse.shape[1:], dtype=values.dtype)
    for y in range(height):
        for x in range(width):
            coarse[:, y // 2, x // 2] += share[y, x] * values[:, y, x]
            counted[y // 2, x // 2] += share[y, x]
    coarse = coarse / counted.where(counted > 0, 1)
    coarse = slow_pyramid(coarse, counted.clamp(max=1))
    result = torch.empty_like(values)
    for y in range(height):
        for x in range(width):
            guess = 0
            for v, part in ((y // 2, 0.75), (y // 2 + (1 if y % 2 else -1), 0.25)):
                for u, other in ((x // 2, 0.75), (x // 2 + (1 if x % 2 else -1), 0.25)):
                    v, u = min(max(v, 0), coarse.shape[1] - 1), min(max(u, 0), coarse.shape[2] - 1)
                    guess = guess + part * other * coarse[:, v, u]
            result[:, y, x] = share[y, x] * values[:, y, x] + (1 - share[y, x]) * guess
    return result


@pytest.mark.parametrize("size", [(4, 4), (5, 3), (1, 6), (7, 8)])
def test_the_pyramid_equals_its_definition(size):
    generator = torch.Generator().manual_seed(3)
    values = torch.randn(2, 3, *size, generator=generator, dtype=torch.float64)
    share = torch.rand(2, 1, *size, generator=generator, dtype=torch.float64).round(decimals=1)
    share[0, 0, 0] = 0
    ours = from_coarser(values, share)
    for row in range(2):
        assert (ours[row] - slow_pyramid(values[row], share[row, 0])).abs().max() <= 1e-13


def slow_convolution(layer, image):
    wide, (height, width) = F.pad(image, (1, 1, 1, 1)), image.shape[1:]
    result = torch.empty(len(layer.weight), height, width, dtype=image.dtype)
    for y in range(height):
        for x in range(width):
            result[:, y, x] = (layer.weight * wide[:, y : y + 3, x : x + 3]).sum((1, 2, 3)) + layer.bias
    return result


def halved(image):
    """Means over blocks of 2 x 2, those at an uneven border over what there is."""
    _, height, width = image.shape
    rows = [
        [image[:, y : y + 2, x : x + 2].flatten(1).mean(1) for x in range(0, width, 2)] for y in range(0, height, 2)
    ]
    return torch.stack([torch.stack(row, 1) for row in rows], 1)


def slow_interpolation(image, kept):
    """Hidden pixels as the weighted mean of their neighbours, as one dense system."""
    height, width = kept.shape
    places = {tuple(place): i for i, place in enumerate((~kept).nonzero().tolist())}
    system = torch.zeros(len(places), len(places), dtype=image.dtype)
    known = torch.zeros(len(places), len(image), dtype=image.dtype)
    for (y, x), i in places.items():
        for v in range(max(0, y - 1), min(height, y + 2)):
            for u in range(max(0, x - 1), min(width, x + 2)):
                weight = 0 if (v, u) == (y, x) else 2 if v == y or u == x else 1
                system[i, i] += weight
                if (v, u) in places:
                    system[i, places[v, u]] -= weight
                else:
                    known[i] += weight * image[:, v, u]
    result = image.clone()
    result[:, ~kept] = torch.linalg.solve(system, known).T
    return result


def slow_guess(net, image, kept):
    """One image whose sides are multiples of its cells', one cell at a time."""
    high, wide = net.plan.cells(*kept.shape)
    a, b = kept.shape[0] // high, kept.shape[1] // wide
    if net.plan.rough == "pyramid":
        rough = slow_pyramid(image, kept.to(image.dtype))
    else:
        rough = slow_interpolation(image, kept)
    share, sums, brought = (torch.zeros(c, high, wide, dtype=image.dtype) for c in (1, len(image), len(image)))
    for y in range(high):
        for x in range(wide):
            for v in range(y * a, y * a + a):
                for u in range(x * b, x * b + b):
                    share[0, y, x] += kept[v, u] / (a * b)
                    sums[:, y, x] += kept[v, u] * image[:, v, u] / (a * b)
                    brought[:, y, x] += rough[:, v, u] / (a * b)
    centre, spread = torch.zeros(len(image), 1, 1, dtype=image.dtype), torch.tensor(1.0, dtype=image.dtype)
    if net.plan.relative:
        known = [image[:, v, u] for v, u in kept.nonzero().tolist()]
        centre = torch.stack(known).mean(0)[:, None, None]
        held = [(y, x) for y in range(high) for x in range(wide) if share[0, y, x] > 0]
        squares = sum(
            share[0, y, x] * (sums[:, y, x] / share[0, y, x] - centre[:, 0, 0]).square().mean() for y, x in held
        )
        spread = (squares / share.sum()).sqrt()
    levels = [slow_convolution(net.enter, torch.cat([(brought - centre) / spread, 2 * share - 1])).relu()]
    for layer in net.down:
        levels.append(slow_convolution(layer, halved(levels[-1])).relu())
    found = slow_convolution(net.bottom, levels[-1]).relu()
    for layer, level in zip(list(net.up)[::-1], levels[-2::-1], strict=True):
        doubled = found.repeat_interleave(2, 1).repeat_interleave(2, 2)[:, : level.shape[1], : level.shape[2]]
        found = slow_convolution(layer, torch.cat([level, doubled])).relu()
    correction = (1 - share) * spread * slow_convolution(net.leave, found)
    if (a, b) != (1, 1):
        correction = F.interpolate(correction[None], kept.shape, mode="bilinear", align_corners=False)[0]
    return (rough + correction).clamp(0, 1)


@pytest.mark.parametrize(
    ("plan", "size"),
    [
        (Plan(1, (3, 4, 5), 16, False, "pyramid"), (8, 8)),
        (Plan(2, (3, 4), 5, True, "interpolation"), (10, 14)),
        (Plan(3, (2, 3, 2), 56, True, "pyramid"), (7, 4)),
    ],
)
def test_the_network_equals_its_definition(plan, size):
    generator = torch.Generator().manual_seed(4)
    net = InPainter(plan).double().requires_grad_(False)
    for parameter in net.parameters():
        parameter.copy_(torch.randn(parameter.shape, generator=generator, dtype=torch.float64) / 3)
    images = torch.rand(2, plan.channels, *size, generator=generator, dtype=torch.float64)
    kept = masks_of(2, *size, share=0.6)
    ours = net(images, kept)
    for row in range(2):
        assert (ours[row] - slow_guess(net, images[row], kept[row])).abs().max() <= 1e-12


SIZES = [(1, 8, 8), (1, 16, 12), (3, 8, 8), (3, 32, 32), (3, 70, 64)]


@pytest.mark.parametrize("shape", SIZES)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_kept_pixels_are_the_same_bits_and_guesses_within_the_bounds(shape, dtype):
    domain = ImageDomain(low=-1.5, high=2.0, mean=0.1)
    images = 3.5 * images_of(*shape, dtype=dtype) - 1.5
    kept = masks_of(2, *shape[1:])
    rows = fill(images, kept, domain)
    assert rows.dtype == dtype
    assert torch.equal(rows.movedim(1, -1)[kept], images.movedim(1, -1)[kept])
    assert (rows != images).any()
    assert ((rows >= -1.5) & (rows <= 2.0)).all()


@pytest.mark.parametrize("shape", SIZES)
def test_what_is_hidden_is_not_seen(shape):
    images, kept = images_of(*shape), masks_of(2, *shape[1:])
    spoiled = torch.where(kept.unsqueeze(1), images, 1 - images)
    hidden = ~kept.unsqueeze(1).expand_as(images)
    assert torch.equal(fill(spoiled, kept)[hidden], fill(images, kept)[hidden])


def test_a_pyramid_that_looks_at_hidden_pixels_would_be_seen(monkeypatch):
    images, kept = images_of(1, 8, 8), masks_of(2, 8, 8)
    right = network.from_coarser
    monkeypatch.setattr(network, "from_coarser", lambda values, share: right(values, share.clamp(min=0.1)))
    hidden = ~kept.unsqueeze(1)
    assert not torch.equal(fill(torch.where(hidden, 1 - images, images), kept)[hidden], fill(images, kept)[hidden])


@pytest.mark.parametrize("shape", [(1, 8, 8), (3, 60, 64)])
def test_batches_order_and_company_do_not_matter(shape):
    images, kept, sample = images_of(*shape, n=3), masks_of(5, *shape[1:]), torch.tensor([2, 0, 1, 1, 0])
    kept[3] = False
    whole = fill(images, kept, sample=sample)
    for row in range(5):
        alone = fill(images[sample[row]][None], kept[row : row + 1])
        assert (alone[0] - whole[row]).abs().max() <= 1e-12
    order = torch.tensor([3, 0, 4, 2, 1])
    assert (fill(images, kept[order], sample=sample[order]) - whole[order]).abs().max() <= 1e-12


@pytest.mark.parametrize("shape", [(1, 8, 8), (3, 60, 64)])
def test_only_the_place_between_the_bounds_counts(shape):
    images, kept = images_of(*shape), masks_of(2, *shape[1:])
    low, span = torch.tensor(-2.0, dtype=torch.float64), 5.0
    moved = fill(low + span * images, kept, ImageDomain(low=low, high=low + span, mean=0.0))
    assert (moved - (low + span * fill(images, kept))).abs().max() <= 1e-12


def test_bounds_of_each_channel():
    images, kept = images_of(3, 20, 20), masks_of(2, 20, 20)
    low = torch.tensor([0.0, -1.0, 2.0], dtype=torch.float64)[:, None, None]
    span = torch.tensor([1.0, 2.0, 4.0], dtype=torch.float64)[:, None, None]
    moved = fill(low + span * images, kept, ImageDomain(low=low, high=low + span))
    assert (moved - (low + span * fill(images, kept))).abs().max() <= 1e-12


@pytest.mark.parametrize("shape", [(1, 8, 8), (3, 40, 40)])
def test_nothing_kept_is_the_mean_and_everything_kept_the_image(shape):
    images = images_of(*shape)
    assert (fill(images, torch.zeros(2, *shape[1:], dtype=torch.bool)) == 0.3).all()
    assert torch.equal(fill(images, torch.ones(2, *shape[1:], dtype=torch.bool)), images)


@pytest.mark.parametrize("value", [0.0, 0.2, 0.77, 1.0])
def test_constant_photographs_are_continued(value):
    images = torch.tensor([value, value, 0.5], dtype=torch.float64)[:, None, None].expand(3, 64, 60)[None]
    kept = masks_of(1, 64, 60, share=0.1)
    assert (fill(images.contiguous(), kept) - images).abs().max() <= 1e-12


def test_photographs_of_other_brightness_and_contrast_are_painted_alike():
    images, kept = 0.3 + 0.4 * images_of(3, 40, 40), masks_of(2, 40, 40)
    assert (fill(0.25 + 0.5 * images, kept) - (0.25 + 0.5 * fill(images, kept))).abs().max() <= 1e-12


def test_constant_digits_are_continued_to_within_what_was_learned():
    images = torch.linspace(0, 1, 6, dtype=torch.float64)[:, None, None, None].expand(6, 1, 8, 8).contiguous()
    assert (fill(images, masks_of(6, 8, 8, share=0.7)) - images).abs().max() <= 1e-6


@pytest.mark.parametrize("name", list(weights.PLANS))
def test_the_shipped_weights_are_those_of_the_account(name):
    stored = load_file(FOLDER / f"{name}.safetensors")
    assert tensors_digest(stored) == DIGESTS[name] == account(name)["weights"]
    assert {tensor.dtype for tensor in stored.values()} == {torch.float16}
    count = sum(tensor.numel() for tensor in stored.values())
    assert count == account(name)["parameters"] < 300_000
    assert (FOLDER / f"{name}.safetensors").stat().st_size < 1_000_000
    for dtype in (torch.float32, torch.float64):
        loaded = weights.shipped(name, dtype, torch.device("cpu")).state_dict()
        assert all(torch.equal(loaded[key], tensor.to(dtype)) for key, tensor in stored.items())


def test_held_out_digits_are_painted_better_than_by_any_other_infill():
    """Half of the pixels of every digit that is explained are hidden, by coins: mean absolute error."""
    images = torch.as_tensor(digits.parts()[1].samples / 16)[:, None]
    average = float(digits.parts()[0].samples.mean() / 16)
    kept, every = masks_of(len(images), 8, 8, seed=0), torch.arange(len(images))
    domain, found = ImageDomain(low=0.0, high=1.0, mean=average), {}
    for name in ("inpainter", "mean", "blur", "local", "noisy_linear"):
        rows = domain.infill(name, images, [str(i) for i in range(len(images))], Streams(0)).apply(kept, every)
        found[name] = (rows - images).abs().squeeze(1)[~kept].mean().item()
    assert found["inpainter"] == pytest.approx(HELD_OUT, abs=1e-4)
    assert min(found, key=found.get) == "inpainter"
    assert found["inpainter"] < 0.3 * found["mean"]
    assert found["inpainter"] < 0.7 * found["blur"]  # which is made of the hidden pixels themselves


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location("train_inpainter", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_account_of_the_digits_is_true(script):
    told, found = account("digits")["held out"], script.errors("digits")
    for infill in ("inpainter", *script.REFERENCES):
        assert found[infill] == pytest.approx(told[infill], abs=1e-4)


@pytest.mark.parametrize("name", list(weights.PLANS))
def test_the_account_says_better_than_all_infills_that_do_not_look(name):
    told = account(name)["held out"]
    blind = [infill for infill in told if infill != "blur"]  # blur is made of the very pixels that are hidden
    for measure in ("absolute", "root mean square"):
        assert min(blind, key=lambda infill: told[infill][measure]) == "inpainter"


@pytest.mark.parametrize("name", list(weights.PLANS))
def test_training_gives_the_same_weights_again(name, script):
    recipe = replace(script.RECIPES[name], steps=2, batch=4)
    before = torch.get_rng_state()
    first, second = (tensors_digest(script.train(name, recipe).state_dict()) for _ in range(2))
    assert first == second
    assert torch.equal(torch.get_rng_state(), before)


def test_masks_keep_some_and_hide_some(script):
    kept = script.masks(64, 56, torch.Generator().manual_seed(0)).double().mean((1, 2))
    assert ((kept > 0) & (kept < 1)).all()
    assert kept.min() < 0.2
    assert kept.max() > 0.8


def test_nothing_is_drawn_and_nothing_gets_a_graph():
    images, kept = images_of(1, 8, 8).requires_grad_(), masks_of(2, 8, 8)
    before = torch.get_rng_state()
    infill = UNIT.infill("inpainter", images.detach(), ["a", "b"], Streams(0))
    again = UNIT.infill("inpainter", images.detach(), ["c", "d"], Streams(9))
    rows = infill.imputed(kept, torch.arange(2))
    assert torch.equal(rows, again.imputed(kept, torch.arange(2)))
    assert not rows.requires_grad
    assert torch.equal(torch.get_rng_state(), before)


def test_works_in_and_after_inference_mode():
    images, kept = images_of(1, 8, 8), masks_of(2, 8, 8)
    weights.shipped.cache_clear()
    with torch.inference_mode():
        inside = fill(images, kept)
    assert torch.equal(fill(images, kept), inside)
    assert not any(p.is_inference() for p in weights.shipped("digits", torch.float64, torch.device("cpu")).parameters())


@pytest.mark.parametrize("shape", [(2, 8, 8), (1, 28, 28), (1, 8, 17), (4, 32, 32)])
def test_images_that_no_network_was_trained_for(shape):
    with pytest.raises(Unsupported, match=f"none for {shape[0]} x {shape[1]} x {shape[2]}"):
        fill(images_of(*shape), masks_of(2, *shape[1:]))


def test_without_bounds_and_without_images():
    with pytest.raises(Unsupported, match="infill 'inpainter' needs the bounds of the image inputs"):
        fill(images_of(1, 8, 8), masks_of(2, 8, 8), ImageDomain())
    with pytest.raises(BadParameter, match="unknown infill 'inpainter' for tabular inputs"):
        TabularDomain().infill("inpainter", torch.zeros(1, 3), ["a"], Streams(0))


def classifier():
    generator = torch.Generator().manual_seed(5)
    module = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(64, 3)).double().requires_grad_(False)
    module[1].weight.copy_(torch.randn(3, 64, generator=generator, dtype=torch.float64))
    return module.eval()


def test_metrics_and_masks_take_it():
    images, module, rows = images_of(1, 8, 8), classifier(), []
    metrics = [f"{name}(infill='inpainter')" for name in ("srg", "ssr", "sdr", "pixel_flipping", "insertion")]
    board = evaluate(module, images, methods=["gradient"], metrics=metrics, bounds=(0.0, 1.0))
    assert set(board.scores["status"]) == {"ok"}
    module.register_forward_hook(lambda _, inputs, output: rows.append(len(output)))
    for kind in (FidoSSR, FidoSDR):
        rows.clear()
        relevance = kind("inpainter", iterations=3, draws=2).attribute(module, images, 0, bounds=(0.0, 1.0))
        assert relevance.shape == (2, 1, 8, 8)
        assert sum(rows) == 1 + 3 * 2 * 2  # a probe of the outputs, then iterations x draws x samples
