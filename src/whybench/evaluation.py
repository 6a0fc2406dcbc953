"""The whole benchmark on a user's own model, in memory."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from whybench.domains import Domain
from whybench.errors import BadInput, UsageError
from whybench.leaderboard import Leaderboard
from whybench.loading import Bench, bench_digest
from whybench.progress import Silent
from whybench.protocols import Model
from whybench.protocols.asking import ask_targets, predict, sample_ids, wrap
from whybench.protocols.model import steady
from whybench.registries import fill
from whybench.runner import BlockRunner, Options
from whybench.store import Store
from whybench.suite import Entry, MethodLike, MetricLike, Suite, entries, metric
from whybench.wrappers import Precomputed


def evaluate(
    module: nn.Module | Model | Any,
    inputs: Tensor,
    targets: Tensor | Sequence[int] | int | None = None,
    *,
    methods: Sequence[MethodLike] | Mapping[str, MethodLike | Tensor],
    metrics: Sequence[MetricLike],
    domain: Domain | str | None = None,
    target_layer: str | None = None,
    bounds: tuple[Tensor | float, Tensor | float] | None = None,
    baseline: Tensor | float = 0.0,
    ids: Sequence[str] | None = None,
    seed: int = 0,
    batch_size: int | None = None,
    device: str | None = None,
) -> Leaderboard:
    """Judge methods by metrics on any module, in memory; no control is added by itself.

    module: any torch.nn.Module, with or without parameters, in its own dtype, or a loaded Model.
    inputs: (n, ...) floating point; targets: the explained classes, one for all, or None for the predicted ones.
    methods: names, specs, methods or callables (module, inputs, targets) -> relevance; or a dict of these and of
    precomputed tensors by the name that the board shows.
    metrics: names, specs or metrics.
    domain: `image`, `tabular` or a Domain; target_layer: the sub-module that CAM-like methods look at; bounds: the
    lowest and highest valid input; baseline: the reference input of methods that need one.
    ids: a stable name of each sample; batch_size: rows a pass instead of the calibrated ones.

    Raises BadInput, BadParameter or UnknownName for what cannot be used; a pair that cannot run is a row with a
    reason.
    """
    fill()
    place = torch.device(device) if device else inputs.device if isinstance(inputs, Tensor) else torch.device("cpu")
    if isinstance(module, nn.Module) and place.type != "cpu":
        module.to(place)
    if isinstance(inputs, Tensor):
        inputs = inputs.detach().to(place)
    model = wrap(module, inputs, domain=domain, target_layer=target_layer, bounds=bounds, baseline=baseline)
    names = sample_ids(len(inputs), ids)
    with steady(model.module):
        explained = ask_targets(model, inputs, targets, batch_size or 64)
        predict(model, inputs[:1], 1)
    chosen = _entries(methods, inputs, names)
    bench = Bench(
        model=model,
        inputs=inputs,
        labels=explained,
        ids=names,
        dataset="inputs",
        policy="predicted",
        given_targets=explained,
        digest=bench_digest(model, inputs, explained, explained, names),
    )
    store = Store.memory()
    suite = Suite("evaluate", (), seed)
    judged = [metric(m) for m in metrics]
    if not chosen or not judged:
        raise UsageError(f"nothing to evaluate: {len(chosen)} methods and {len(judged)} metrics")
    store.boards.begin(suite.name, {"seed": seed}, clear=True)
    runner = BlockRunner(suite, bench, store, Options(device=place.type, rows=batch_size), Silent())
    runner.run(chosen, judged)
    return Leaderboard(store.records(), store.explanation_records())


def _entries(
    methods: Sequence[MethodLike] | Mapping[str, MethodLike | Tensor], inputs: Tensor, ids: tuple[str, ...]
) -> tuple[Entry, ...]:
    """Methods as entries, precomputed tensors and arrays among them."""
    if not isinstance(methods, Mapping):
        return entries(methods)
    made: dict[str, MethodLike] = {}
    for label, thing in methods.items():
        if isinstance(thing, Tensor) or (hasattr(thing, "__array__") and not callable(thing)):
            values = torch.as_tensor(thing)
            if len(values) != len(ids):
                raise BadInput(f"methods[{label!r}] has {len(values)} rows for {len(ids)} inputs")
            made[label] = Precomputed(values.to(inputs), inputs, ids)
        else:
            made[label] = thing
    return entries(made)
