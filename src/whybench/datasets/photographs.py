"""Image files that are decoded when they are looked at."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, overload

import numpy as np
from PIL import Image

from whybench.errors import BadInput

SUFFIXES = frozenset({".bmp", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"})
"""What counts as an image file, in lower case."""

Array = np.ndarray[Any, Any]


class Photographs(Sequence[Array]):
    """Image files as uint8 arrays (height, width, 3), decoded anew at every access: none is kept in memory."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self.paths = tuple(paths)

    def __len__(self) -> int:
        return len(self.paths)

    @overload
    def __getitem__(self, index: int) -> Array: ...
    @overload
    def __getitem__(self, index: slice) -> "Photographs": ...
    def __getitem__(self, index: int | slice) -> "Array | Photographs":
        if isinstance(index, slice):
            return Photographs(self.paths[index])
        return decode(self.paths[index])


def decode(path: Path) -> Array:
    """An image file as uint8 (height, width, 3); grey images get three equal channels, transparency is dropped.

    Pixels are taken as they are stored: a rotation noted beside them (EXIF) is not applied.

    Raises BadInput, with the path, for a file that is no image or is cut off.
    """
    try:
        with Image.open(path) as image:
            return np.array(image.convert("RGB"))
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise BadInput(f"cannot read the image {str(path)!r} ({error}); replace or remove it") from error


def is_image(path: Path) -> bool:
    """Whether a path is a file with the suffix of an image; hidden files are none."""
    return path.suffix.lower() in SUFFIXES and not path.name.startswith(".") and path.is_file()
