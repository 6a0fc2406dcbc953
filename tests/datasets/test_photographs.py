"""Image files decoded on access."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from whybench.datasets import photographs
from whybench.datasets.photographs import Photographs, decode, is_image
from whybench.errors import BadInput

PIXELS = np.random.default_rng(0).integers(0, 256, (40, 30, 3), dtype=np.uint8)


@pytest.fixture
def paths(tmp_path: Path) -> list[Path]:
    made = [tmp_path / f"{i}.png" for i in range(3)]
    for shift, path in enumerate(made):
        Image.fromarray(np.roll(PIXELS, shift, axis=0)).save(path)
    return made


def test_pixels(paths: list[Path]) -> None:
    samples = Photographs(paths)
    assert len(samples) == 3
    assert samples[1].dtype == np.uint8
    assert (samples[1] == np.roll(PIXELS, 1, axis=0)).all()
    assert (samples[-1] == samples[2]).all()
    assert samples[1].flags.writeable


def test_nothing_is_decoded_before_it_is_looked_at(paths: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    decoded: list[Path] = []
    monkeypatch.setattr(photographs, "decode", lambda path: decoded.append(path) or PIXELS)
    samples = Photographs(paths)[1:]
    assert isinstance(samples, Photographs)
    assert len(samples) == 2
    assert decoded == []
    assert [sample is PIXELS for sample in samples] == [True, True]
    assert decoded == paths[1:]


@pytest.mark.parametrize("mode", ["L", "RGBA", "P", "CMYK", "1"])
def test_any_mode_becomes_three_channels(tmp_path: Path, mode: str) -> None:
    path = tmp_path / ("image.tif" if mode == "CMYK" else "image.png")
    Image.fromarray(PIXELS).convert(mode).save(path)
    assert decode(path).shape == (40, 30, 3)
    assert decode(path).dtype == np.uint8


def test_a_rotation_noted_in_the_file_is_not_applied(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(PIXELS).save(tmp_path / "image.jpg", exif=exif)
    assert decode(tmp_path / "image.jpg").shape == (40, 30, 3)


@pytest.mark.parametrize("suffix", ["jpg", "png"])
@pytest.mark.parametrize("damage", ["cut off", "text", "empty"])
def test_unreadable_files_are_named(tmp_path: Path, suffix: str, damage: str) -> None:
    path = tmp_path / f"image.{suffix}"
    Image.fromarray(PIXELS).save(path)
    path.write_bytes({"cut off": path.read_bytes()[:-200], "text": b"no image", "empty": b""}[damage])
    with pytest.raises(BadInput, match=f"cannot read the image '{path}'.*replace or remove it"):
        decode(path)


def test_what_counts_as_an_image(tmp_path: Path) -> None:
    for name in ("a.JPEG", "b.png", ".c.png", "d.txt"):
        (tmp_path / name).touch()
    (tmp_path / "e.png").mkdir()
    assert sorted(p.name for p in tmp_path.iterdir() if is_image(p)) == ["a.JPEG", "b.png"]
