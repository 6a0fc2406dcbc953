"""The memory of pixel flipping, in a process of its own: python memory_child.py WHO IMAGES REGION prints JSON.

WHO is whybench or Quantus; IMAGES of 224 x 224 x 3 and their maps are there before the measurement begins, and so is
the model, whose activations are next to nothing: what is left is what the metric itself needs.
"""

import json
import sys
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from whybench.meter import Meter

SIDE, CHANNELS, CLASSES, STEPS, BATCH = 224, 3, 10, 4, 64
MIB = 2**20


def network() -> nn.Module:
    """The mean of each channel, and a linear layer."""
    torch.manual_seed(0)
    return nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(CHANNELS, CLASSES)).eval()


def of_whybench(net: nn.Module, inputs: Tensor, maps: Tensor, targets: Tensor, region: int) -> Callable[[], object]:
    from whybench.allocator import keep_freed_memory
    from whybench.cases import open_case
    from whybench.domains import ImageDomain
    from whybench.protocols import Model
    from whybench.registries import fill
    from whybench.suite import method, metric

    fill()
    keep_freed_memory()
    ids = tuple(f"{i:04d}" for i in range(len(inputs)))
    given = iter(maps.split(BATCH))
    loaded = method(lambda module, some, of: next(given))
    case = open_case(loaded, Model("means", net, ImageDomain()), inputs, targets, ids=ids, rows=BATCH)
    judge = metric(f"pixel_flipping(infill='zero', region={region}, steps={STEPS}, output='probability')")
    return lambda: judge.score(case)


def of_quantus(net: nn.Module, inputs: Tensor, maps: Tensor, targets: Tensor, region: int) -> Callable[[], object]:
    import quantus

    judge = quantus.PixelFlipping(
        features_in_step=SIDE * SIDE // STEPS, perturb_baseline="black", normalise=False, disable_warnings=True
    )
    arrays: dict[str, Any] = {"x_batch": inputs.numpy(), "a_batch": maps.numpy(), "y_batch": targets.numpy()}
    return lambda: judge(model=net, softmax=True, device="cpu", batch_size=BATCH, channel_first=True, **arrays)


def main(who: str, images: int, region: int) -> dict[str, float]:
    """Mebibytes of the data and of one batch, and those that the metric took beside."""
    generator = torch.Generator().manual_seed(0)
    inputs = torch.rand(images, CHANNELS, SIDE, SIDE, generator=generator)
    maps = torch.randperm(SIDE * SIDE, generator=generator).float().view(1, 1, SIDE, SIDE).repeat(images, 1, 1, 1)
    made = {"whybench": of_whybench, "Quantus": of_quantus}[who]
    work = made(network(), inputs, maps, torch.zeros(images, dtype=torch.int64), region)
    meter = Meter()
    with meter.section() as section:
        work()
    image = inputs[0].numel() * inputs.element_size()
    return {
        "data MiB": (inputs.numel() + maps.numel()) * 4 / MIB,
        "batch MiB": BATCH * image / MIB,
        "extra MiB": (section.cost.peak_bytes or 0) / MIB,
        "CPU seconds": section.cost.cpu_seconds,
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))) + "\n")
