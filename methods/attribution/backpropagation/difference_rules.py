"""DeepLIFT: which rule each torch operation has."""

from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor

from whybench.errors import Unsupported
from whybench.methods.attribution.backpropagation import compound, rescale
from whybench.methods.attribution.backpropagation.calls import Call
from whybench.methods.attribution.backpropagation.operations import CONVOLUTIONS, COPIES, DROPOUTS, MAX_POOLS, SUMS
from whybench.methods.attribution.backpropagation.rescale import Rule


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


CONSTANT = _names(
    "all any argmax argmin bool detach empty_like eq full_like ge gt isfinite isinf isnan item le lt ne new_empty "
    "new_full new_ones new_tensor new_zeros ones_like zeros_like"
)
"""Operations that carry no gradient: what they give has to be the same at the input and at the baseline."""

AFFINE = (
    _names(
        "add constant_pad_nd cumsum diff fold gather interpolate masked_fill neg pad rsub sub take_along_dim tril triu "
        "unfold upsample where"
    )
    | COPIES
    | SUMS
    | DROPOUTS
)
"""Operations that are affine in all of their input-dependent arguments together: their gradient is exact."""

BILINEAR = CONVOLUTIONS | _names(
    "addbmm addcmul addmm baddbmm bilinear bmm conv_transpose1d conv_transpose2d conv_transpose3d dot einsum linear "
    "matmul mm mul multiply mv outer"
)
"""Operations of at most two factors: affine while one of them is constant, else products."""

ELEMENTWISE = _names(
    "_threshold abs arctan atan celu clamp clamp_max clamp_min clip cos elu erf exp expm1 gelu hardshrink hardsigmoid "
    "hardswish hardtanh leaky_relu log log1p log_sigmoid logsigmoid mish pow prelu rdiv reciprocal relu relu6 rpow "
    "rrelu rsqrt selu sigmoid silu sin softplus softshrink softsign sqrt square tanh tanhshrink threshold"
)
"""Functions of single numbers."""

RULES: Mapping[str, Rule] = {
    **dict.fromkeys(ELEMENTWISE, rescale.elementwise),
    **dict.fromkeys(BILINEAR, rescale.product),
    **dict.fromkeys(("div", "divide", "true_divide"), rescale.division),
    **dict.fromkeys(MAX_POOLS | {f"{name}_with_indices" for name in MAX_POOLS}, rescale.max_pool),
    **dict.fromkeys(("amax", "max", "maximum"), rescale.maximum),
    **dict.fromkeys(("amin", "min", "minimum"), rescale.minimum),
    **{
        name: getattr(compound, name)
        for name in ("softmax", "log_softmax", "logsumexp", "layer_norm", "rms_norm", "group_norm", "instance_norm")
    },
}


def lifted(call: Call, before: Sequence[Tensor]) -> Any:
    """The call's result, with a backward pass of multipliers; `before`: its dependent arguments at the baseline.

    Raises Unsupported, with the operation's name, where there is no rule.
    """
    if _exact(call):
        return call.result()
    if call.name not in RULES or (call.name == "einsum" and len(before) > 2):
        raise Unsupported(f"DeepLIFT has no rule for {call.name!r}")
    return RULES[call.name](call, before)


def _exact(call: Call) -> bool:
    """Whether the gradient of the call is its multiplier; raises Unsupported where it mixes samples or draws."""
    if call.name in DROPOUTS and _drops(*call.args, **call.kwargs):
        raise Unsupported(f"{call.name!r} drops values at random although the model is in eval mode")
    if call.name == "batch_norm":
        return _by_running_statistics(*call.args, **call.kwargs)
    if call.name in BILINEAR:
        return len(call.dependent) == 1
    if call.name in ("div", "divide", "true_divide"):
        return _divides_by_constant(*call.args, **call.kwargs)
    return call.name in CONSTANT or call.name in AFFINE


def _drops(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> bool:
    return training


def _by_running_statistics(
    input: Tensor,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> bool:
    if training or running_mean is None or running_var is None:
        raise Unsupported("'batch_norm' normalises by the batch at hand, which mixes samples")
    return True


def _divides_by_constant(input: Any, other: Any, *, rounding_mode: str | None = None) -> bool:
    if rounding_mode is not None:
        raise Unsupported("DeepLIFT has no rule for division with rounding ('div')")
    if _depends(other) and not _depends(input):
        raise Unsupported("DeepLIFT has no rule for a constant tensor divided by an input-dependent one ('div')")
    return not _depends(other)


def _depends(leaf: Any) -> bool:
    return isinstance(leaf, Tensor) and leaf.requires_grad
