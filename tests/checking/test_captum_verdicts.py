"""What check says of Captum's classes, and the same against Captum itself, by a few lines without whybench."""

import csv
import re
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from captum import attr
from torch import Tensor, nn
from torch.nn import functional as F

from whybench.checking import check

ROOT = Path(__file__).resolve().parents[2]

VERDICTS = [
    ("DeepLift", "C6", "edges", "in batches of 1, .* in one of 4"),
    ("DeepLift", "C8", "edges", "nan beside NaN"),
    ("DeepLift", "C11", "mlp", "the attributes of module '1' changed; inputs.requires_grad: False before, True after"),
    ("DeepLift", "C24", "cnn", "written as Functional"),
    ("GradientShap", "C3", "mlp", "the second time, .* the first"),
    ("GradientShap", "C5", "mlp", "global generators moved: NumPy's changed; torch's changed"),
    ("Saliency", "C11", "mlp", "inputs.requires_grad: False before, True after"),
    ("Saliency", "C12", "cnn", "values of 'first_norm.running_mean' changed"),
    ("Saliency", "C16", "mlp", "an input with nan has the finite map"),
    ("IntegratedGradients", "C14", "mlp", "under torch.inference_mode it raises RuntimeError without a word on it"),
    ("FeaturePermutation", "C6", "mlp", "0 in batches of 1, .* in one of 4"),
    ("LRP", "C9", "mlp", "the attributes of module '0' changed"),
    ("Occlusion", "C2", "mlp", "torch.float32 for inputs in torch.float64"),
    ("GuidedBackprop", "C24", "cnn", "written as Functional"),
    ("KernelShap", "C15", "cnn", "1 channels, 1 x 1: raises ValueError"),
]


@pytest.mark.parametrize(("name", "clause", "model", "values"), VERDICTS, ids=[f"{n} {c}" for n, c, _, _ in VERDICTS])
def test_the_verdict_of_check(name: str, clause: str, model: str, values: str) -> None:
    (finding,) = check(f"captum.attr:{name}", only=(clause,), models=(model,)).findings
    assert finding.verdict == "failed"
    assert re.search(values, finding.values), finding.values


@pytest.mark.parametrize("clause", ["C15", "C30"])
def test_a_network_that_lrp_does_not_take_is_no_fault_of_the_clause(clause: str) -> None:
    (finding,) = check("captum.attr:LRP", only=(clause,), models=("cnn", "oblong")).findings
    assert finding.verdict != "failed", finding


def test_every_published_failure_of_captum_has_a_remark(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    for name in [name for name in sys.modules if name.split(".")[0] == "checks"]:
        monkeypatch.delitem(sys.modules, name)
    from checks.remarks import remark

    with (ROOT / "results" / "check" / "verdicts.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["verdict"] == "failed"]
    theirs = [row for row in rows if row["subject"].startswith("captum.attr:")]
    assert {row["subject"] for row in theirs} >= {"captum.attr:DeepLift", "captum.attr:GradientShap"}
    assert not [(row["subject"], row["clause"]) for row in theirs if not remark(row["subject"], row["clause"])]
    assert not [(row["subject"], row["clause"]) for row in rows if row not in theirs]


def _net(*layers: nn.Module) -> nn.Module:
    return nn.Sequential(*layers).double().eval().requires_grad_(False)


def _linear(*rows: list[float]) -> nn.Linear:
    layer = nn.Linear(len(rows[0]), len(rows), bias=False)
    layer.weight.data.copy_(torch.tensor(rows))
    return layer


MLP = _net(_linear([1.0, -2.0, 0.5], [-1.0, 1.0, 2.0]), nn.ReLU(), _linear([1.0, 1.0], [2.0, -1.0]))
INPUTS = torch.tensor([[1.0, 2.0, 3.0], [0.5, -1.0, 2.0]], dtype=torch.float64)


@pytest.mark.parametrize("name", ["DeepLift", "DeepLiftShap"])
@pytest.mark.filterwarnings("ignore")
def test_a_max_pool_takes_the_gradient_of_the_first_sample(name: str) -> None:
    """max(x0 - x1, x1 - x2) at (1, 1, 3), whose first difference is that of the baseline: 0."""
    differences = nn.Conv1d(1, 1, 2, bias=False)
    differences.weight.data.copy_(torch.tensor([[[1.0, -1.0]]]))
    net = _net(differences, nn.MaxPool1d(2), nn.Flatten())
    method, zeros = getattr(attr, name)(net), torch.zeros(1 + (name == "DeepLiftShap"), 1, 3, dtype=torch.float64)
    flat, other = (torch.tensor([[row]], dtype=torch.float64) for row in ([1.0, 1.0, 3.0], [1.0, 2.0, 1.0]))
    assert method.attribute(flat, zeros, target=0).flatten().tolist() == [1.0, -1.0, 0.0]
    assert method.attribute(torch.cat([flat, other]), zeros, target=0)[0].flatten().tolist() == [1.0, -1.0, 0.0]
    assert method.attribute(torch.cat([other, flat]), zeros, target=0)[1].flatten().tolist() == [0.0, 0.0, 0.0]


def test_gradient_shap_asks_numpys_generator_too() -> None:
    baselines = torch.stack([torch.zeros(3), torch.ones(3)]).double()

    def asked(numpys: int) -> Tensor:
        torch.manual_seed(0)
        np.random.seed(numpys)  # noqa: NPY002 the legacy generator is the one in question
        return attr.GradientShap(MLP).attribute(INPUTS, baselines, target=0)

    assert asked(0).equal(asked(0))
    assert not asked(0).equal(asked(1))


def test_gradient_shap_does_not_run_in_half_precision() -> None:
    net, inputs = nn.Linear(3, 2, dtype=torch.bfloat16), INPUTS.bfloat16()
    assert net(inputs).dtype == torch.bfloat16
    with pytest.raises(RuntimeError, match="dtype"):
        attr.GradientShap(net).attribute(inputs, torch.zeros_like(inputs), target=0)


class Raising(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layer, self.rectifier = nn.Linear(3, 2), nn.ReLU()

    def forward(self, inputs: Tensor) -> Tensor:
        raise ValueError(f"asked about {len(self.rectifier(self.layer(inputs)))} samples")


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("name", "left"),
    [
        *(
            (name, True)
            for name in ("Saliency", "InputXGradient", "DeepLift", "GuidedBackprop", "Deconvolution", "LRP")
        ),
        ("IntegratedGradients", False),
    ],
)
def test_requires_grad_is_left_behind_when_the_model_raises(name: str, left: bool) -> None:
    inputs = torch.ones(2, 3)
    with pytest.raises(ValueError, match="asked about"):
        getattr(attr, name)(Raising()).attribute(inputs, target=0)
    assert inputs.requires_grad == left


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", ["DeepLift", "DeepLiftShap"])
def test_attributes_are_left_on_activations_when_the_model_raises(name: str) -> None:
    model = Raising()
    before = set(vars(model.rectifier))
    with pytest.raises(ValueError, match="asked about"):
        getattr(attr, name)(model).attribute(torch.ones(2, 3), torch.zeros(2, 3), target=0)
    assert set(vars(model.rectifier)) - before == {"input", "output"}


class Image(nn.Module):
    """Two convolutions with ReLU between them, by a module or a function; raises from some call on."""

    def __init__(self, modular: bool = True, calls: float = float("inf")) -> None:
        super().__init__()
        self.first, self.second = nn.Conv2d(1, 2, 1, bias=False), nn.Conv2d(2, 1, 1, bias=False)
        self.rectifier, self.modular, self.calls = nn.ReLU(), modular, calls
        self.first.weight.data.fill_(-1.0)
        self.second.weight.data.copy_(torch.tensor([2.0, -1.0]).view(1, 2, 1, 1))

    def forward(self, inputs: Tensor) -> Tensor:
        self.calls -= 1
        if self.calls < 0:
            raise ValueError("asked about too often")
        out = self.first(inputs)
        return self.second(self.rectifier(out) if self.modular else F.relu(out)).flatten(1)


@pytest.mark.filterwarnings("ignore")
def test_guided_grad_cam_leaves_requires_grad_behind_and_goes_by_functions() -> None:
    def asked(model: Image, inputs: Tensor) -> float:
        return attr.GuidedGradCam(model, model.second).attribute(inputs, target=0).item()

    inputs = torch.full((1, 1, 1, 1), -1.0)
    with pytest.raises(ValueError, match="too often"):
        asked(Image(calls=1), inputs)
    assert inputs.requires_grad
    values = [asked(Image(modular), torch.full((1, 1, 1, 1), -1.0)) for modular in (True, False)]
    assert values == [-2.0, -1.0]


def test_lrp_leaves_activations_on_layers() -> None:
    net = _net(_linear([1.0, 2.0, 3.0]), nn.ReLU(), _linear([1.0]))
    before = [set(vars(module)) for module in net]
    attr.LRP(net).attribute(INPUTS, target=0)
    assert [set(vars(module)) - kept for module, kept in zip(net, before, strict=True)] == [
        {"activations"},
        set(),
        {"activations"},
    ]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", ["Saliency", "GuidedBackprop", "Deconvolution"])
def test_nan_has_a_finite_map(name: str) -> None:
    inputs = INPUTS.clone()
    inputs[1, 0] = torch.nan
    assert MLP(inputs)[1].isnan().all()
    assert getattr(attr, name)(MLP).attribute(inputs, target=0)[1].isfinite().all()


def test_nan_has_a_finite_map_in_a_noise_tunnel_too() -> None:
    inputs = INPUTS.clone()
    inputs[1, 0] = torch.nan
    found = attr.NoiseTunnel(attr.Saliency(MLP)).attribute(inputs, nt_samples=2, stdevs=0.1, target=0)
    assert found[1].isfinite().all()


@pytest.mark.parametrize("name", ["Occlusion", "ShapleyValueSampling", "KernelShap", "Lime"])
def test_maps_of_float64_are_float32(name: str) -> None:
    windows = {"sliding_window_shapes": (1,)} if name == "Occlusion" else {}
    assert getattr(attr, name)(MLP).attribute(INPUTS, target=0, **windows).dtype == torch.float32


@pytest.mark.filterwarnings("ignore")
def test_lrp_divides_zero_by_zero_in_half_precision() -> None:
    net, inputs = _net(_linear([1.0, 1.0, 1.0], [0.0, 0.0, 0.0]), nn.ReLU(), _linear([1.0, 1.0])), INPUTS[:1]
    assert attr.LRP(net).attribute(inputs, target=0).tolist() == [pytest.approx([1.0, 2.0, 3.0])]
    assert attr.LRP(net.half()).attribute(inputs.half(), target=0).isnan().all()


class Functional(nn.Module):
    """-relu(x - 1), by a function."""

    def forward(self, inputs: Tensor) -> Tensor:
        return -F.relu(inputs - 1)


class Modular(Functional):
    """The same, by a module."""

    def __init__(self) -> None:
        super().__init__()
        self.rectifier = nn.ReLU()

    def forward(self, inputs: Tensor) -> Tensor:
        return -self.rectifier(inputs - 1)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("name", "right"), [("DeepLift", -1.0), ("GuidedBackprop", 0.0), ("Deconvolution", 0.0)])
def test_a_function_goes_by_the_plain_gradient(name: str, right: float) -> None:
    inputs = torch.tensor([[2.0]], dtype=torch.float64)
    assert getattr(attr, name)(Modular()).attribute(inputs, target=0).item() == right
    plain = -2.0 if name == "DeepLift" else -1.0
    assert getattr(attr, name)(Functional()).attribute(inputs, target=0).item() == plain


class Normalised(nn.Module):
    """A layer of weight 1 and a division by 2, as a module or as a function."""

    def __init__(self, modular: bool) -> None:
        super().__init__()
        self.layer, self.last, self.modular = nn.Conv2d(1, 1, 1, bias=False), nn.Conv2d(1, 1, 1, bias=False), modular
        self.norm = nn.BatchNorm2d(1, eps=0.0)
        self.layer.weight.data.fill_(1.0)
        self.last.weight.data.fill_(1.0)
        self.norm.running_var.fill_(4.0)
        if not modular:
            self.held = [self.norm.double()]
            del self.norm

    def forward(self, inputs: Tensor) -> Tensor:
        out = self.layer(inputs)
        if self.modular:
            return self.last(self.norm(out)).flatten(1)
        held = self.held[0]
        normal = F.batch_norm(out, held.running_mean, held.running_var, held.weight, held.bias, eps=0.0)
        return self.last(normal).flatten(1)


def test_lrp_goes_through_functions_by_the_gradient() -> None:
    """6 / 2 = 3, all of it the input's; a function passes on what a gradient would."""
    inputs = torch.full((1, 1, 1, 1), 6.0, dtype=torch.float64)
    found = [attr.LRP(Normalised(m).double().eval()).attribute(inputs, target=0).item() for m in (True, False)]
    assert found == pytest.approx([3.0, 1.5])


def test_statistics_move_where_the_model_is_in_train_mode() -> None:
    net = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2)).double().train()
    attr.Saliency(net).attribute(INPUTS.clone(), target=0)
    assert net[1].num_batches_tracked == 1


def test_inference_mode_is_not_named() -> None:
    with torch.inference_mode(), pytest.raises(RuntimeError) as raised:
        attr.IntegratedGradients(MLP).attribute(INPUTS.clone(), target=0)
    assert "nference" not in str(raised.value)


def test_draws_follow_the_batch() -> None:
    def asked(inputs: Tensor) -> Tensor:
        torch.manual_seed(0)
        return attr.NoiseTunnel(attr.Saliency(Squares())).attribute(inputs, nt_samples=3, stdevs=0.1, target=0)

    assert not asked(INPUTS[1:])[0].equal(asked(INPUTS)[1])


def test_draws_follow_what_drew_before() -> None:
    def asked(before: int) -> Tensor:
        torch.manual_seed(0)
        torch.rand(before)
        return attr.NoiseTunnel(attr.Saliency(Squares())).attribute(INPUTS, nt_samples=3, stdevs=0.1, target=0)

    assert not asked(before=1).equal(asked(before=0))


class Squares(nn.Module):
    def forward(self, inputs: Tensor) -> Tensor:
        return inputs.square().sum(1, keepdim=True)


def test_kernel_shap_cannot_take_one_feature() -> None:
    with pytest.raises(ValueError, match="Categorical"):
        attr.KernelShap(Squares()).attribute(torch.ones(1, 1), target=0)


def test_feature_permutation_compares_samples() -> None:
    alike = INPUTS[:1].repeat(2, 1)
    torch.manual_seed(0)
    assert not attr.FeaturePermutation(MLP).attribute(alike, target=0).any()
    assert attr.FeaturePermutation(MLP).attribute(INPUTS, target=0).any()
