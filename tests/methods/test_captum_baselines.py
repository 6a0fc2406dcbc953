"""Captum's methods as baselines: equal to direct calls, per sample, refused where Captum is silently wrong."""

import ast
import builtins
import contextlib
import copy
import random
import warnings
from itertools import permutations
from pathlib import Path

import captum.attr
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from captum._utils.models.linear_model import SkLearnLasso
from captum.attr._utils.lrp_rules import EpsilonRule
from torch import nn

from whybench import registries
from whybench.domains import ImageDomain, TabularDomain
from whybench.errors import BadParameter, MissingExtra, Unsupported
from whybench.methods.attribution import GradCam, Gradient, captum_baselines
from whybench.methods.attribution.captum_baselines import (
    LRP,
    Deconvolution,
    DeepLift,
    DeepLiftShap,
    FeatureAblation,
    GradientShap,
    GuidedBackprop,
    GuidedGradCam,
    InputXGradient,
    IntegratedGradients,
    KernelShap,
    LayerGradCam,
    Lime,
    Occlusion,
    Saliency,
    ShapleyValueSampling,
    SmoothGrad,
    VarGrad,
)
from whybench.streams import Streams

pytestmark = pytest.mark.filterwarnings("ignore")  # direct calls of Captum warn about the hooks that they set

IDS = [f"sample {i}" for i in range(5)]
BASELINE = 0.25
CHEAP = {KernelShap: {"n_samples": 30}, Lime: {"n_samples": 30}, ShapleyValueSampling: {"n_samples": 2}}
EVERY = [getattr(captum_baselines, name) for name in captum_baselines.__all__]


def made(method):
    return method(**CHEAP.get(method, {}))


def seeded(method, sample):
    """The global generators as the adapter sets them for one sample."""
    seed = Streams(0).generator(method.name, sample).initial_seed()
    random.seed(seed)
    np.random.seed(seed % 2**32)  # noqa: NPY002 - Captum draws from this one
    torch.manual_seed(seed)


@pytest.fixture(autouse=True)
def generators_as_before():
    numpy_state = np.random.get_state()  # noqa: NPY002
    with torch.random.fork_rng([]):
        yield
    np.random.set_state(numpy_state)  # noqa: NPY002


@pytest.fixture
def regression(linear):
    """Four columns, one output a row without a dimension for it."""
    torch.manual_seed(3)
    return nn.Sequential(nn.Linear(4, 6), nn.ReLU(), nn.Linear(6, 1), nn.Flatten(0)).double()


def direct(method, net, x, target):
    """One call of Captum for a batch, written out; `target` is None for a scalar output."""
    attr, baseline, cam = captum.attr, torch.full_like(x, BASELINE), net[3]
    mask = torch.arange(x[0, 0].numel()).view(1, 1, *x.shape[2:]) if x.ndim == 4 else torch.arange(x.shape[1])[None]
    window = (x.shape[1], 1, 1) if x.ndim == 4 else (1,)
    calls = {
        Saliency: lambda: attr.Saliency(net).attribute(x, target=target, abs=False),
        InputXGradient: lambda: attr.InputXGradient(net).attribute(x, target=target),
        IntegratedGradients: lambda: attr.IntegratedGradients(net).attribute(x, baseline, target=target),
        GuidedBackprop: lambda: attr.GuidedBackprop(net).attribute(x, target=target),
        Deconvolution: lambda: attr.Deconvolution(net).attribute(x, target=target),
        LayerGradCam: lambda: attr.LayerAttribution.interpolate(
            attr.LayerGradCam(net, cam).attribute(x, target=target, relu_attributions=True), x.shape[2:], "bilinear"
        ),
        GuidedGradCam: lambda: attr.GuidedGradCam(net, cam).attribute(x, target, interpolate_mode="bilinear"),
        DeepLift: lambda: attr.DeepLift(net).attribute(x, baseline, target=target),
        Occlusion: lambda: attr.Occlusion(net).attribute(x, window, window, baseline, target=target),
        FeatureAblation: lambda: attr.FeatureAblation(net).attribute(x, baseline, target, feature_mask=mask),
        SmoothGrad: lambda: attr.NoiseTunnel(attr.Saliency(net)).attribute(
            x, nt_samples=25, stdevs=0.15 * (x.max() - x.min()).item(), target=target, abs=False
        ),
        VarGrad: lambda: attr.NoiseTunnel(attr.Saliency(net)).attribute(
            x, "vargrad", nt_samples=25, stdevs=0.15 * (x.max() - x.min()).item(), target=target, abs=False
        ),
        DeepLiftShap: lambda: attr.DeepLiftShap(net).attribute(x, references(x), target=target),
        GradientShap: lambda: attr.GradientShap(net).attribute(x, references(x), n_samples=20, target=target),
        KernelShap: lambda: attr.KernelShap(net).attribute(x, baseline, target, feature_mask=mask, n_samples=30),
        Lime: lambda: attr.Lime(net, SkLearnLasso(alpha=0.01)).attribute(
            x, baseline, target, feature_mask=mask, n_samples=30
        ),
        ShapleyValueSampling: lambda: attr.ShapleyValueSampling(net).attribute(
            x, baseline, target, feature_mask=mask, n_samples=2
        ),
    }
    return calls[method]()


def references(x):
    """Baseline, mean, and six uniform draws between -4 and 4."""
    mean = torch.full_like(x[:1], 0.5)
    draws = [Streams(0).uniform("captum/references", "", k, (1, *x.shape[1:])) for k in range(6)]
    return torch.cat([torch.full_like(x[:1], BASELINE), mean, *(8 * u - 4 for u in draws)])


def ask(method, net, x, targets, ids=None, **options):
    domain = (ImageDomain if x.ndim == 4 else TabularDomain)(low=-4.0, high=4.0, mean=0.5, baseline=BASELINE)
    return method.attribute(net, x, targets, ids=ids or IDS[: len(x)], domain=domain, **options)


ON_CNN = [method for method in EVERY if method is not LRP]


@pytest.mark.parametrize("method", ON_CNN)
def test_equals_direct_calls_on_images(method, cnn, images, targets):
    x, classes = images[:2], targets[:2]
    rows = []
    for i in range(2):
        seeded(method, IDS[i])
        rows.append(direct(method, cnn, x[i : i + 1].clone(), classes[i : i + 1]))
    ours = ask(made(method), cnn, x, classes)
    assert ours.dtype == torch.float64
    assert (ours - torch.cat(rows)).abs().max() <= 1e-12


@pytest.mark.parametrize("method", [m for m in ON_CNN if m not in (LayerGradCam, GuidedGradCam)])
def test_equals_direct_calls_on_tables_with_a_scalar_output(method, regression, table):
    rows = []
    for i in range(2):
        seeded(method, IDS[i])
        rows.append(direct(method, regression, table[i : i + 1].clone(), None).view(1, 4))
    assert (ask(made(method), regression, table[:2], None) - torch.cat(rows)).abs().max() <= 1e-12


@pytest.mark.parametrize("method", ON_CNN)
def test_a_sample_does_not_see_its_batch_nor_its_place_in_it(method, cnn, images, targets):
    together = ask(made(method), cnn, images, targets)
    order = [3, 0, 4, 1, 2]
    shuffled = ask(made(method), cnn, images[order], targets[order], ids=[IDS[i] for i in order], batch_size=2)
    alone = ask(made(method), cnn, images[2:3], targets[2:3], ids=IDS[2:3], batch_size=1)
    scale = together.abs().max()
    assert (shuffled - together[order]).abs().max() <= 1e-12 * scale
    assert (alone - together[2:3]).abs().max() <= 1e-12 * scale


@pytest.mark.parametrize("method", ON_CNN)
def test_passes_are_full_and_bounded(method, cnn, images, targets, open_query, passes_of):
    asked = open_query(cnn, images, targets, rows=8)
    if method is IntegratedGradients:
        assert passes_of(made(method), asked).forward == [5] * 50
    elif method is SmoothGrad:
        assert passes_of(made(method), asked).forward == [8, 8, 8, 1] * 5
    elif method in (DeepLift, DeepLiftShap):
        assert passes_of(made(method), asked).forward == [1] + [4 if method is DeepLiftShap else 2] * 5
    else:
        assert max(passes_of(made(method), asked).forward) <= 8


LINEAR = {
    IntegratedGradients: 1e-6,
    DeepLift: 1e-12,
    Occlusion: 1e-6,
    FeatureAblation: 1e-12,
    ShapleyValueSampling: 1e-6,
    KernelShap: 1e-4,
}
"""Tolerances; what is looser than 1e-12 is computed in float32 by Captum."""


@pytest.mark.parametrize("method", LINEAR)
def test_on_a_linear_model_it_is_weight_times_difference(method, linear, table, targets):
    exact = linear.weight[targets] * (table - BASELINE)
    assert (ask(made(method), linear, table, targets) - exact).abs().max() <= LINEAR[method]


def test_gradients_on_a_linear_model(linear, table, targets):
    weight = linear.weight[targets]
    assert (ask(Saliency(), linear, table, targets) - weight).abs().max() <= 1e-15
    assert (ask(SmoothGrad(), linear, table, targets) - weight).abs().max() <= 1e-14
    assert ask(VarGrad(), linear, table, targets).abs().max() <= 1e-14
    assert (ask(InputXGradient(), linear, table, targets) - weight * table).abs().max() <= 1e-15
    centre = references(table).mean(0)
    assert (ask(DeepLiftShap(), linear, table, targets) - weight * (table - centre)).abs().max() <= 1e-12


def test_shapley_values_by_enumeration(regression, table):
    """Captum's mean over orders against the definition over all orders of four columns."""
    x, b = table[:1], torch.full_like(table[:1], BASELINE)
    exact = torch.zeros(4, dtype=torch.float64)
    for order in permutations(range(4)):
        point = b.clone()
        for i in order:
            before = regression(point).item()
            point[0, i] = x[0, i]
            exact[i] += (regression(point).item() - before) / 24
    sampled = ask(ShapleyValueSampling(n_samples=400), regression, x, None)[0]
    fitted = ask(KernelShap(n_samples=1000), regression, x, None)[0]
    assert (sampled - exact).abs().max() <= 0.01
    assert (fitted - exact).abs().max() <= 0.01
    assert abs(sampled.sum() - exact.sum()) <= 1e-6


def test_regions_are_removed_as_one(cnn, images, targets):
    maps = ask(FeatureAblation(region=4), cnn, images, targets)
    hidden = images.clone()
    hidden[:, :, 4:, :4] = BASELINE
    fall = (cnn(images) - cnn(hidden)).gather(1, targets[:, None])
    assert (maps[:, :, 4:, :4] - fall[:, :, None, None]).abs().max() <= 1e-12
    windows = ask(Occlusion(sliding_window_shapes=4), cnn, images, targets)
    assert (windows[:, :, 4:, :4] - fall[:, :, None, None]).abs().max() <= 1e-6
    assert torch.equal(windows, ask(Occlusion(sliding_window_shapes=(2, 4, 4)), cnn, images, targets))


def test_layer_is_that_of_grad_cam(cnn, images, targets):
    for hints in ({}, {"target_layer": "0"}):
        ours = GradCam().attribute(cnn, images, targets, **hints)
        assert (LayerGradCam().attribute(cnn, images, targets, **hints) - ours).abs().max() <= 1e-12
    assert torch.equal(
        LayerGradCam("0").attribute(cnn, images, targets),
        LayerGradCam().attribute(cnn, images, targets, target_layer="0"),
    )
    with pytest.raises(BadParameter, match="has no layer 'nowhere'"):
        LayerGradCam("nowhere").attribute(cnn, images, targets)


def test_float32_stays_float32(cnn, images, targets):
    for method in ON_CNN:
        assert (
            made(method).attribute(copy.deepcopy(cnn).float(), images[:1].float(), targets[:1]).dtype == torch.float32
        )


# LRP


def flat_cnn(normalisation=False):
    """A net that Captum's LRP takes: no Flatten module."""
    torch.manual_seed(5)

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            norm = [nn.BatchNorm2d(3)] if normalisation else []
            self.body = nn.Sequential(nn.Conv2d(2, 3, 3), *norm, nn.ReLU(), nn.MaxPool2d(2))
            self.head = nn.Linear(18, 3)

        def forward(self, x):
            return self.head(self.body(x).flatten(1))

    net = Net().double().eval()
    if normalisation:
        net.body[1].running_var.fill_(2.0)
        net.body[1].running_mean.fill_(0.3)
    return net


@pytest.mark.parametrize("normalisation", [False, True])
def test_lrp_with_a_small_epsilon_is_input_times_gradient(normalisation, images, targets):
    net = flat_cnn(normalisation)
    ours = LRP(epsilon=1e-12).attribute(net, images, targets)
    assert (ours - InputXGradient().attribute(net, images, targets)).abs().max() <= 1e-9


def test_lrp_keeps_its_epsilon_in_every_call(images, targets):
    """Captum deletes rules after a call and then silently takes its default."""
    net = flat_cnn()
    ours = LRP(epsilon=0.5).attribute(net, images, targets, batch_size=2)
    assert torch.equal(ours, LRP(epsilon=0.5).attribute(net, images, targets, batch_size=2))
    for layer in (net.body[0], net.body[2], net.head):
        layer.rule = EpsilonRule(0.5)
    lrp = captum.attr.LRP(net)
    first, second = (lrp.attribute(images.clone(), target=targets) for _ in range(2))
    assert (ours - first).abs().max() <= 1e-12
    assert (second - first).abs().max() > 1e-3


def test_lrp_on_a_single_layer_and_on_a_scalar_output(linear, regression, table, targets):
    """Captum finds no rule on a module without children and would return output times gradient."""
    ours = LRP().attribute(linear, table, targets)
    assert (ours - linear.weight[targets] * table).abs().max() <= 1e-6
    scalar = regression[:3]
    assert (LRP().attribute(scalar, table) - InputXGradient().attribute(scalar, table)).abs().max() <= 1e-6


# What is refused


class Functional(nn.Module):
    def __init__(self, function):
        super().__init__()
        self.first, self.last, self.function = nn.Linear(4, 6), nn.Linear(6, 2), function

    def forward(self, x):
        return self.last(self.function(self.first(x)))


class Reused(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.middle, self.last, self.relu = nn.Linear(4, 6), nn.Linear(6, 6), nn.Linear(6, 2), nn.ReLU()

    def forward(self, x):
        return self.last(self.relu(self.middle(self.relu(self.first(x)))))


@pytest.mark.parametrize("method", [GuidedBackprop, Deconvolution, DeepLift, DeepLiftShap])
@pytest.mark.parametrize(
    ("function", "named"),
    [(F.relu, "relu"), (torch.relu, "relu"), (F.relu6, "relu6"), (nn.ReLU6(), "hardtanh")],
)
def test_rectifiers_that_captum_does_not_see(method, function, named, table):
    net = Functional(function).double()
    with pytest.raises(Unsupported, match=f"{method.name}.*{named}.*silently"):
        method().attribute(net, table)
    if method is GuidedBackprop:
        silent = captum.attr.GuidedBackprop(net).attribute(table.clone(), target=0)
        assert torch.equal(silent, Gradient().attribute(net, table, 0))


def test_other_refusals(linear, regression, table, images, targets):
    with pytest.raises(Unsupported, match=r"guided_backprop changes .* model 'model' has none"):
        GuidedBackprop().attribute(linear, table)
    with pytest.raises(Unsupported, match="has no rule for gelu"):
        DeepLift().attribute(Functional(F.gelu).double(), table)
    with pytest.raises(Unsupported, match="needs every module to run once; model 'model' reuses one"):
        DeepLift().attribute(Reused().double(), table)
    with pytest.raises(Unsupported, match="has no rule for Flatten in model 'model'"):
        LRP().attribute(regression, table)
    with pytest.raises(Unsupported, match="has no rule for sigmoid in"):
        LRP().attribute(Functional(torch.sigmoid).double(), table)
    middle = nn.Linear(6, 6)
    with pytest.raises(Unsupported, match="needs every module to run once"):
        LRP().attribute(nn.Sequential(nn.Linear(4, 6), middle, middle, nn.Linear(6, 2)).double(), table)
    flat = nn.Sequential(nn.Flatten(), nn.Linear(96, 3)).double()
    with pytest.raises(Unsupported, match="no convolution with feature maps ran"):
        LayerGradCam().attribute(flat, images)
    with pytest.raises(Unsupported, match="layer_grad_cam needs image"):
        LayerGradCam().attribute(linear, table)


def test_a_reused_relu_is_no_problem_for_guided_backprop(table):
    """Captum sets its hooks per call of the module."""
    torch.manual_seed(1)
    net = Reused().double()
    apart = nn.Sequential(net.first, nn.ReLU(), net.middle, nn.ReLU(), net.last)
    for method in (GuidedBackprop, Deconvolution):
        assert torch.equal(method().attribute(net, table, 0), method().attribute(apart, table, 0))


# Known faults of Captum that the adapter works round, or that it names


def test_deep_lift_of_a_batch_is_wrong_in_captum(images):
    """Where max-pooling sees no difference from the baseline, Captum takes the gradient of the first sample."""
    torch.manual_seed(4)
    net = nn.Sequential(nn.Conv2d(2, 1, 1, bias=False), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(12, 3)).double()
    net[0].weight.data = torch.tensor([1.0, -1.0], dtype=torch.float64).view(1, 2, 1, 1)
    images[2, 1] = images[2, 0]  # the convolution gives zeros, as for the baseline
    exact = Gradient().attribute(net, images[2:3], 0) * images[2:3]
    batch = captum.attr.DeepLift(net).attribute(images.clone(), target=0)
    assert (batch[2:3] - exact).abs().max() > 0.1
    assert (DeepLift().attribute(net, images, 0)[2:3] - exact).abs().max() <= 1e-12


def test_deep_lift_through_softmax_depends_on_the_batch_in_captum(table):
    torch.manual_seed(2)
    net = nn.Sequential(nn.Linear(4, 5), nn.Softmax(1), nn.Linear(5, 2)).double()
    batch = captum.attr.DeepLift(net).attribute(table.clone(), target=0)
    ours = DeepLift().attribute(net, table, 0)
    assert (batch - ours).abs().max() > 1e-4
    assert torch.equal(ours[:1], DeepLift().attribute(net, table[:1], 0))


def test_deep_lift_is_incomplete_where_a_relu_meets_max_pooling_and_the_baseline_is_not_zero(cnn, images, targets):
    def gap(baseline):
        total = DeepLift().attribute(cnn, images, targets, baseline=baseline).sum((1, 2, 3))
        fall = cnn(images) - cnn(torch.full_like(images, baseline))
        return (total - fall.gather(1, targets[:, None]).squeeze(1)).abs().max()

    averaged = nn.Sequential(*cnn[:2], nn.AvgPool2d(2), *cnn[3:])
    assert gap(0.8) > 1e-3
    cnn = averaged
    assert gap(0.8) <= 1e-12


def test_gradient_shap_needs_both_generators(linear, regression, table):
    """Captum draws references from numpy's generator: torch's seed alone does not fix the result."""
    shap = captum.attr.GradientShap(regression)
    runs = []
    for seed in (0, 1):
        np.random.seed(seed)  # noqa: NPY002
        torch.manual_seed(0)
        runs.append(shap.attribute(table.clone(), references(table)))
    assert not torch.equal(*runs)
    assert torch.equal(ask(GradientShap(), regression, table, None), ask(GradientShap(), regression, table, None))


def test_lime_of_small_outputs_is_a_map_of_zeros(linear, table, targets):
    linear.weight.data /= 1000
    exact = linear.weight[targets] * (table - BASELINE)
    assert ask(Lime(n_samples=50), linear, table, targets).abs().max() == 0
    assert (ask(Lime(n_samples=50, alpha=1e-9), linear, table, targets) - exact).abs().max() <= 1e-6


class Fault(Exception):
    pass


class Backfire(torch.autograd.Function):
    """Fails in the backward pass, when Captum has set everything that it sets."""

    @staticmethod
    def forward(ctx, x):
        return x.clone()

    @staticmethod
    def backward(ctx, gradient):
        raise Fault


def test_captum_leaves_attributes_behind_where_the_adapter_does_not(table):
    class Net(nn.Sequential):
        def forward(self, x):
            return super().forward(Backfire.apply(x) if x.requires_grad else x)

    net = Net(nn.Linear(4, 6), nn.Tanh(), nn.Linear(6, 2)).double()
    x = table.clone()
    with pytest.raises(Fault):
        captum.attr.DeepLift(copy.deepcopy(net)).attribute(x, target=0)
    assert x.requires_grad
    before = [sorted(vars(m)) for m in net.modules()]
    for method in (DeepLift, DeepLiftShap, LRP, InputXGradient, SmoothGrad):
        with pytest.raises(Fault):
            method().attribute(net, table, 0)
        assert [sorted(vars(m)) for m in net.modules()] == before
        assert not table.requires_grad
        assert not any(m._forward_hooks or m._forward_pre_hooks for m in net.modules())


def test_works_inside_inference_mode(cnn, images, targets, open_query):
    asked = open_query(cnn, images[:1], targets[:1])
    for method in ON_CNN:
        outside = made(method).relevance(asked)
        with torch.inference_mode():
            assert torch.equal(made(method).relevance(asked), outside)


# Registration and parameters


def test_all_are_registered_under_captums_name():
    names = "saliency input_x_gradient integrated_gradients smooth_grad var_grad guided_backprop deconvolution"
    names += " guided_grad_cam layer_grad_cam deep_lift deep_lift_shap gradient_shap occlusion feature_ablation"
    names += " kernel_shap lime shapley_value_sampling lrp"
    registered = {name for name in registries.methods if name.startswith("captum/")}
    assert registered == {f"captum/{name}" for name in names.split()}
    assert {method.name for method in EVERY} == registered
    assert all("captum" in method.libraries for method in EVERY)


def test_captum_is_imported_in_calls_only():
    for file in Path(captum_baselines.__file__).parent.glob("*.py"):
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            assert "captum" not in {name.name.split(".")[0] for name in getattr(node, "names", [])}
            assert getattr(node, "module", None) is None or node.module.split(".")[0] != "captum"


def test_without_captum_it_says_how_to_get_it(monkeypatch, linear, table):
    def without(name, *args, **kwargs):
        if name.split(".")[0] == "captum":
            raise ImportError(name)
        return real(name, *args, **kwargs)

    real = builtins.__import__
    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(MissingExtra, match="captum is not installed; install it with: python -m pip install captum"):
        Saliency().attribute(linear, table)


@pytest.mark.parametrize(
    ("method", "wrong"),
    [
        (IntegratedGradients, {"n_steps": 0}),
        (IntegratedGradients, {"n_steps": 1, "method": "riemann_trapezoid"}),
        (IntegratedGradients, {"method": "simpson"}),
        (SmoothGrad, {"nt_samples": 0}),
        (VarGrad, {"stdevs": -1.0}),
        (GradientShap, {"n_samples": 0}),
        (GradientShap, {"stdevs": float("nan")}),
        (GradientShap, {"n_references": 1}),
        (DeepLiftShap, {"n_references": 1}),
        (Occlusion, {"sliding_window_shapes": 0}),
        (Occlusion, {"strides": (1, 0)}),
        (FeatureAblation, {"region": 0}),
        (KernelShap, {"n_samples": 1}),
        (Lime, {"alpha": 0.0}),
        (ShapleyValueSampling, {"n_samples": 0}),
        (LRP, {"epsilon": -1.0}),
    ],
)
def test_bad_parameters(method, wrong):
    with pytest.raises(BadParameter, match=f"{method.name}: "):
        method(**wrong)


@pytest.mark.parametrize("wrong", [{"sliding_window_shapes": 9}, {"sliding_window_shapes": (2, 2)}, {"strides": 2}])
def test_windows_that_do_not_fit(wrong, cnn, images):
    with pytest.raises(BadParameter, match="captum/occlusion"):
        Occlusion(**wrong).attribute(cnn, images)


def test_a_lasso_that_has_settled_is_no_alarm(monkeypatch):
    """In float32 the duality gap stalls above the tolerance; more iterations change next to nothing, fewer do."""
    generator = torch.Generator().manual_seed(0)
    net = nn.Sequential(nn.Linear(10, 8), nn.ReLU(), nn.Linear(8, 1))
    for parameter in net.parameters():
        parameter.data = 10 * torch.randn(parameter.shape, generator=generator)
    rows = torch.randn(4, 10, generator=generator)
    method, made = Lime(alpha=1e-6), SkLearnLasso.__init__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        usual = method.attribute(net, rows)
        for iterations, same in ((100_000, True), (2, False)):
            monkeypatch.setattr(SkLearnLasso, "__init__", lambda s, n=iterations, **k: made(s, max_iter=n, **k))
            apart = (method.attribute(net, rows) - usual).abs().max() / usual.abs().max()
            assert bool(apart <= 1e-3) is same
    monkeypatch.setattr("whybench.methods.attribution.captum_baselines.adapter.quiet", contextlib.nullcontext)
    with pytest.warns(UserWarning, match="Objective did not converge"):
        method.attribute(net, rows)
