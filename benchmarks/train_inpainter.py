"""Trains the networks of the infill `inpainter`, the same weights every time on one machine.

    python benchmarks/train_inpainter.py digits        # about 3 minutes of one core
    python benchmarks/train_inpainter.py photographs   # about 2 minutes of one core

Each writes NAME.safetensors and NAME.json beside src/whybench/domains/inpainting/weights.py.
"""

import argparse
import json
import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from safetensors.torch import load_file, save
from torch import Tensor

from whybench.datasets import digits
from whybench.datasets.imagenet_photos import ImagenetPhotos
from whybench.digests import tensors_digest
from whybench.domains import ImageDomain
from whybench.domains.inpainting import weights
from whybench.domains.inpainting.network import InPainter
from whybench.models.training import initialise
from whybench.streams import Streams

FOLDER = Path(weights.__file__).parent
SEED = 0
CROP = 96
"""Side of the photographs' crops; the network sees them at half of it."""
REFERENCES = ("mean", "blur", "local", "noisy_linear")

Draw = Callable[[int, torch.Generator], Tensor]


@dataclass(frozen=True)
class Recipe:
    """Adam on the mean absolute error of hidden pixels; the rate falls to zero along half a cosine."""

    steps: int
    batch: int
    rate: float


RECIPES = {"digits": Recipe(4000, 64, 3e-3), "photographs": Recipe(300, 8, 2e-3)}
DATA = {
    "digits": "the training part of the dataset `digits` (scikit-learn, CC BY 4.0): four fifths of 1,797 images, moved "
    "by up to a pixel and scaled in brightness; constant images",
    "photographs": "scikit-image's astronaut, chelsea, coffee, rocket, camera, coins, brick, grass and gravel (public "
    "domain or CC0), Matplotlib's grace_hopper (public domain), scikit-learn's china and flower (CC BY 2.0, "
    "danielbuechele and vultilion): crops at several scales, turned, mirrored, their channels exchanged",
}


def train(name: str, recipe: Recipe) -> InPainter:
    """A network trained from random weights, which come, as all draws do, from a generator of its own."""
    generator = torch.Generator().manual_seed(SEED)
    network = weights.untrained(name).to_empty(device="cpu")
    initialise(network, generator)
    with torch.no_grad():
        network.leave.weight.mul_(0.1)  # begins near the rough guess
    draw = SOURCES[name]()
    torch.set_num_threads(1)  # sums do not depend on how many there are
    optimiser = torch.optim.Adam(network.parameters(), recipe.rate)
    rates = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda t: (1 + math.cos(math.pi * t / recipe.steps)) / 2)
    began, recent = time.perf_counter(), []
    for step in range(recipe.steps):
        images = draw(recipe.batch, generator)
        kept = masks(recipe.batch, images.shape[-1], generator)
        loss = hidden_error(network(images, kept), images, kept).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        rates.step()
        recent.append(loss.item())
        if (step + 1) % 50 == 0:
            print(f"{step + 1:5} {np.mean(recent):.4f} {time.perf_counter() - began:.0f} s", flush=True)  # noqa: T201
            recent.clear()
    return network.eval().requires_grad_(False)


def hidden_error(guess: Tensor, images: Tensor, kept: Tensor) -> Tensor:
    """The mean absolute error over the hidden pixels of each row, (rows,)."""
    hidden = (~kept).unsqueeze(1).to(images.dtype)
    return ((guess - images).abs() * hidden).mean(1).sum((1, 2)) / hidden.sum((1, 2, 3)).clamp(min=1)


def masks(rows: int, side: int, generator: torch.Generator) -> Tensor:
    """Which pixels are kept, 10 to 90 % of each row's: (rows, side, side) bool.

    In turn a grid of squares, each kept by a coin; a smooth random landscape's highest part; rectangles; strokes of a
    free hand. The last three are hidden, or else all that is kept.
    """
    kinds = (_squares, _landscape, _rectangles, _strokes)
    made = torch.empty(rows, side, side, dtype=torch.bool)
    for first, kind in enumerate(kinds):
        share = 0.1 + 0.8 * torch.rand(len(made[first :: len(kinds)]), 1, 1, generator=generator)
        made[first :: len(kinds)] = kind(side, share, generator)
    made[:, 0, 0] |= ~made.flatten(1).any(1)
    return made


def _squares(side: int, share: Tensor, generator: torch.Generator) -> Tensor:
    sizes = [size for size in (1, 2, 4, 8, 16) if size <= max(1, side // 7)]
    size = sizes[int(torch.randint(len(sizes), (1,), generator=generator))]
    coins = torch.rand(len(share), side // size, side // size, generator=generator) < share
    return coins.repeat_interleave(size, 1).repeat_interleave(size, 2)


def _landscape(side: int, share: Tensor, generator: torch.Generator) -> Tensor:
    count = int(torch.randint(3, 9, (1,), generator=generator))
    rough = torch.randn(len(share), 1, count, count, generator=generator)
    smooth = torch.nn.functional.interpolate(rough, (side, side), mode="bicubic", align_corners=False)[:, 0]
    rank = smooth.flatten(1).argsort(1).argsort(1).view_as(smooth)
    return rank >= (1 - share) * side**2


def _rectangles(side: int, share: Tensor, generator: torch.Generator) -> Tensor:
    most = 4
    length = (side * (0.15 + 0.5 * torch.rand(len(share), most, 2, generator=generator))).round()
    start = ((side - length + 1) * torch.rand(len(share), most, 2, generator=generator)).floor()
    place = torch.arange(side).view(1, 1, 1, side)
    inside = (place >= start.unsqueeze(3)) & (place < (start + length).unsqueeze(3))
    drawn = torch.arange(most) < 1 + torch.randint(most, (len(share), 1), generator=generator)
    marked = (inside[:, :, 0, :, None] & inside[:, :, 1, None, :] & drawn[..., None, None]).any(1)
    return marked == (share > 0.7)


def _strokes(side: int, share: Tensor, generator: torch.Generator) -> Tensor:
    turns = side * (
        torch.rand(len(share), 1, 2, generator=generator)
        + 0.06 * torch.randn(len(share), 30, 2, generator=generator).cumsum(1)
    )
    path = torch.lerp(turns[:, :-1, None], turns[:, 1:, None], torch.linspace(0, 1, 5)[:, None]).flatten(1, 2) % side
    place = torch.cartesian_prod(torch.arange(side) + 0.5, torch.arange(side) + 0.5)
    near = torch.cdist(place.expand(len(share), -1, -1), path).amin(2).view(-1, side, side)
    marked = near <= side * (0.03 + 0.08 * torch.rand(len(share), 1, 1, generator=generator))
    return marked == (share > 0.7)


def digits_source() -> Draw:
    """Random training digits, (rows, 1, 8, 8) from 0 to 1; one in sixteen is constant instead."""
    samples = torch.as_tensor(digits.parts()[0].samples / 16, dtype=torch.float32)[:, None]

    def draw(rows: int, generator: torch.Generator) -> Tensor:
        images = samples[torch.randint(len(samples), (rows,), generator=generator)]
        shift = tuple(torch.randint(-1, 2, (2,), generator=generator).tolist())
        moved = torch.nn.functional.pad(images, (1, 1, 1, 1)).roll(shift, (2, 3))[..., 1:-1, 1:-1]
        still = torch.rand(rows, 1, 1, 1, generator=generator) < 0.7
        scaled = images.where(still, moved) * (1 - 0.3 * torch.rand(rows, 1, 1, 1, generator=generator) ** 2)
        constant = torch.rand(rows, 1, 1, 1, generator=generator)
        return scaled.where(torch.arange(rows)[:, None, None, None] % 16 < 15, constant)

    return draw


def photographs_source() -> Draw:
    """Random crops of photographs, (rows, 3, CROP, CROP) from 0 to 1."""
    sizes = [_smaller(photograph, factor) for photograph in photographs() for factor in (1.0, 0.7, 0.5, 0.35, 0.25)]
    sizes = [image for image in sizes if min(image.shape[1:]) >= CROP]

    def draw(rows: int, generator: torch.Generator) -> Tensor:
        crops = []
        for chosen in torch.randint(len(sizes), (rows,), generator=generator).tolist():
            image = sizes[chosen]
            top, left = (int(torch.randint(s - CROP + 1, (1,), generator=generator)) for s in image.shape[1:])
            crop = image[:, top : top + CROP, left : left + CROP]
            turns, mirrored = torch.randint(4, (1,), generator=generator), torch.rand(1, generator=generator) < 0.5
            crop = torch.rot90(crop, int(turns) if torch.rand(1, generator=generator) < 0.3 else 0, (1, 2))
            channels = torch.randperm(3, generator=generator)
            crops.append((crop.flip(2) if mirrored else crop)[channels])
        return torch.stack(crops)

    return draw


def photographs() -> list[Tensor]:
    """The photographs to learn from, (3, height, width) from 0 to 1."""
    from matplotlib.cbook import get_sample_data
    from skimage import data
    from sklearn.datasets import load_sample_image

    arrays = [data.astronaut(), data.chelsea(), data.coffee(), data.rocket(), data.camera(), data.coins()]
    arrays += [data.brick(), data.grass(), data.gravel(), np.array(Image.open(get_sample_data("grace_hopper.jpg")))]
    arrays += [load_sample_image("china.jpg"), load_sample_image("flower.jpg")]
    return [_tensor(Image.fromarray(array).convert("RGB")) for array in arrays]


def _smaller(photograph: Tensor, factor: float) -> Tensor:
    size = [round(length * factor) for length in photograph.shape[1:]]
    return torch.nn.functional.interpolate(photograph[None], size, mode="bilinear", antialias=True)[0].clamp(0, 1)


def _tensor(image: Image.Image) -> Tensor:
    return torch.from_numpy(np.asarray(image, dtype=np.float32) / 255).permute(2, 0, 1).contiguous()


SOURCES: dict[str, Callable[[], Draw]] = {"digits": digits_source, "photographs": photographs_source}


def held_out(name: str) -> Tensor:
    """Images that no network was trained on: the digits that are explained, or the photographs that are."""
    if name == "digits":
        return torch.as_tensor(digits.parts()[1].samples / 16, dtype=torch.float32)[:, None]
    files = (Image.fromarray(array) for array in ImagenetPhotos().load().samples)
    return torch.stack([_tensor(image.resize((224, 224), Image.Resampling.BICUBIC)) for image in files])


def errors(name: str) -> dict[str, dict[str, float]]:
    """Error over the hidden pixels of held-out images under fresh masks, for the shipped network and other infills.

    Mean absolute error and root mean squared error, in units of the range; four masks an image.
    """
    images = held_out(name)
    generator, average = torch.Generator().manual_seed(SEED + 1), images.mean((0, 2, 3))[:, None, None]
    domain, ids = ImageDomain(low=0.0, high=1.0, mean=average), tuple(str(i) for i in range(len(images)))
    found: dict[str, list[Tensor]] = {infill: [] for infill in ("inpainter", *REFERENCES)}
    for _ in range(4):
        kept = masks(len(images), images.shape[-1], generator)
        for infill, differences in found.items():
            every = torch.arange(len(images))
            guess = domain.infill(infill, images, ids, Streams(0)).apply(kept, every)
            differences.append((guess - images).movedim(1, -1)[~kept].flatten().double())
    joined = {infill: torch.cat(parts) for infill, parts in found.items()}
    return {
        infill: {
            "absolute": round(d.abs().mean().item(), 5),
            "root mean square": round(d.square().mean().sqrt().item(), 5),
        }
        for infill, d in joined.items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", choices=list(RECIPES))
    name = parser.parse_args().name
    network = train(name, RECIPES[name])
    stored = {key: value.half().contiguous() for key, value in network.state_dict().items()}
    (FOLDER / f"{name}.safetensors").write_bytes(save(stored))
    weights.shipped.cache_clear()
    text = json.dumps(account(name), indent=2)
    (FOLDER / f"{name}.json").write_text(text + "\n", encoding="utf-8")
    print(text)  # noqa: T201


def account(name: str) -> dict[str, object]:
    """What is told of a shipped network: where it comes from, and how well it paints what it has not seen."""
    stored = load_file(FOLDER / f"{name}.safetensors")
    return {
        "command": f"python benchmarks/train_inpainter.py {name}",
        "data": DATA[name],
        "plan": asdict(weights.PLANS[name]),
        "parameters": sum(tensor.numel() for tensor in stored.values()),
        "recipe": {**asdict(RECIPES[name]), "seed": SEED, "loss": "mean absolute error of hidden pixels"},
        "torch": torch.__version__,
        "weights": tensors_digest(stored),
        "held out": errors(name),
    }


if __name__ == "__main__":
    main()
