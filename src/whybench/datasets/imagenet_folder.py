"""Any folder of labelled images."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import torch

from whybench.datasets.labels_table import LabelsTable, read_labels
from whybench.datasets.photographs import Photographs, is_image
from whybench.errors import BadInput
from whybench.protocols import Dataset, DatasetLoader
from whybench.registries import register

LABELS = "labels.csv"
CLASSES = 1000
WNID = re.compile(r"n\d{8}")


@register
@dataclass(frozen=True)
class ImagenetFolder(DatasetLoader):
    """A folder of labelled images: uint8 (height, width, 3), of any sizes, decoded when they are looked at.

    Three layouts:

    - `labels.csv` with the columns file and class_index (and name, if wanted): its rows, in its order;
    - one sub-folder a class: the class is the folder's rank among the sorted names. The first image of each class
      comes first, then the second of each, so that a few samples cover many classes;
    - the same beside a `labels.csv` with the columns wnid and class_index (and name), where the sub-folders are
      named by wnid: the class is the one that it says.

    path: the folder. A sample's id is its file's path below the folder.

    Raises BadInput, with the path, where the folder is missing, has no images or no labels, where labels.csv lacks a
    column, names a file that is not there or a class that is no integer, and (at access) for an unreadable image.

    Source: russakovsky2015.
    """

    name: ClassVar[str] = "imagenet_folder"
    domain: ClassVar[str] = "image"
    reference: ClassVar[str] = "russakovsky2015"

    path: str

    def load(self) -> Dataset:
        folder = Path(self.path).expanduser()
        if not folder.is_dir():
            raise BadInput(f"imagenet_folder: no folder {self.path!r}; give the path of a folder of labelled images")
        table = read_labels(folder / LABELS) if (folder / LABELS).is_file() else None
        if table is not None and table.key == "file":
            classes, names = _listed(folder, table), table.names
        else:
            classes, names = _sorted_into_folders(folder, table)
        if not classes:
            raise BadInput(
                f"imagenet_folder: no images in {self.path!r}; it needs one sub-folder a class, or images and a "
                f"{LABELS} with the columns file,class_index"
            )
        count = 1 + max([*classes.values(), *names])
        return Dataset(
            self.name,
            Photographs([folder / file for file in classes]),
            tuple(classes),
            torch.tensor(list(classes.values())),
            tuple(names.get(index, f"class {index}") for index in range(count)),
        )


def _listed(folder: Path, table: LabelsTable) -> dict[str, int]:
    """Classes by file, as labels.csv lists them."""
    for file in table.classes:
        if not (folder / file).is_file():
            raise BadInput(f"{str(table.path)!r} names the file {file!r}, which is not in the folder")
    return table.classes


def _sorted_into_folders(folder: Path, table: LabelsTable | None) -> tuple[dict[str, int], dict[int, str]]:
    """Classes by file, and the classes' names, from one sub-folder a class."""
    below = sorted(entry for entry in folder.iterdir() if entry.is_dir() and not entry.name.startswith("."))
    images = {
        sub.name: sorted(p.relative_to(folder).as_posix() for p in sub.rglob("*") if is_image(p)) for sub in below
    }
    if not any(images.values()) and any(is_image(entry) for entry in folder.iterdir()):
        raise BadInput(
            f"imagenet_folder: the images in {str(folder)!r} have no labels; add a {LABELS} with the columns "
            "file,class_index, or sort them into one sub-folder a class"
        )
    if table is not None:
        for name in images:
            if name not in table.classes:
                raise BadInput(f"{str(table.path)!r} has no row for the sub-folder {name!r}; add one for each class")
        return _interleaved(images, table.classes), table.names
    if images and len(images) != CLASSES and all(WNID.fullmatch(name) for name in images):
        raise BadInput(
            f"imagenet_folder: the {len(images)} sub-folders of {str(folder)!r} are wnids, but only the rank among "
            f"all {CLASSES:,} is the ImageNet class; add a {LABELS} with the columns wnid,class_index"
        )
    return _interleaved(images, {name: rank for rank, name in enumerate(images)}), dict(enumerate(images))


def _interleaved(images: Mapping[str, list[str]], classes: Mapping[str, int]) -> dict[str, int]:
    """The first image of each class, then the second of each, and so on."""
    ranked = [(rank, classes[name], file) for name, files in images.items() for rank, file in enumerate(files)]
    return {file: index for _, index, file in sorted(ranked)}
