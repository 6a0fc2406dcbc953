"""Superpixels: connected pieces of an image that follow its edges."""

import torch
from torch import Tensor

COMPACTNESS = 10.0
"""Weight of nearness against likeness in colour, on CIELAB's scale, whose lightness runs from 0 to 100."""
SMOOTHING = 1.0
"""Standard deviation, in pixels, of the Gaussian before: without it noise falls into specks that are joined to one."""


def superpixels(image: Tensor, segments: int) -> Tensor:
    """The superpixel of each pixel by SLIC: k-means in position and colour, then joined to connected pieces.

    The image is brought to [0, 1] by its own lowest and highest value; three channels are taken as red, green and
    blue, and compared in CIELAB. Deterministic, and a matter of this one image.

    image: (channels, height, width), in any units; segments: about how many are wanted. Returns (height, width)
    int64 on the CPU, counted from 0.

    Source: achanta2012, as in scikit-image.

    >>> halves = torch.zeros(1, 40, 40)
    >>> halves[:, :, 20:] = 1
    >>> index = superpixels(halves, 4)
    >>> index[::39, ::39].tolist(), len(index.unique())
    ([[0, 1], [2, 3]], 4)
    """
    from skimage.segmentation import slic  # imported late: it takes as long as all of whybench

    pixels = image.detach().double().cpu().permute(1, 2, 0).numpy()
    scale = 1.0 if len(image) == 3 else 0.01  # without colours lightness runs from 0 to 1
    found = slic(
        pixels,
        n_segments=segments,
        compactness=COMPACTNESS * scale,
        sigma=SMOOTHING,
        channel_axis=-1,
        start_label=0,
    )
    index: Tensor = torch.unique(torch.from_numpy(found).to(torch.int64), return_inverse=True)[1]
    return index
