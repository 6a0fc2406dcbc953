"""Folders of labelled images, in each layout and with each fault."""

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from whybench import registries
from whybench.datasets import ImagenetFolder
from whybench.errors import BadInput, BadParameter
from whybench.protocols import Dataset
from whybench.resolver import resolve

SAMPLE = os.environ.get("WHYBENCH_IMAGENET_SAMPLE", "")


def picture(path: Path, shade: int = 0) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full((4, 5, 3), shade, dtype=np.uint8)).save(path)


def load(folder: Path) -> Dataset:
    found = resolve(registries.datasets, f"imagenet_folder(path={str(folder)!r})").load()
    assert isinstance(found, Dataset)
    return found


@pytest.fixture
def listed(tmp_path: Path) -> Path:
    for shade, name in enumerate(["b.png", "a.jpeg", "deep/c.png"]):
        picture(tmp_path / name, 9 * shade)
    (tmp_path / "labels.csv").write_text(
        "file,class_index,wnid,name\nb.png,7,n1,cat\na.jpeg,2,n2,\ndeep/c.png,7,n1,cat\n"
    )
    return tmp_path


@pytest.fixture
def sorted_folders(tmp_path: Path) -> Path:
    for name in ["zebra/3.png", "zebra/1.png", "ant/deep/2.png", "ant/9.jpg", "ant/note.txt", ".hidden/1.png"]:
        picture(tmp_path / name) if name.endswith(("png", "jpg")) else (tmp_path / name).write_text("no image")
    (tmp_path / "middle").mkdir()
    return tmp_path


def test_a_table_of_files(listed: Path) -> None:
    dataset = load(listed)
    assert dataset.ids == ("b.png", "a.jpeg", "deep/c.png")
    assert dataset.labels.tolist() == [7, 2, 7]
    assert dataset.class_names == (*(f"class {i}" for i in range(7)), "cat")
    assert [int(sample[0, 0, 0]) for sample in dataset.samples] == [0, 9, 18]


def test_sub_folders(sorted_folders: Path) -> None:
    dataset = load(sorted_folders)
    assert dataset.ids == ("ant/9.jpg", "zebra/1.png", "ant/deep/2.png", "zebra/3.png")
    assert dataset.labels.tolist() == [0, 2, 0, 2]
    assert dataset.class_names == ("ant", "middle", "zebra")


def test_sub_folders_named_by_wnid(tmp_path: Path) -> None:
    for name in ["n00000002/1.png", "n00000001/2.png"]:
        picture(tmp_path / name)
    with pytest.raises(BadInput, match=r"2 sub-folders .* are wnids.*wnid,class_index"):
        load(tmp_path)
    (tmp_path / "labels.csv").write_text("wnid,class_index,name\nn00000001,5,hen\nn00000002,3,cock\nn00000003,4,kite\n")
    dataset = load(tmp_path)
    assert dataset.ids == ("n00000002/1.png", "n00000001/2.png")
    assert dataset.labels.tolist() == [3, 5]
    assert dataset.class_names == ("class 0", "class 1", "class 2", "cock", "kite", "hen")
    (tmp_path / "labels.csv").write_text("wnid,class_index\nn00000001,5\n")
    with pytest.raises(BadInput, match=r"labels.csv' has no row for the sub-folder 'n00000002'"):
        load(tmp_path)


def test_digest_is_of_the_pixels_and_labels(listed: Path) -> None:
    digest = load(listed).digest
    assert load(listed).digest == digest
    picture(listed / "b.png", 1)
    assert load(listed).digest != digest
    picture(listed / "b.png", 0)
    assert load(listed).digest == digest
    table = listed / "labels.csv"
    table.write_text(table.read_text().replace(",2,", ",3,"))
    assert load(listed).digest != digest


def test_no_folder(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=f"no folder '{tmp_path}/none'"):
        load(tmp_path / "none")
    with pytest.raises(BadParameter, match="path"):
        resolve(registries.datasets, "imagenet_folder")


@pytest.mark.parametrize("content", ["nothing", "an empty class", "a table without rows"])
def test_no_images(tmp_path: Path, content: str) -> None:
    if content == "an empty class":
        (tmp_path / "ant").mkdir()
    if content == "a table without rows":
        (tmp_path / "labels.csv").write_text("file,class_index\n")
    with pytest.raises(BadInput, match=f"no images in '{tmp_path}'"):
        load(tmp_path)


def test_images_without_labels(tmp_path: Path) -> None:
    picture(tmp_path / "a.png")
    with pytest.raises(BadInput, match=f"images in '{tmp_path}' have no labels; add a labels.csv"):
        load(tmp_path)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (b"path,class_index\na.png,1\n", r"has no column 'file'; its columns: path, class_index"),
        (b"file,label\na.png,1\n", r"has no column 'class_index'; its columns: file, label"),
        (b"", r"has no column 'file'; its columns: none"),
        (b"file,class_index\nother.png,1\n", r"names the file 'other.png', which is not in the folder"),
        (b"file,class_index\n,1\n", r"names the file '', which is not in the folder"),
        (b"file,class_index\na.png,cat\n", r"class_index 'cat' of 'a.png' is no integer"),
        (b"file,class_index\na.png,1.0\n", r"class_index '1.0' of 'a.png' is no integer"),
        (b"file,class_index\na.png,-1\n", r"class_index '-1' of 'a.png' is no integer from 0 on"),
        (b"file,class_index\na.png\n", r"class_index '' of 'a.png' is no integer"),
        (b"file,class_index\na.png,1\na.png,2\n", r"two rows for 'a.png'"),
        (b"file,class_index\n\xff\xfe,1\n", r"cannot read .*must be CSV in UTF-8"),
    ],
)
def test_faulty_tables(tmp_path: Path, table: bytes, message: str) -> None:
    picture(tmp_path / "a.png")
    (tmp_path / "labels.csv").write_bytes(table)
    with pytest.raises(BadInput, match=message) as error:
        load(tmp_path)
    assert str(tmp_path / "labels.csv") in str(error.value)


def test_a_table_written_by_a_spreadsheet(tmp_path: Path) -> None:
    picture(tmp_path / "a.png")
    (tmp_path / "labels.csv").write_bytes("\ufefffile,class_index\r\na.png, 1\r\n".encode())
    assert load(tmp_path).labels.tolist() == [1]


def test_an_unreadable_image_is_named(listed: Path) -> None:
    (listed / "a.jpeg").write_bytes((listed / "a.jpeg").read_bytes()[:-50])
    dataset = load(listed)
    with pytest.raises(BadInput, match=f"cannot read the image '{listed / 'a.jpeg'}'"):
        _ = dataset.digest


@pytest.mark.skipif(not SAMPLE, reason="WHYBENCH_IMAGENET_SAMPLE names no folder of ImageNet photographs")
def test_a_real_folder() -> None:
    dataset = ImagenetFolder(SAMPLE).load()
    assert len(dataset) >= 1
    assert all(sample.shape[2] == 3 for sample in dataset.take(5).samples)
