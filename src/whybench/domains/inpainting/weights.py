"""The networks that come with whybench."""

from functools import cache
from pathlib import Path

import torch
from safetensors.torch import load_file

from whybench.domains.inpainting.network import InPainter, Plan

PLANS = {
    "digits": Plan(channels=1, widths=(24, 48, 64), most=16, relative=False, rough="pyramid"),
    "photographs": Plan(channels=3, widths=(16, 32, 48, 64), most=56, relative=True, rough="interpolation"),
}
"""By name; each has its weights, in float16, and an account of its training beside this file."""


def untrained(name: str) -> InPainter:
    """A network without memory for its weights."""
    with torch.device("meta"):  # draws nothing from the global generator
        return InPainter(PLANS[name])


@cache
def shipped(name: str, dtype: torch.dtype, device: torch.device) -> InPainter:
    """A trained network, its weights brought to a dtype and device; frozen."""
    with torch.inference_mode(False):
        weights = load_file(Path(__file__).with_name(f"{name}.safetensors"))
        network = untrained(name)
        network.load_state_dict({key: value.to(device, dtype) for key, value in weights.items()}, assign=True)
    return network.eval().requires_grad_(False)
