"""Captum's occlusion, Lime and KernelShap."""

import torch
from captum.attr import KernelShap, Lime, Occlusion
from failures.finding import Cases, Finding, far
from failures.networks import Function, draws
from torch import Tensor, nn

from whybench import method

case = Cases()
WORTH = torch.tensor([1.5, -2.0, 0.5, 0.0, 3.0], dtype=torch.float64)
ONES = torch.ones(1, 5, dtype=torch.float64)
ADDITIVE = Function(lambda x: 0.7 + x @ WORTH)
INTERACTING = Function(lambda x: x @ WORTH + 2 * x[:, 0] * x[:, 1])


def seeded(explainer: KernelShap | Lime, x: Tensor, samples: int) -> Tensor:
    """Captum's answer by the draws of one seed."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        answer: Tensor = explainer.attribute(x, n_samples=samples, perturbations_per_eval=samples)
    return answer.double()


@case("Occlusion column by column, f(x) = w.x in float64", "largest difference from w x")
def occlusion() -> Finding:
    """The output's falls are rounded to float32; here they stay float64."""
    net: nn.Module = Function(lambda x: x @ WORTH[:, None])
    x = draws(3, 5)
    theirs = Occlusion(net).attribute(x, (1,), target=0)
    return Finding(far(theirs, x * WORTH), far(method("occlusion").attribute(net, x, 0), x * WORTH), 0.0)


@case("Lime as it is, 400 draws, an additive function with 1.5 for the first column", "coefficient of that column")
def lime() -> Finding:
    """Its surrogate is a Lasso with a penalty, which shrinks every coefficient; here it is least squares, with ridge=
    for who wants less."""
    theirs = seeded(Lime(ADDITIVE), ONES, 400)[0, 0].item()
    return Finding(theirs, method("lime(samples=50)").attribute(ADDITIVE, ONES)[0, 0].item(), 1.5)


@case("KernelShap as it is (25 draws), five columns and one interaction", "largest difference from Shapley values")
def kernel_shap() -> Finding:
    """It draws coalitions although there are only 32 of them; whybench takes all where they fit the budget."""
    truth = WORTH + torch.tensor([1.0, 1.0, 0.0, 0.0, 0.0], dtype=torch.float64)
    theirs = seeded(KernelShap(INTERACTING), ONES, 25)[0]
    return Finding(far(theirs, truth), far(method("kernel_shap").attribute(INTERACTING, ONES)[0], truth), 0.0)


@case("KernelShap, 500 draws, the same", "largest difference from Shapley values")
def kernel_shap_long() -> Finding:
    """As above."""
    truth = WORTH + torch.tensor([1.0, 1.0, 0.0, 0.0, 0.0], dtype=torch.float64)
    theirs = seeded(KernelShap(INTERACTING), ONES, 500)[0]
    return Finding(far(theirs, truth), far(method("kernel_shap").attribute(INTERACTING, ONES)[0], truth), 0.0)


@case("KernelShap, 100 draws, 100 times the same", "sum less f(x) - f(baseline)", within=2e-4)
def efficiency() -> Finding:
    """The values of no column and of all columns are rows of the regression with a weight of a million; here the
    constraint is eliminated."""
    net = Function(lambda x: 100 * INTERACTING(x))
    theirs = seeded(KernelShap(net), ONES, 100).sum().item() - 500
    return Finding(theirs, method("kernel_shap(samples=20)").attribute(net, ONES).sum().item() - 500, 0.0)
