"""C23: nothing grows from call to call."""

import gc

import torch

from whybench.checking.clause import clause, insist
from whybench.checking.traces import changes, of_module
from whybench.checking.trial import Trial

WARM, CALLS = 2, 8


@clause(
    23,
    "method",
    "resources",
    f"After {CALLS} more calls no more bytes of tensors are alive than before, and the model has no more hooks.",
    "keep no maps, graphs or modules in lists, caches or hooks",
    ("mlp",),
)
def resources(trial: Trial) -> None:
    scene = trial.scene()
    for _ in range(WARM):
        trial.ask(scene)
    before, facts = living(), of_module(scene.module)
    for _ in range(CALLS):
        trial.ask(scene)
    left = changes(facts, of_module(scene.module))
    insist(not left, f"after {CALLS} calls: {'; '.join(left[:3])}")
    grown = living() - before
    insist(grown <= 0, f"{CALLS} calls leave {grown} more bytes of tensors alive")


def living() -> int:
    """Bytes of all tensors that Python can reach."""
    gc.collect()
    storages = {}
    for thing in gc.get_objects():
        if issubclass(type(thing), torch.Tensor) and thing.layout is torch.strided:
            storage = thing.untyped_storage()
            storages[storage.data_ptr()] = storage.nbytes()
    return sum(storages.values())
