"""Registries: one name one thing; and what `register` takes."""

import pytest

from whybench import registries
from whybench.errors import DuplicateName, UnknownName, UsageError
from whybench.registry import Registry


class First:
    name = "thing"


class Second:
    name = "thing"


def test_a_registry_is_a_sorted_collection() -> None:
    registry = Registry[type]("thing")
    assert registry.register(First) is First
    registry.add("another", Second)
    assert list(registry) == ["another", "thing"]
    assert len(registry) == 2
    assert "thing" in registry
    assert registry["thing"] is First


def test_a_notebook_shows_names_and_what_they_are() -> None:
    class Hostile:
        """Bold <b>words</b>
        in one sentence. And another."""

    registry = Registry[type]("thing")
    registry.add("<i>x</i>", Hostile)
    registry.add("bare", type("Bare", (), {}))
    assert registry._repr_html_() == (
        "<table>\n<caption>thing: 2</caption>\n<thead><tr><th>name</th><th>what it is</th></tr></thead>\n<tbody>\n"
        "<tr><th>&lt;i&gt;x&lt;/i&gt;</th><td>Bold &lt;b&gt;words&lt;/b&gt; in one sentence.</td></tr>\n"
        "<tr><th>bare</th><td></td></tr>\n</tbody>\n</table>\n"
    )
    assert repr(registry) == "Registry(thing: <i>x</i>, bare)"


def test_one_name_twice_shows_both_places() -> None:
    registry = Registry[type]("thing")
    registry.register(First)
    registry.register(First)
    with pytest.raises(DuplicateName) as refused:
        registry.register(Second)
    place = First.__module__
    assert str(refused.value) == f"thing 'thing' is registered by {place}.First and again by {place}.Second"
    assert registry["thing"] is First


def test_an_unknown_name_shows_close_ones_and_the_list() -> None:
    registry = Registry[type]("thing")
    with pytest.raises(UnknownName, match=r"unknown thing 'x'. Known: none."):
        registry["x"]
    registry.register(First)
    with pytest.raises(UnknownName, match=r"unknown thing 'thong'. Did you mean thing\? Known: thing."):
        registry["thong"]


@pytest.mark.parametrize("thing", [First, First(), 3, lambda: None])
def test_register_takes_classes_of_the_five_sorts_only(thing: object) -> None:
    with pytest.raises(UsageError, match="is no class of an explanation kind, method, metric, model or dataset"):
        registries.register(thing)


def test_filling_twice_does_nothing() -> None:
    before = list(registries.methods)
    assert registries.fill() is registries.fill()
    assert list(registries.methods) == before


def test_public_names_are_found_and_others_are_not() -> None:
    import whybench

    assert set(dir(whybench)) >= {"Suite", "evaluate", "method", "register", "run"}
    assert whybench.Suite.__name__ == "Suite"
    with pytest.raises(AttributeError, match="module 'whybench' has no attribute 'nothing'"):
        _ = whybench.nothing
