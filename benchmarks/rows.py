"""The rows of the tables of methods and metrics: one for each that is registered, and where it is measured."""

from typing import Any

import pytest
import torch
from conftest import Where
from peers import installed

from whybench.domains import TabularDomain
from whybench.protocols import Model

DIGITS: Where = ("digits_cnn", "digits", 32)
MOSAICS: Where = ("mosaic_cnn", "digit_mosaics", 8)
WINE: Where = ("wine_mlp", "wine", 32)
FOREST: Where = ("diabetes_forest", "diabetes", 8)
NEEDS = {"trees": FOREST, "tabular": WINE, "masks": MOSAICS}
"""Where there is what digits do not give."""


def layers_only() -> Model:
    """A network of linear layers and ReLUs alone, for the columns of wine; not trained."""
    generator = torch.Generator().manual_seed(0)
    net = torch.nn.Sequential(torch.nn.Linear(13, 32), torch.nn.ReLU(), torch.nn.Linear(32, 3))
    for parameter in net.parameters():
        parameter.data = torch.randn(parameter.shape, generator=generator)
    domain = TabularDomain(low=-3.0, high=3.0)
    return Model("layers_only", net, domain, preprocess=lambda columns: torch.as_tensor(columns, dtype=torch.float32))


LAYERS: Where = (layers_only(), "wine", 32)
PLACES: dict[str, Where] = {
    "best_order": WINE,
    "captum/lrp": LAYERS,
    "exact_shapley": WINE,
    "regret": WINE,
}
"""What asks about every set of regions, of which a digit has too many; a rule for Flatten, which Captum lacks."""


def skip_without(spec: str, thing: Any = None) -> None:
    """Skip a row whose library is not installed, and one that its library's adapter always refuses."""
    library = "shap" if spec == "tree_shap" else spec.partition("/")[0] if "/" in spec else None
    if library is not None and not installed(library):
        pytest.skip(f"{library} is not installed")
    refused = getattr(getattr(thing, "facts", None), "refused", "")
    if refused:
        pytest.skip(f"always unsupported: {refused}")


def row(name: str, thing: Any, spec: str) -> Any:
    """The parameters of one row, spec and place, under the name of both; digits go without saying."""
    found = PLACES.get(name) or next((where for need, where in NEEDS.items() if need in thing.needs), DIGITS)
    model = found[0] if isinstance(found[0], str) else found[0].name
    return pytest.param(spec, found, id=spec if found is DIGITS else f"{spec} on {model}")
