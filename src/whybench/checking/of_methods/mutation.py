"""C9 to C12: model and inputs are afterwards what they were before, whatever happens."""

from torch import Tensor, nn

from whybench.checking.clause import Broken, clause, insist
from whybench.checking.of_methods.form import EVERY, FEW
from whybench.checking.traces import Facts, changes, modes, of_inputs, of_module
from whybench.checking.trial import Trial, insist_same
from whybench.checking.zoo import Scene
from whybench.errors import BadInput, Unsupported


class Fault(Exception):
    """What a model raises in mid-explanation."""


def snapshot(scene: Scene) -> Facts:
    return {**of_module(scene.module), **of_inputs(scene.inputs), **modes()}


def told(before: Facts, after: Facts) -> str:
    found = changes(before, after)
    return "; ".join(found[:4]) + (f"; and {len(found) - 4} more" if len(found) > 4 else "")


@clause(
    9,
    "method",
    "the model is not changed",
    "Weights, buffers, modes, requires_grad, gradients, hooks, attributes and torch's global switches are left as they "
    "were.",
    "work on a copy, remove hooks in `finally`, and take gradients with torch.autograd.grad, not backward()",
    EVERY,
)
def model_kept(trial: Trial) -> None:
    scene = trial.scene()
    before = {**of_module(scene.module), **modes()}
    trial.ask(scene)
    insist(not changes(before, after := {**of_module(scene.module), **modes()}), told(before, after))


@clause(
    10,
    "method",
    "the input is not changed",
    "The values, strides, requires_grad and gradient of the inputs are left as they were; expanded tensors, which "
    "cannot be written to, are taken.",
    "begin with inputs = inputs.detach().clone()",
    FEW,
)
def input_kept(trial: Trial) -> None:
    scene = trial.scene()
    before = of_inputs(scene.inputs)
    trial.ask(scene)
    insist(not changes(before, after := of_inputs(scene.inputs)), told(before, after))
    expanded = trial.scene()
    same = expanded.of(expanded.inputs[:1].expand_as(expanded.inputs))
    copied = expanded.of(same.inputs.clone())
    wanted = trial.ask(copied)
    try:
        found = trial.ask(same)
    except Unsupported:
        raise
    except Exception as error:
        raise Broken(f"an expanded input raises {type(error).__name__}: {str(error)[:200]}") from error
    insist_same(found, wanted, scene.exactness, ("for an expanded input", "for a copy"), scene.ids)


@clause(
    11,
    "method",
    "exception safety",
    "Where the model raises at its first or second call, that comes out, and model and inputs are left as they were.",
    "put back in `finally` what was set: hooks, modes, and requires_grad of the inputs",
    FEW,
)
def exceptions(trial: Trial) -> None:
    for call in (0, 1):
        scene = trial.scene()
        _faulty(scene, call)
        before = snapshot(scene)
        raised = False
        try:
            trial.ask(scene)
        except Unsupported:
            raise
        except Exception as error:
            raised = _comes_from(error)
        after = snapshot(scene)
        insist(not changes(before, after), f"after the model raised at call {call + 1}: {told(before, after)}")
        insist(
            raised or call > 0 or trial.explainer.control, "the model's exception was swallowed, and a map was returned"
        )


@clause(
    12,
    "method",
    "train mode",
    "A model in train mode is refused, or explained as in eval mode and left as it was, running statistics included.",
    "call model.eval() and put every module's mode back, or raise where model.training",
    FEW,
)
def train_mode(trial: Trial) -> None:
    wanted = trial.explainer.attribute(trial.scene())
    scene = trial.scene()
    scene.module.train()
    before = snapshot(scene)
    try:
        found = trial.explainer.attribute(scene)
    except (BadInput, ValueError, RuntimeError) as error:
        insist("train" in str(error), f"refused without a word on train mode: {str(error)[:200]}")
        return
    insist(not changes(before, after := snapshot(scene)), told(before, after))
    insist_same(found, wanted, scene.exactness, ("in train mode", "in eval mode"), scene.ids)


def _faulty(scene: Scene, call: int) -> None:
    """The model's last layer raises at that call and all later ones."""
    calls = iter(range(10**6))

    def fail(module: object, inputs: tuple[Tensor, ...]) -> None:
        if next(calls) >= call:
            raise Fault("the model raised")

    layers = [module for module in scene.module.modules() if isinstance(module, nn.Linear)]
    layers[-1].register_forward_pre_hook(fail)


def _comes_from(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, Fault):
            return True
        error = error.__cause__ or error.__context__
    return False
