"""Presets: each peer's own loop, written down slowly, gives the same number; specs name them and stay explicit."""

import dataclasses
import math
from itertools import pairwise

import pytest
import torch
from stored_maps import case, draw, nonlinear

import whybench
from whybench.domains import ImageDomain
from whybench.domains.rise_blur import rise_blur
from whybench.errors import BadParameter
from whybench.metrics.attribution import Abpc, Aopc, Insertion, PixelFlipping, Selectivity
from whybench.parameters import parameters
from whybench.streams import Streams

SIDE = 12
NET = nonlinear(SIDE * SIDE)
IMAGES, MAPS = draw(3, 1, SIDE, SIDE), draw(3, 1, SIDE, SIDE, seed=1)
DOMAIN = ImageDomain(low=-1.5, high=2.0)
OPENED = case(NET, IMAGES, MAPS, domain=DOMAIN)


def probability(image: torch.Tensor) -> float:
    with torch.inference_mode():
        return float(NET(image[None]).softmax(1)[0, 0])


def by_patches(sample: int, size: int) -> list[list[tuple[int, int]]]:
    """The pixels of each patch, the patch with the highest sum of relevance first."""
    patches: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for y in range(SIDE):
        for x in range(SIDE):
            patches.setdefault((y // size, x // size), []).append((y, x))
    return sorted(patches.values(), key=lambda p: -sum(float(MAPS[sample, 0, y, x]) for y, x in p))


def flipped(sample: int, patches: list[list[tuple[int, int]]], fill: torch.Tensor) -> torch.Tensor:
    gone = torch.zeros(SIDE, SIDE, dtype=torch.bool)
    for patch in patches:
        for y, x in patch:
            gone[y, x] = True
    return torch.where(gone, fill, IMAGES[sample])


def test_quantus_pixel_flipping() -> None:
    scores = PixelFlipping.preset("quantus").score(OPENED)
    for sample in range(3):
        pixels, fill = by_patches(sample, 1), IMAGES[sample].min().expand(1, SIDE, SIDE)
        predictions = [probability(flipped(sample, pixels[:k], fill)) for k in range(1, len(pixels) + 1)]
        area = sum((a + b) / 2 for a, b in pairwise(predictions))
        assert float(scores.values[sample]) == pytest.approx(area, abs=1e-9)
        assert scores.curves.y[sample, 1:].tolist() == pytest.approx(predictions, abs=1e-12)


def test_quantus_region_perturbation_and_selectivity() -> None:
    drops = dataclasses.replace(Aopc.preset("quantus"), region=4).score(OPENED)
    rest = dataclasses.replace(Selectivity.preset("quantus"), region=4).score(OPENED)
    for sample in range(3):
        patches, fill = by_patches(sample, 4), IMAGES[sample].min().expand(1, SIDE, SIDE)
        listed = [probability(flipped(sample, patches[: k + 1], fill)) for k in range(len(patches))]
        clean = probability(IMAGES[sample])
        assert float(rest.values[sample]) == pytest.approx(sum(listed) / len(listed), abs=1e-12)
        assert float(drops.values[sample]) == pytest.approx(sum(clean - p for p in listed) / len(listed), abs=1e-12)


@pytest.mark.parametrize("steps", [10, 7])
def test_pnpxai_morf_lerf_and_abpc(steps: int) -> None:
    """Points 0, s, ..., (n - 2) s and everything, s = d // n; the plain mean of all of them."""
    rule = {"steps": f"tenths({steps})"}
    most = dataclasses.replace(PixelFlipping.preset("pnpxai"), **rule)
    least, between = dataclasses.replace(most, order="lerf"), dataclasses.replace(Abpc.preset("pnpxai"), **rule)
    zero, features = torch.zeros(1, SIDE, SIDE, dtype=torch.float64), SIDE * SIDE
    counts = [features // steps * k for k in range(steps - 1)] + [features]
    for sample in range(3):
        pixels = by_patches(sample, 1)
        morf = [probability(flipped(sample, pixels[:k], zero)) for k in counts]
        lerf = [probability(flipped(sample, pixels[::-1][:k], zero)) for k in counts]
        assert float(most.score(OPENED).values[sample]) == pytest.approx(sum(morf) / steps, abs=1e-12)
        assert float(least.score(OPENED).values[sample]) == pytest.approx(sum(lerf) / steps, abs=1e-12)
        clamped = [max(-1.0, b - a) for a, b in zip(morf, lerf, strict=True)]
        assert float(between.score(OPENED).values[sample]) == pytest.approx(sum(clamped) / steps, abs=1e-12)


@pytest.mark.parametrize("step", [12, 10])
def test_rise_deletion_and_insertion(step: int) -> None:
    """ceil(d / step) + 1 points; the area (sum - half of both ends) / intervals, also where the last step is short."""
    rule = {"steps": f"every({step})"}
    deletion = dataclasses.replace(PixelFlipping.preset("rise"), **rule).score(OPENED).values
    insertion = dataclasses.replace(Insertion.preset("rise"), **rule).score(OPENED).values
    for sample in range(3):
        pixels, intervals = by_patches(sample, 1), math.ceil(SIDE * SIDE / step)
        blurred = rise_blur(IMAGES[sample : sample + 1])[0]
        zero = torch.zeros_like(blurred)

        def area(y: list[float], intervals: int = intervals) -> float:
            return (sum(y) - y[0] / 2 - y[-1] / 2) / intervals

        deleted = [probability(flipped(sample, pixels[: step * k], zero)) for k in range(intervals + 1)]
        inserted = [probability(flipped(sample, pixels[step * k :], blurred)) for k in range(intervals + 1)]
        assert float(deletion[sample]) == pytest.approx(area(deleted), abs=1e-12)
        assert float(insertion[sample]) == pytest.approx(area(inserted), abs=1e-12)


def test_samek_aopc_takes_noise_in_ten_draws_and_stops_after_a_hundred_regions() -> None:
    preset = Aopc.preset("samek")
    assert parameters(preset) == {
        "region": 9,
        "steps": "every(1, 100)",
        "infill": "uniform",
        "output": None,
        "average": "mean",
        "repeats": 10,
        "order": "morf",
    }
    scores = dataclasses.replace(preset, region=1).score(OPENED)
    flipping = dataclasses.replace(PixelFlipping.preset("samek"), region=1).score(OPENED)
    between = dataclasses.replace(Abpc.preset("samek"), region=1).score(OPENED)
    for sample in (0,):
        pixels, clean = by_patches(sample, 1), probability(IMAGES[sample])
        least = sum_ = 0.0
        for repeat in range(10):
            noise = Streams(0).again(repeat).uniform("infill/uniform", str(sample), 0, (1, SIDE, SIDE))
            fill = -1.5 + 3.5 * noise
            sum_ += sum(clean - probability(flipped(sample, pixels[:k], fill)) for k in range(101))
            least += sum(clean - probability(flipped(sample, pixels[::-1][:k], fill)) for k in range(101))
        aopc = sum_ / (10 * 101)
        assert float(scores.values[sample]) == pytest.approx(aopc, abs=1e-12)
        assert float(flipping.values[sample]) == pytest.approx(clean - aopc, abs=1e-12)
        assert float(between.values[sample]) == pytest.approx(aopc - least / (10 * 101), abs=1e-12)


def test_samek_costs_ten_times_a_hundred_and_one_rows_and_shares_them() -> None:
    net, seen = nonlinear(SIDE * SIDE), []
    opened = case(net, IMAGES, MAPS, domain=DOMAIN)
    net.register_forward_hook(lambda _module, inputs, _output: seen.append(len(inputs[0])))
    dataclasses.replace(Aopc.preset("samek"), region=1).score(opened)
    dataclasses.replace(PixelFlipping.preset("samek"), region=1).score(opened)
    assert sum(seen) == 3 * 10 * 101


def test_the_black_of_quantus_is_the_lowest_value_of_the_sample_alone() -> None:
    fill = DOMAIN.infill("lowest", IMAGES, OPENED.ids, OPENED.streams)
    rows = fill.apply(torch.zeros(3, SIDE, SIDE, dtype=torch.bool), torch.arange(3))
    for sample in range(3):
        assert torch.equal(rows[sample], IMAGES[sample].min().expand(1, SIDE, SIDE))


def test_a_spec_names_a_preset_and_what_is_made_holds_its_parameters() -> None:
    assert whybench.metric("pixel_flipping(preset='samek')") == PixelFlipping.preset("samek")
    assert whybench.metric("insertion(preset='rise', steps='every(12)')") == dataclasses.replace(
        Insertion.preset("rise"), steps="every(12)"
    )
    assert whybench.metric("pixel_flipping(order='lerf', preset='pnpxai')").order == "lerf"
    assert "preset" not in parameters(whybench.metric("aopc(preset='quantus')"))


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (
            "pixel_flipping(preset='captum')",
            "pixel_flipping has no preset 'captum'; presets: quantus, pnpxai, rise, samek",
        ),
        ("pixel_flipping(preset=3)", "pixel_flipping has no preset 3; presets: quantus"),
        ("srg(preset='rise')", "srg has no preset 'rise'; presets: none"),
        ("aopc(preset='samek', draws=3)", "aopc has no parameter 'draws'"),
    ],
)
def test_presets_that_are_none_are_named_with_those_that_are(spec: str, message: str) -> None:
    with pytest.raises(BadParameter, match=message):
        whybench.metric(spec)
