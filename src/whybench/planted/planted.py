"""A network whose weights are written down, samples of it, and what every pixel is worth to its answer, exactly."""

import copy
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor, nn

from whybench.domains import ImageDomain
from whybench.protocols import Dataset, Model, Truth

HEIGHT, WIDTH = 8, 12
SHAPE = (1, HEIGHT, WIDTH)


@dataclass(frozen=True, eq=False)
class Planted:
    """One design.

    inputs: (n, 1, 8, 12) float32 in [0, 1]; labels: (n,) int64, what the model answers, which is explained;
    worth: (n, 1, 8, 12) float64, the Shapley value of every pixel of the explained logit, with 0 in place of pixels
    left out; masks: (n, 8, 12) bool, the pixels that hold the evidence for the label.
    """

    name: str
    model: Model
    inputs: Tensor
    labels: Tensor
    ids: tuple[str, ...]
    worth: Tensor
    masks: Tensor

    @property
    def truth(self) -> Truth:
        """The masks, for metrics of localisation."""
        return Truth(self.masks)

    @property
    def module(self) -> nn.Module:
        """The network."""
        return self.model.module

    def double(self) -> "Planted":
        """The same in float64, with a network of its own."""
        module = copy.deepcopy(self.module).double()
        return replace(self, model=self.model.with_module(module), inputs=self.inputs.double())

    def dataset(self) -> Dataset:
        """The inputs as raw samples (8, 12), which the model's preprocessing takes, with labels and masks."""
        samples = [image[0].double().numpy() for image in self.inputs]
        masks = [mask.numpy() for mask in self.masks]
        names = self.model.class_names
        return Dataset(f"planted({self.name!r})", samples, self.ids, self.labels, names, masks=masks)


def preprocess(sample: "np.ndarray[tuple[int, ...], np.dtype[np.float64]]") -> Tensor:
    """A raw sample (8, 12) as the model takes it."""
    return torch.as_tensor(sample, dtype=torch.float32).unsqueeze(0)


def planted(name: str, module: nn.Module, inputs: Tensor, worth: Tensor, masks: Tensor, layer: str) -> Planted:
    """A design from its parts; `worth` is that of each sample's answer."""
    with torch.no_grad():
        outputs = module(inputs.float())
    labels, classes = outputs.argmax(1), tuple(f"class {c}" for c in range(outputs.shape[1]))
    domain = ImageDomain(low=0.0, high=1.0)
    model = Model(name, module, domain, class_names=classes, layers={"cam": layer}, preprocess=preprocess)
    ids = tuple(f"{name}_{row:04d}" for row in range(len(inputs)))
    return Planted(name, model, inputs.float(), labels, ids, worth.double(), masks)
