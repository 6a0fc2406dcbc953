"""Every method that looks inside of a network runs on every architecture, however written, or says what stops it."""

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "architectures.md"

MASKING = ("abs", "gt", "le", "masked_fill", "maximum", "mul", "where", "zeros_like")
STOPPED_BY = {
    "GELU": ("gelu",),
    "SiLU": ("silu",),
    "LayerNorm": ("layer_norm",),
    "mask for ReLU": (*(f"'{name}'" for name in MASKING), "no activation right after a fully connected layer"),
    "functional layers": ("no convolution with feature maps ran",),
}
"""The architectures that own methods may refuse, and what the message names."""

pytestmark = pytest.mark.filterwarnings("ignore")  # Captum warns about the hooks that it sets


def page_rows() -> list[str]:
    """The methods in the page's tables."""
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    return [line.split("`")[1] for line in lines if line.startswith("| `")]


@pytest.fixture(scope="module")
def support() -> Iterator[ModuleType]:
    """benchmarks/support_matrix.py, which is no package's module."""
    sys.path.insert(0, str(ROOT / "benchmarks"))
    yield importlib.import_module("support_matrix")
    sys.path.remove(str(ROOT / "benchmarks"))


def test_the_page_has_every_method(support: ModuleType) -> None:
    assert page_rows() == support.matrix.names()


@pytest.mark.parametrize("name", page_rows())
def test_one_map_however_the_network_is_written_or_a_refusal_by_name(name: str, support: ModuleType) -> None:
    row = support.matrix.row(name)
    cells = " | ".join(support.cell(row[column]) for column in support.COLUMNS)
    assert f"| `{name}` | {cells} |" in PAGE.read_text(encoding="utf-8").splitlines()
    for column, outcomes in row.items():
        for way, outcome in outcomes.items():
            assert outcome.apart <= (1e-8 if name == "captum/lrp" else support.matrix.TOLERANCE), (column, way)
            if outcome.refused is not None and "/" not in name:
                assert any(named in outcome.refused for named in STOPPED_BY[column]), (column, way, outcome.refused)


def test_all_networks_of_an_architecture_are_one_function(support: ModuleType) -> None:
    """Otherwise equal maps would mean nothing, and unequal ones neither."""
    torch = importlib.import_module("torch")
    for architecture, ways in support.COLUMNS.values():
        inputs = torch.linspace(-2, 2, 4 * architecture.size[0] * architecture.size[1], dtype=torch.float64)
        inputs = inputs.sin().reshape(2, 2, *architecture.size)
        expected = support.matrix.Network(architecture)(inputs)
        for way, write in ways.items():
            torch.testing.assert_close(write(architecture)(inputs), expected, atol=1e-12, rtol=0, msg=way)
