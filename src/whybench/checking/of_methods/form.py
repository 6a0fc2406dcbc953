"""C1 and C2: the shape, device and type of a map."""

import torch
from torch import Tensor

from whybench.checking.clause import Broken, clause, insist
from whybench.checking.trial import Trial, distance
from whybench.checking.zoo import ZOO
from whybench.errors import BadExplanation, Unsupported, WhybenchError

EVERY = tuple(ZOO)
FEW = ("mlp", "cnn")
HALVES = (torch.float16, torch.bfloat16)


@clause(
    1,
    "method",
    "shape and device",
    "A map has the shape of the inputs, or (n, 1, height, width), as is declared, and lies on their device.",
    "return one row a sample, in the inputs' order, shaped like the inputs or with one channel for all",
    EVERY,
)
def shape_and_device(trial: Trial) -> None:
    scene = trial.scene()
    found, shape = trial.ask(scene), tuple(scene.inputs.shape)
    one = (shape[0], 1, *shape[2:]) if len(shape) == 4 else shape
    method = trial.method
    allowed = {shape, one} if method is None else {one if method.grid == "spatial" else shape}
    named = " or ".join(map(str, sorted(allowed)))
    insist(tuple(found.shape) in allowed, f"shape {tuple(found.shape)} for inputs {shape}; expected {named}")
    insist(found.device == scene.inputs.device, f"on {found.device} for inputs on {scene.inputs.device}")
    insist(not found.requires_grad, "the map still hangs on a graph")


@clause(
    2,
    "method",
    "type",
    "Inputs in float64 give maps in float64; in float32 they give floats, which lie within 1e-4 of those in float64. "
    "Where the model runs in float16 or bfloat16, they give finite floats, on a small network within half of the "
    "largest value, or an error that names the type or the overflow.",
    "make what is computed on the way of the inputs' own type, x.new_zeros(...) in place of torch.zeros(...), and "
    "sums, squares and norms of half precision in float32",
    FEW,
)
def dtypes(trial: Trial) -> None:
    try:
        exact = trial.ask(trial.scene(torch.float64))
    except Unsupported:
        raise
    except Exception as error:
        raise Broken(f"float64 inputs raise {type(error).__name__}: {str(error)[:200]}") from error
    insist(exact.dtype == torch.float64, f"{exact.dtype} for inputs in torch.float64")
    rough = trial.ask(trial.scene(torch.float32))
    insist(rough.is_floating_point() and rough.dtype.itemsize >= 4, f"{rough.dtype} for inputs in torch.float32")
    insist(rough.shape == exact.shape, f"shape {tuple(rough.shape)} in float32, {tuple(exact.shape)} in float64")
    if trial.explainer.stochastic is False:
        apart = distance(rough.double(), exact)
        insist(apart <= 1e-4, f"float32 and float64 lie apart by {apart:.2g} of the largest value")
    for dtype in HALVES:
        _half(trial, exact, dtype)


def _half(trial: Trial, exact: Tensor, dtype: torch.dtype) -> None:
    scene = trial.scene(dtype)
    try:
        scene.module(scene.inputs.clone())
    except RuntimeError:
        return  # the model does not run in it
    try:
        found = trial.ask(scene)
    except BadExplanation:
        return  # what overflows is told to
    except Exception as error:
        if _refuses(error):
            return
        raise Broken(f"{dtype} inputs raise {type(error).__name__}: {str(error)[:200]}") from error
    insist(found.is_floating_point(), f"{found.dtype} for inputs in {dtype}")
    insist(found.shape == exact.shape, f"shape {tuple(found.shape)} in {dtype}, {tuple(exact.shape)} in float64")
    bad = int((~torch.isfinite(found)).sum())
    insist(bad == 0, f"inputs in {dtype} give {bad} values that are not finite")
    if trial.explainer.stochastic is False and trial.name == "mlp":
        apart = distance(found.double(), exact)
        insist(apart <= 0.5, f"{dtype} and float64 lie apart by {apart:.2g} of the largest value")


def _refuses(error: Exception) -> bool:
    """Whether an error says that a type is not taken."""
    told = str(error).lower()
    meant = isinstance(error, WhybenchError | TypeError | ValueError | NotImplementedError)
    meant |= "not implemented for" in told  # what torch raised as a RuntimeError up to 2.4
    return meant and any(name in told for name in ("float16", "half"))
