"""What every registered attribution method must hold; new ones are picked up by their registration."""

import re
from pathlib import Path

import pytest
import torch
from torch import nn

import whybench.methods  # noqa: F401  fills the registry
from whybench import registries
from whybench.checking import check
from whybench.checking.quick import FEWER
from whybench.explanations import Attribution
from whybench.protocols import AttributionMethod

NAMES = [name for name in registries.methods if registries.methods[name].kind is Attribution]
OWN = [name for name in NAMES if "/" not in name]
ADAPTED = [pytest.param(name, marks=pytest.mark.slow) for name in NAMES if "/" in name]
REFERENCES = Path(__file__).parents[2] / "docs" / "references.bib"
CLAUSES = tuple(f"C{number}" for number in (*range(1, 14), 16, 22))
NETWORKS = ("mlp", "scalar", "cnn")


@pytest.mark.parametrize("name", [*OWN, *ADAPTED])
def test_the_clauses_are_kept(name: str) -> None:
    """Those that need neither a larger network nor many calls; `benchmarks/check_verdicts.py` tries all."""
    report = check(name, only=CLAUSES, models=NETWORKS)
    if len(report.refused) == len(NETWORKS):
        assert report.verdicts() == {"C1": "not applicable"}
        pytest.skip(report.refused[0])
    assert [finding for finding in report.findings if finding.verdict == "failed"] == []


def made(name: str) -> AttributionMethod:
    method = registries.methods[name](**FEWER.get(name, {}))
    assert isinstance(method, AttributionMethod)
    return method


@pytest.mark.parametrize("name", NAMES)
def test_the_reference_is_in_the_bibliography(name: str) -> None:
    method = made(name)
    known = re.findall(r"^@\w+\{([^,]+),", REFERENCES.read_text(encoding="utf-8"), re.MULTILINE)
    assert method.reference in known or (method.control and not method.reference)


@pytest.mark.parametrize("name", OWN)
def test_the_docstring_names_the_reference(name: str) -> None:
    method = made(name)
    assert method.reference in (type(method).__doc__ or "")


@pytest.mark.parametrize("name", ["input_difference", "captum/deep_lift_shap", "captum/gradient_shap"])
def test_a_map_does_not_depend_on_its_company_where_no_domain_is_given(name: str) -> None:
    generator = torch.Generator().manual_seed(3)
    net = nn.Sequential(nn.Linear(5, 7), nn.ReLU(), nn.Linear(7, 3)).double()
    for parameter in net.parameters():
        parameter.data = torch.randn(parameter.shape, generator=generator, dtype=torch.float64)
    inputs = torch.randn(4, 5, generator=generator, dtype=torch.float64)
    method, ids, bounds = registries.methods[name](), ["a", "b", "c", "d"], (-4.0, 4.0)
    together = method.attribute(net, inputs, 1, ids=ids, bounds=bounds)
    for i, sample in enumerate(ids):
        alone = method.attribute(net, inputs[i : i + 1], 1, ids=[sample], bounds=bounds)
        torch.testing.assert_close(alone[0], together[i], rtol=0, atol=1e-12)
