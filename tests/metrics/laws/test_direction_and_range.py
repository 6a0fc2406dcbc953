"""Every registered metric: its direction and its range are those that planted models and maps give."""

import math
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, Literal, get_args, get_origin, get_type_hints

import planted_answers  # noqa: F401
import planted_places  # noqa: F401
import planted_removals  # noqa: F401
import pytest
from law_world import names
from planted_answers import FLAT
from planting import PLANTED, Planted, Seen

from whybench.errors import BadParameter, Unsupported
from whybench.protocols import Metric
from whybench.registries import metrics

planted = pytest.mark.parametrize("key", PLANTED)
every = pytest.mark.parametrize("name", names())

NEVER_REACHED = {
    ("excess_region", "low"): "every region has a size: 1 / n - 1 where the search needs all n and the map one",
    ("excess_region", "high"): "a search that finds a region finds one of a size: 1 - 1 / n",
    ("gini", "high"): "one feature of n holds everything at (n - 1) / n",
    ("irof", "high"): "the trapezoid counts the clean image by half: 1 - 1 / (2 L) with L superpixels",
    ("sdr", "low"): "with nothing removed the class is what it is: 1 / steps is the smallest share",
}
"""Ends that scores come as near to as one likes, and why they do not get there."""


def of(name: str) -> list[Planted]:
    """All that is planted for one metric."""
    return [make() for key, make in PLANTED.items() if key.partition(" [")[0] == name]


def test_every_registered_metric_is_planted_and_no_other() -> None:
    """A new metric needs an entry in one of the files planted_*.py: @plant(its name)."""
    assert {key.partition(" [")[0] for key in PLANTED} == set(names())


@planted
def test_the_better_map_is_on_the_declared_side(key: str) -> None:
    known = PLANTED[key]()
    better, worse = known.better.values(), known.worse.values()
    assert known.better.metric.name == key.partition(" [")[0]
    assert (better != worse).all()
    assert ((better > worse) == known.better.metric.higher_is_better).all()


@planted
def test_known_scores(key: str) -> None:
    known = PLANTED[key]()
    for seen in (known.better, known.worse, *known.low, *known.high, *([known.trivial] if known.trivial else [])):
        values = seen.values()
        low, high = seen.metric.range
        assert ((low <= values) & (values <= high)).all()
        if seen.score is not None:
            assert values.tolist() == pytest.approx([seen.score] * len(values), rel=1e-12, abs=1e-12)


@every
@pytest.mark.parametrize("side", ["low", "high"])
def test_the_declared_range_is_tight(name: str, side: str) -> None:
    """A finite end is reached; from an infinite one any bound is left behind by a closed form."""
    end = metrics[name].range[side == "high"]
    towards = [getattr(known, side) for known in of(name)]
    scores = [[seen.score for seen in way] for way in towards if way]
    assert scores
    if math.isfinite(end) and (name, side) not in NEVER_REACHED:
        assert all(way[-1] == end for way in scores)
    elif math.isfinite(end):
        assert all(abs(way[-1] - end) <= abs(way[0] - end) / 10 < 1 for way in scores)
        assert all(way[-1] != end for way in scores)
    else:
        assert all(abs(way[-1]) >= 10 * abs(way[0]) > 0 and way[-1] * end > 0 for way in scores)


@every
def test_both_directions_are_planted_where_parameters_flip_it(name: str) -> None:
    directions = {metric.higher_is_better for metric in settings(metrics[name])}
    assert {known.better.metric.higher_is_better for known in of(name)} == directions


def settings(metric: type[Metric[Any]]) -> Iterator[Metric[Any]]:
    """The metric with its default parameters, and with every value that is named in the type of one of them."""
    yield metric()
    for field, hint in get_type_hints(metric).items():
        values = get_args(hint) if get_origin(hint) is Literal else ()
        for value in values:
            with suppress(BadParameter):
                yield metric(**{field: value})


@every
def test_trivial_maps_win_exactly_where_it_is_declared(name: str) -> None:
    """The trivial map is as good as any; elsewhere the same value for every feature is worse, or has no score."""
    if metrics[name].trivial:
        known = [each for each in of(name) if each.trivial is not None]
        assert known
        for each in known:
            assert each.trivial is not None
            assert as_good(each.trivial, each.better)
    else:
        for each in of(name):
            assert each.trivial is None
            flat = Seen(each.better.metric, each.better.scene, FLAT)
            assert not as_good(flat, each.better)


def as_good(one: Seen, other: Seen) -> bool:
    """Whether the worst score of `one` is no worse than the worst of `other`."""
    sign = 1 if one.metric.higher_is_better else -1
    try:
        values = one.values()
    except Unsupported:
        return False
    return not values.isnan().any() and bool((sign * values).min() >= (sign * other.values()).min() - 1e-12)
