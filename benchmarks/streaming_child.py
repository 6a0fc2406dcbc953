"""One run on a folder of many images, in a process of its own: python streaming_child.py IMAGES FOLDER."""

import sys
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from whybench.datasets.imagenet_photos import ImagenetPhotos
from whybench.models.efficientnet_lite import Resized, efficientnet_lite
from whybench.registries import fill
from whybench.runner import run
from whybench.store import Store
from whybench.suite import Suite, block

SIDE = 96
METHODS = ("gradient",)
METRICS = ("pixel_flipping(region=16, steps=4)", "gini", "complexity")


def crops(count: int, folder: Path) -> None:
    """So many crops of real photographs, drawn with a seed, as JPEG files and a table of their classes."""
    photographs = ImagenetPhotos().load()
    random = np.random.default_rng(0)
    lines = ["file,class_index"]
    for number in range(count):
        source = number % len(photographs)
        sample = photographs.samples[source]
        top, left = (int(random.integers(0, size - SIDE + 1)) for size in sample.shape[:2])
        data = BytesIO()
        Image.fromarray(sample[top : top + SIDE, left : left + SIDE]).save(data, "JPEG")
        (folder / f"{number:05d}.jpg").write_bytes(data.getvalue())
        lines.append(f"{number:05d}.jpg,{int(photographs.labels[source])}")
    (folder / "labels.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def main(images: int, folder: Path) -> None:
    """Make the folder, then explain and judge all of it as `whybench run` does, with a store on the disk."""
    crops(images, folder)
    torch.set_num_threads(1)
    fill()
    model = replace(efficientnet_lite(0, SIDE), preprocess=Resized("efficientnet_lite0", SIDE))
    suite = Suite("streaming", (block(model, f"imagenet_folder(path={str(folder)!r})", METHODS, METRICS),))
    failed = [
        record.reason for record in run(suite, Store.open(f"sqlite:///{folder / 'store.db'}")) if record.status != "ok"
    ]
    if failed:
        raise SystemExit(f"cells without a score: {failed}")


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
