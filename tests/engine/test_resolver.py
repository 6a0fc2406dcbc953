"""From specs to what they name: the grammar, files and modules, and every refusal."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pytest
import torch

import whybench
from whybench import registries
from whybench.building import build, fits
from whybench.errors import BadParameter, UnknownName, UsageError
from whybench.methods.attribution import Gradient, Inverted, SmoothGrad
from whybench.resolver import Spec, parse, resolve


@pytest.mark.parametrize(
    ("text", "spec"),
    [
        ("gradient", Spec("gradient", (), {})),
        (" gradient ", Spec("gradient", (), {})),
        (
            "a(1, 'b', c=[1, (2.5, None)], d={'e': True})",
            Spec("a", (1, "b"), {"c": [1, (2.5, None)], "d": {"e": True}}),
        ),
        ("a(b=-1e-3)", Spec("a", (), {"b": -1e-3})),
        ("captum/lime(n_samples=200)", Spec("captum/lime", (), {"n_samples": 200})),
        ("inverted(gradient)", Spec("inverted", ("gradient",), {})),
        ("inverted(method=lrp(epsilon=1.0))", Spec("inverted", (), {"method": "lrp(epsilon=1.0)"})),
        ("dir/file.py:attr(x=')')", Spec("dir/file.py:attr", (), {"x": ")"})),
        ("a()", Spec("a", (), {})),
    ],
)
def test_what_is_read(text: str, spec: Spec) -> None:
    assert parse(text) == spec


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a(", "cannot read 'a('"),
        ("a(1", "cannot read 'a(1'"),
        ("a)b(", "cannot read"),
        ("(x=1)", "cannot read '(x=1)'; write name or name(parameter=value, ...)"),
        ("a(x=1)(y=2)", "cannot read"),
        ("a(x=1) + 1", "cannot read"),
        ("a(**x)", "** is not allowed"),
        ("a(x=1 + b)", "cannot read '1 + b' in 'a(x=1 + b)'; only literal values are allowed"),
        ("a(x=[b])", "only literal values are allowed"),
        ("a(x=inf)", "cannot read 'inf'"),
        ("a(x=b.c)", "cannot read 'b.c'"),
    ],
)
def test_what_is_not(text: str, message: str) -> None:
    with pytest.raises(UsageError) as refused:
        parse(text)
    assert message in str(refused.value)


def test_registered_names() -> None:
    assert resolve(registries.methods, "smooth_grad(samples=3)") == SmoothGrad(samples=3)
    assert resolve(registries.methods, "inverted(gradient)") == Inverted(Gradient())
    assert whybench.metric("srg(infill='mean')").infill == "mean"
    assert whybench.dataset("breast_cancer").name == "breast_cancer"
    assert isinstance(whybench.model("torch.nn:Identity()"), torch.nn.Identity)


def test_modules_and_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert resolve(registries.methods, "math:pi") == pytest.approx(3.14159265)
    assert resolve(registries.methods, "fractions:Fraction(1, 2)") == 0.5
    path = tmp_path / "mine.py"
    path.write_text("calls = []\ncalls.append(1)\ndef made(x=1):\n    return x\nclass Thing:\n    pass\n")
    assert resolve(registries.methods, f"{path}:made(x=5)") == 5
    assert callable(resolve(registries.methods, f"{path}:made"))
    assert type(resolve(registries.methods, f"{path}:Thing")).__name__ == "Thing"
    monkeypatch.chdir(tmp_path)
    assert resolve(registries.methods, "mine.py:calls") == [1], "a file is run once"


def test_a_file_that_failed_is_run_again(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text("x = 1 / 0")
    with pytest.raises(UsageError, match=r"cannot import .*ZeroDivisionError: division by zero \(mine.py, line 1\)"):
        resolve(registries.methods, f"{path}:x")
    path.write_text("x = 1 / 1 ")
    assert resolve(registries.methods, f"{path}:x") == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("no.py:x", "no file 'no.py'"),
        ("no.module:x", "cannot import 'no.module': ModuleNotFoundError: No module named 'no'; a file is named as"),
        ("math:nothing", "'math' has no 'nothing'; it has: acos"),
        ("math:pi(1)", "math:pi takes no parameters"),
        (":x", "cannot import ''"),
    ],
)
def test_what_is_not_there(text: str, message: str) -> None:
    with pytest.raises(UsageError) as refused:
        resolve(registries.methods, text)
    assert message in str(refused.value)


def test_an_unknown_name_shows_close_ones() -> None:
    with pytest.raises(
        UnknownName,
        match=r"unknown model 'digit_cnn'. Did you mean digits_cnn.* Known: breast_cancer_boosting, breast_cancer_mlp",
    ):
        whybench.model("digit_cnn")


@dataclass(frozen=True)
class Mine:
    count: int = 1
    size: float | None = None
    order: Literal["up", "down"] = "up"
    names: tuple[str, ...] = ()
    pair: tuple[int, float] = (1, 1.0)
    thing: torch.Tensor | None = None


@pytest.mark.parametrize(
    "given",
    [
        {"count": 2, "size": 3},
        {"size": None, "order": "down"},
        {"names": ["a", "b"], "pair": (2, 3)},
        {"thing": [1, 2]},
    ],
)
def test_literals_that_fit(given: dict[str, Any]) -> None:
    assert build(Mine, "mine", (), given) == Mine(**given)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"count": 2.0}, "mine: count=2.0; expected int"),
        ({"count": True}, "mine: count=True; expected int"),
        ({"count": None}, "mine: count=None; expected int"),
        ({"size": "big"}, r"mine: size='big'; expected float \| None"),
        ({"order": "sideways"}, "mine: order='sideways'; expected one of 'up', 'down'"),
        ({"names": ("a", 1)}, r"mine: names=\('a', 1\); expected tuple\[str, ...\]"),
        ({"pair": (1, 2, 3)}, r"mine: pair=\(1, 2, 3\); expected tuple\[int, float\]"),
        ({"colour": 1}, "mine has no parameter 'colour'. .*Parameters: count, size, order, names, pair, thing"),
        ({"sice": 1}, r"mine has no parameter 'sice'. Did you mean size\?"),
    ],
)
def test_literals_that_do_not(given: dict[str, Any], message: str) -> None:
    with pytest.raises(BadParameter, match=message):
        build(Mine, "mine", (), given)


def test_other_callables() -> None:
    def open_ended(first: int, *rest: int, **named: int) -> tuple[int, int]:
        return first + sum(rest), sum(named.values())

    def unknown_hint(x: "Nowhere") -> Any:  # type: ignore[name-defined]  # noqa: F821
        return x

    def picky(x: int) -> None:
        raise TypeError(f"{x} is odd")

    assert build(open_ended, "f", (1, 2), {"a": 3}) == (3, 3)
    assert build(unknown_hint, "f", ("x",), {}) == "x"
    with pytest.raises(BadParameter, match="f: missing a required argument: 'first'; its parameters: first"):
        build(open_ended, "f", (), {})
    with pytest.raises(BadParameter, match="f: too many positional arguments"):
        build(picky, "f", (1, 2), {})
    with pytest.raises(BadParameter, match="f: x='a'; expected int"):
        build(picky, "f", ("a",), {})
    with pytest.raises(BadParameter, match=r"f cannot be made: TypeError: 3 is odd \(test_resolver.py, line"):
        build(picky, "f", (3,), {})


@pytest.mark.parametrize(
    ("value", "hint", "fitting"),
    [
        (1, Any, True),
        ("a", bool, False),
        (False, bool, True),
        (0, Literal[False], False),
        ([1], list[int], True),
        ((1, "a"), list[int], False),
        (1, list[int], False),
        (1, Callable[..., Any], True),
    ],
)
def test_single_hints(value: Any, hint: Any, fitting: bool) -> None:
    assert fits(value, hint) is fitting
