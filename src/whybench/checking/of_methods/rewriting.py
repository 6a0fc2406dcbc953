"""C24: how a network is written does not matter."""

import torch

from whybench.checking.clause import clause
from whybench.checking.trial import Trial, insist_same
from whybench.checking.zoo import WAYS
from whybench.errors import Unsupported


@clause(
    24,
    "method",
    "implementation invariance",
    "A network written with functions, with one activation module that is used again, or in place, has the maps of "
    "the same network with a module for each step, or is refused.",
    "follow the operations that run (a dispatch mode), or refuse functions and reused modules by name",
    tuple(WAYS),
)
def rewritten(trial: Trial) -> None:
    architecture, ways = WAYS[trial.name]
    scene = trial.scene()
    wanted, state = trial.ask(scene), scene.module.state_dict()
    for write in ways:
        module = write(architecture).eval()
        module.load_state_dict(state)
        other = trial.scene().through(module)
        torch.testing.assert_close(module(other.inputs.clone()), trial.scene().module(other.inputs.clone()))
        try:
            found = trial.ask(other)
        except Unsupported:
            continue
        except Exception:
            continue
        said = (f"written as {write.__name__}", "with a module for each step")
        insist_same(found, wanted, 1e-9, said, scene.ids)
