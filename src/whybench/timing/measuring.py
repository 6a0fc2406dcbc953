"""Timing a suite: block by block, stored beside the scores."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import torch

from whybench.digests import json_digest
from whybench.explaining import Explainer
from whybench.loading import load
from whybench.meter import Meter
from whybench.parameters import parameters
from whybench.planning import planned
from whybench.progress import Listener
from whybench.registries import fill
from whybench.store import Store
from whybench.suite import Block, Entry, Suite
from whybench.timing.records import BlockTiming
from whybench.timing.rounds import Rounds
from whybench.timing.track import Track


def time_suite(
    suite: Suite,
    store: Store,
    device: str,
    listener: Listener,
    rounds: Rounds | None = None,
    rows: int | None = None,
    channels_last: bool | None = None,
) -> list[BlockTiming]:
    """Measure what every method of a suite costs, and store it beside the scores; returns what was measured.

    A block's methods are warmed up, then timed in interleaved rounds together with the bare model's forward pass
    (twice, under two names: the noise floor) and its forward and backward pass. What is unsupported or fails is left
    out, with its reason. No explanation is read from the store; what was measured before on this machine is replaced.
    rows, channels_last: as in `runner.Options`.
    """
    fill()
    measured = []
    for block in merged(suite.blocks):
        listener.working(f"loading {block.model_name} and {block.dataset_name}")
        bench, plan = planned(load(block, device), store, device, rows, channels_last)
        threads = torch.get_num_threads()
        torch.set_num_threads(plan.threads)
        try:
            meter = Meter(device)
            explainer = Explainer(bench, plan, store, meter, listener, suite.seed)
            timing = Track(suite, bench, plan, explainer, meter, listener).time(block.methods, rounds or Rounds())
        finally:
            torch.set_num_threads(threads)
        store.save_timing(json_digest(timing.address), suite.name, timing.body())
        measured.append(timing)
    return measured


def merged(blocks: Sequence[Block]) -> list[Block]:
    """Blocks on the same model and samples as one, each method once: metrics do not change a method's cost."""
    found: list[Block] = []
    for block in blocks:
        place = replace(block, methods=(), metrics=())
        same = next((i for i, other in enumerate(found) if replace(other, methods=(), metrics=()) == place), None)
        if same is None:
            found.append(block)
        else:
            known = found[same].methods
            more = tuple(e for e in block.methods if _variant(e) not in [_variant(k) for k in known])
            found[same] = replace(found[same], methods=known + more)
    return found


def _variant(entry: Entry) -> tuple[str, dict[str, Any]]:
    return entry.label, parameters(entry.method)
