"""Pixels inside a drawing, in as few colours and bytes as show the same."""

import re
from base64 import b64decode, b64encode
from io import BytesIO

import numpy as np
from PIL import Image

EMBEDDED = re.compile(r"data:image/png;base64,\s*([A-Za-z0-9+/=\s]+)")


def small_pixels(svg: str) -> str:
    """A drawing whose embedded pictures have a palette where they have few colours; no pixel changes."""
    return EMBEDDED.sub(lambda found: _encoded(b64decode(found[1])), svg)


def _encoded(png: bytes) -> str:
    with Image.open(BytesIO(png)) as image:
        pixels = np.asarray(image.convert("RGBA"))
    colours, places = np.unique(pixels.reshape(-1, 4), axis=0, return_inverse=True)
    if len(colours) > 256 or colours[:, 3].min() < 255:
        return f"data:image/png;base64,{b64encode(png).decode()}"
    few = Image.fromarray(places.reshape(pixels.shape[:2]).astype(np.uint8))
    few.putpalette(colours[:, :3].ravel().tolist())
    out = BytesIO()
    few.save(out, format="PNG", optimize=True)
    return f"data:image/png;base64,{b64encode(min(out.getvalue(), png, key=len)).decode()}"
