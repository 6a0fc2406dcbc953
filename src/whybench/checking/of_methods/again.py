"""C21: a method that has been asked before, or is being asked, gives the same answer."""

import threading
from concurrent.futures import ThreadPoolExecutor

import torch
from torch import Tensor, nn

from whybench.checking.clause import Broken, clause, insist
from whybench.checking.of_methods.form import FEW
from whybench.checking.trial import Trial, insist_same
from whybench.checking.zoo import Scene
from whybench.foreign import told

PATIENCE = 2.0
"""Seconds that one thread waits for the other: a method may let one in at a time."""


@clause(
    21,
    "method",
    "idempotent object",
    "A call leaves nothing in the method: asked again after another model and other inputs, it gives the same map, and "
    "another one for other weights. Two threads that ask at once, with a model each, get what they get alone (but for "
    "draws from global generators, which have no two users), and torch's number of threads moves no more than "
    "rounding.",
    "keep nothing between calls, no cache that does not name model and input, and nothing of a call in globals or in "
    "`self`",
    FEW,
)
def idempotent(trial: Trial) -> None:
    scene = trial.scene()
    before = trial.ask(scene)
    for name in ("linear", "additive") if trial.name == "mlp" else ("edges",):
        try:
            trial.ask(Trial(trial.explainer, name, trial.dtype).scene())
        except Exception:
            continue
    turned = trial.ask(trial.scene().rows([3, 1]))
    insist_same(trial.ask(), before, 0.0, ("asked again after others", "at first"), scene.ids)
    larger = trial.scene()
    for parameter in larger.module.parameters():
        parameter.data = 1.5 * parameter.data.flip(0)  # what only ranks is not moved by a factor
    again = trial.ask(larger)
    insist(trial.explainer.control or not again.equal(before), "a model with other weights has the very same maps")
    _number_of_threads(trial, before)
    if not _draws_globally(trial, before):
        _at_once(trial, before, turned)


def _draws_globally(trial: Trial, before: Tensor) -> bool:
    """A function whose maps move with the global seed, or a library's method that draws."""
    if trial.method is None:
        return not trial.ask(seed=1).equal(before)
    return trial.method.stochastic and bool(trial.method.libraries)


def _number_of_threads(trial: Trial, before: Tensor) -> None:
    for count in (1, 2):
        torch.set_num_threads(count)
        scene = trial.scene()
        saying = (f"with {count} of torch's threads", "before")
        insist_same(trial.ask(scene), before, scene.exactness, saying, scene.ids)


def _at_once(trial: Trial, before: Tensor, turned: Tensor) -> None:
    """Two threads, each of which waits for the other whenever its model is asked."""
    scenes = trial.scene(), trial.scene().rows([3, 1])
    step = threading.Barrier(2)
    for scene in scenes:
        _keep_step(scene, step)

    def ask(scene: Scene) -> Tensor:
        try:
            return trial.ask(scene)
        finally:
            step.abort()

    with ThreadPoolExecutor(2) as both:
        asked = [both.submit(ask, scene) for scene in scenes]
    for scene, wanted, each in zip(scenes, (before, turned), asked, strict=True):
        try:
            found = each.result()
        except Exception as error:
            raise Broken(f"beside another thread it raises {told(error)}") from error
        insist_same(found, wanted, 0.0, ("beside another thread", "alone"), scene.ids)


def _keep_step(scene: Scene, step: threading.Barrier) -> None:
    def wait(module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        try:
            step.wait(PATIENCE)
        except threading.BrokenBarrierError:
            return

    layers = [module for module in scene.module.modules() if isinstance(module, nn.Linear)]
    layers[-1].register_forward_pre_hook(wait)
