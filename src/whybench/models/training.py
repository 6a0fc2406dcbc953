"""The one way in which built-in models are trained: a fixed number of steps, the same weights every time."""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from whybench.digests import json_digest, tensors_digest
from whybench.models import weights_cache

SHIPPED = Path(__file__).with_name("shipped")
"""Weights as `benchmarks/train_models.py` wrote them, the same for everyone: the last bits of a training are those of
the processor, and grow."""


@dataclass(frozen=True)
class Recipe:
    """Stochastic gradient descent with Nesterov momentum; the rate falls to zero along half a cosine.

    steps: number of updates; batch: samples a step; rate: the first learning rate; decay: the L2 penalty's factor.
    """

    steps: int
    batch: int
    rate: float
    momentum: float = 0.9
    decay: float = 0.0
    seed: int = 0


def trained(
    name: str, architecture: Callable[[], nn.Module], inputs: Tensor, targets: Tensor, recipe: Recipe
) -> nn.Module:
    """A module with the weights of `recipe`, as shipped, or from the cache where it holds them; in eval mode, frozen.

    targets: int64 classes (cross entropy) or floats shaped like the outputs (squared error). All draws come from a
    generator of the recipe's own; a file is named by the digest of all that decides the weights, in the cache by the
    trainer's and torch's version too.
    """
    with torch.device("meta"):  # takes no memory and draws nothing from the global generator
        module = architecture().float()
    data = tensors_digest({"inputs": inputs, "targets": targets})
    what = json_digest({"architecture": repr(module), "recipe": asdict(recipe), "data": data})[:32]
    trainer = sha256(Path(__file__).read_bytes()).hexdigest()
    how = json_digest({"trainer": trainer, "torch": str(torch.__version__)})[:16]
    module.to_empty(device="cpu")
    path = weights_cache.directory() / f"{name}-{what}-{how}.safetensors"
    weights = weights_cache.read(SHIPPED / f"{name}-{what}.safetensors", what) or weights_cache.read(path, what + how)
    if weights is None:
        fit(module, inputs, targets, recipe)
        weights_cache.write(path, module.state_dict(), what + how)
    else:
        module.load_state_dict(weights)
    return module.eval().requires_grad_(False)


def fit(module: nn.Module, inputs: Tensor, targets: Tensor, recipe: Recipe) -> None:
    """Initialise and train `module` in place."""
    generator = torch.Generator().manual_seed(recipe.seed)
    initialise(module, generator)
    loss = F.cross_entropy if targets.dtype == torch.int64 else F.mse_loss
    weights = list(module.parameters())
    velocities = [torch.zeros_like(w) for w in weights]
    with _one_thread():
        for step, rows in enumerate(_batches(len(inputs), recipe, generator)):
            rate = recipe.rate * (1 + math.cos(math.pi * step / recipe.steps)) / 2
            with torch.enable_grad():
                gradients = torch.autograd.grad(loss(module(inputs[rows]), targets[rows]), weights)
            with torch.no_grad():
                for weight, gradient, velocity in zip(weights, gradients, velocities, strict=True):
                    gradient = gradient + recipe.decay * weight
                    velocity.mul_(recipe.momentum).add_(gradient)
                    weight.sub_(rate * (gradient + recipe.momentum * velocity))


def initialise(module: nn.Module, generator: torch.Generator) -> None:
    """He's normal weights and zero biases, drawn from `generator`; batch normalisation that changes nothing.

    Source: he2015, ioffe2015.
    """
    for name, layer in module.named_modules():
        if isinstance(layer, nn.Linear | nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu", generator=generator)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
        elif isinstance(layer, nn.BatchNorm2d):
            layer.reset_parameters()
        elif [*layer.parameters(recurse=False), *layer.buffers(recurse=False)]:
            raise TypeError(f"no initialisation for {name!r}, a {type(layer).__name__}; see training.initialise")


def _batches(count: int, recipe: Recipe, generator: torch.Generator) -> Tensor:
    """Rows of each step, (steps, batch): one permutation of the samples after another."""
    needed = recipe.steps * recipe.batch
    order = torch.cat([torch.randperm(count, generator=generator) for _ in range(-(-needed // count))])
    return order[:needed].view(recipe.steps, recipe.batch)


@contextmanager
def _one_thread() -> Iterator[None]:
    """One thread, so that sums do not depend on how many there are."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
