"""The whole benchmark on a user's own model, in memory."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from whybench.domains import Domain
from whybench.errors import BadInput, BadParameter, UsageError
from whybench.foreign import foreign
from whybench.isolation import generators_kept
from whybench.leaderboard import Leaderboard
from whybench.loading import Bench, bench_digest, usable
from whybench.progress import Silent
from whybench.protocols import Model, Training
from whybench.protocols.asking import ask_targets, check_inputs, predict, sample_ids, wrap
from whybench.protocols.model import check_classes, steady
from whybench.protocols.training import training_of
from whybench.protocols.truth import truth_of
from whybench.registries import fill
from whybench.room import room
from whybench.runner import BlockRunner, Options
from whybench.store import Store
from whybench.suite import Entry, MethodLike, MetricLike, Suite, entries, judges
from whybench.wrappers import Precomputed


@generators_kept()
@torch.inference_mode(False)
def evaluate(
    module: nn.Module | Model | Callable[[Tensor], Any],
    inputs: Tensor,
    targets: Tensor | Sequence[int] | int | None = None,
    *,
    methods: Sequence[MethodLike] | Mapping[str, MethodLike | Tensor],
    metrics: Sequence[MetricLike],
    domain: Domain | str | None = None,
    target_layer: str | None = None,
    bounds: tuple[Tensor | float, Tensor | float] | None = None,
    baseline: Tensor | float = 0.0,
    training: Training | Tensor | tuple[Tensor, Tensor] | None = None,
    masks: Tensor | Sequence[Any] | None = None,
    difficult: Tensor | Sequence[bool] | None = None,
    ids: Sequence[str] | None = None,
    seed: int = 0,
    batch_size: int | None = None,
    channels_last: bool | None = None,
    device: str | None = None,
) -> Leaderboard:
    """Judge methods by metrics on any module, in memory; no control is added by itself.

    module: any torch.nn.Module, with or without parameters, in its own dtype, or a loaded Model; any other callable
    inputs -> outputs is a black box, which answers forward passes only.
    inputs: (n, ...) floating point; targets: the explained classes, one for all, or None for the predicted ones.
    methods: names, specs, methods or callables (module, inputs, targets) -> relevance; or a dict of these and of
    precomputed tensors by the name that the board shows.
    metrics: names, specs or metrics.
    domain: `image`, `tabular` or a Domain; target_layer: the sub-module that CAM-like methods look at; bounds: the
    lowest and highest valid input; baseline: the reference input of methods that need one; training: inputs, or
    inputs and labels, for methods that learn from data.
    masks: (n, height, width) or (n, columns) booleans, where the evidence for the explained class lies in each input,
    for metrics of localisation; difficult: (n,) booleans, the samples in which that is hard to find.
    ids: a stable name of each sample; batch_size: rows a pass instead of the calibrated ones; channels_last: the memory
    layout of images. Where it is None and a module convolves images, layout and rows are those that are faster here:
    timed once for these weights, and remembered in the user's cache. Given, nothing is timed.

    Raises BadInput, BadParameter or UnknownName for what cannot be used; a pair that cannot run is a row with a
    reason.
    """
    fill()
    check_inputs(inputs)
    if batch_size is not None and (not isinstance(batch_size, int) or batch_size < 1):
        raise BadParameter(f"batch_size={batch_size!r}; a whole number >= 1 is needed, or None for the calibrated one")
    place = inputs.device if device is None else usable(device)
    if isinstance(module, nn.Module) and place.type != "cpu":
        module.to(place)
    inputs = room(len(inputs), inputs[:2]).copy_(inputs.detach()).to(place)
    names = sample_ids(len(inputs), ids)
    with foreign(f"the model cannot answer inputs of shape {tuple(inputs.shape)} and type {inputs.dtype}"):
        model = wrap(module, inputs, domain=domain, target_layer=target_layer, bounds=bounds, baseline=baseline)
        if training is not None:
            model = replace(model, training=training_of(training, inputs))
        with steady(model.module):
            explained = ask_targets(model, inputs, targets, batch_size or 64)
            check_classes(explained, predict(model, inputs[:1], 1).shape[1])
    if difficult is not None and masks is None:
        raise BadInput("difficult= says in which samples the evidence is hard to find, but no masks= say where it is")
    truth = None if masks is None else truth_of(masks, difficult, model, inputs)
    bench = Bench(
        model=model,
        inputs=inputs,
        labels=explained,
        ids=names,
        dataset="inputs",
        policy="predicted",
        given_targets=explained,
        digest=bench_digest(model, inputs, explained, explained, names, truth),
        truth=truth,
    )
    chosen, judged = _entries(methods, bench, explained), judges(metrics)
    if not chosen or not judged:
        raise UsageError(f"nothing to evaluate: {len(chosen)} methods and {len(judged)} metrics")
    store, suite = Store.memory(), Suite("evaluate", (), seed)
    store.boards.begin(suite.name, {"seed": seed}, clear=True)
    runner = BlockRunner(
        suite, bench, store, Options(device=place.type, rows=batch_size, channels_last=channels_last), Silent()
    )
    runner.run(chosen, judged)
    return Leaderboard(store.records(), store.explanation_records())


def _entries(
    methods: Sequence[MethodLike] | Mapping[str, MethodLike | Tensor], bench: Bench, targets: Tensor
) -> tuple[Entry, ...]:
    """Methods as entries, precomputed tensors and arrays among them."""
    if not isinstance(methods, Mapping):
        return entries(methods)
    made: dict[str, MethodLike] = {}
    for label, thing in methods.items():
        if isinstance(thing, Tensor) or (hasattr(thing, "__array__") and not callable(thing)):
            values = torch.as_tensor(thing)
            if values.ndim < 2 or len(values) != len(bench.ids):
                raise BadInput(
                    f"methods[{label!r}] has shape {tuple(values.shape)} for inputs {tuple(bench.inputs.shape)}"
                )
            made[label] = Precomputed(values.to(bench.inputs), bench.model.digest, bench.inputs, targets, bench.ids)
        else:
            made[label] = thing
    return entries(made)
