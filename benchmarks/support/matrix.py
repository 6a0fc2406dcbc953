"""Which method runs on which architecture, found out by running it on every way to write the network."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields

import torch
from support.architectures import COLUMNS, Network
from torch import Tensor, nn

import whybench
from whybench import registries
from whybench.errors import Unsupported
from whybench.protocols import AttributionMethod

VARIANTS = (
    "deep_lift(rule='reveal_cancel')",
    "excitation_backprop(contrastive=True)",
    "lrp(composite='epsilon')",
    "lrp(composite='epsilon_gamma_box')",
    "lrp(composite='epsilon_alpha2_beta1_flat')",
    "lrp(composite='deep_taylor')",
    "lrp(canonise='threshold')",
    "pattern_attribution(estimator='linear')",
    "pattern_net(estimator='linear')",
)
"""Settings that go back through a network in another way than the default."""

BLACK_BOXES = frozenset({"extremal_perturbation", "fido_sdr", "fido_ssr", "masking_model", "meaningful_perturbation"})
"""Methods that see a network's inputs, outputs and gradients only, which do not depend on how it is written."""

CHEAP = {
    **dict.fromkeys(("samples", "nt_samples", "n_samples", "steps", "n_steps"), 2),
    **dict.fromkeys(("background", "n_references"), 2),
}
"""Parameters that only say how often the network runs."""

TOLERANCE = 1e-12
"""Of a map's largest absolute value."""


@dataclass(frozen=True)
class Outcome:
    """One method on one way to write a network.

    refused: what Unsupported says, or None; apart: the largest difference from the map of the same network with a
    module for everything, in units of that map's largest absolute value.
    """

    refused: str | None = None
    apart: float = 0.0


Outcomes = Mapping[str, Outcome]
"""One method on one architecture: every way to write it."""


def names() -> list[str]:
    """Every registered attribution method that looks inside of a network, and `VARIANTS`; Captum's last."""
    registries.fill()
    inner = {
        name
        for name in registries.methods
        if issubclass(registries.methods[name], AttributionMethod)
        and registries.methods[name].__module__.startswith("whybench.")
        and {"gradients", "layers"} & registries.methods[name].needs
        and name.partition("/")[0] in (name, "captum")
    }
    return sorted([*(inner - BLACK_BOXES), *VARIANTS], key=lambda name: ("/" in name, name))


def method(name: str) -> AttributionMethod:
    """The method, as cheap as it can be."""
    found = whybench.method(name)
    assert isinstance(found, AttributionMethod)
    given = {field.name: getattr(found, field.name) for field in fields(found)}
    return type(found)(**{**given, **{key: value for key, value in CHEAP.items() if key in given}})


def row(name: str) -> dict[str, Outcomes]:
    """{column: {way: outcome}} of one method."""
    references: dict[object, Tensor | str] = {}
    explainer = method(name)
    found: dict[str, Outcomes] = {}
    for column, (architecture, ways) in COLUMNS.items():
        if architecture not in references:
            references[architecture] = _asked(explainer, Network(architecture), architecture.size)
        reference = references[architecture]
        answers = {
            way: reference if write is Network else _asked(explainer, write(architecture), architecture.size)
            for way, write in ways.items()
        }
        found[column] = {way: _outcome(answer, reference) for way, answer in answers.items()}
    return found


def _outcome(answer: Tensor | str, reference: Tensor | str) -> Outcome:
    if isinstance(answer, str):
        return Outcome(refused=answer)
    if isinstance(reference, str):  # runs as functions, not as modules: there is nothing to compare with
        return Outcome(apart=float("inf"))
    return Outcome(apart=((answer - reference).abs().max() / reference.abs().max()).item())


def _asked(explainer: AttributionMethod, net: nn.Module, size: tuple[int, int]) -> Tensor | str:
    """The maps of three inputs, or why there are none."""
    draw = torch.Generator().manual_seed(1)
    inputs, training = (torch.randn(n, 2, *size, generator=draw, dtype=torch.float64).clamp(-3, 3) for n in (3, 12))
    try:
        return explainer.attribute(net, inputs, [0, 2, 1], bounds=(-3.0, 3.0), training=training)
    except Unsupported as error:
        return re.sub(r" \(in (module '.*'|the model's own forward)\)$", "", str(error))
