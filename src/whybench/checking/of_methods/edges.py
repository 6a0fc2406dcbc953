"""C15, C16 and C18: inputs at the edge of what there is."""

import torch
from torch import Tensor, nn

from whybench.checking.clause import Broken, Inapplicable, clause, insist
from whybench.checking.networks import filled
from whybench.checking.of_methods.form import FEW
from whybench.checking.trial import Trial, insist_same
from whybench.checking.zoo import HIGH, Scene
from whybench.domains import ImageDomain
from whybench.errors import Unsupported
from whybench.protocols import Model, Training


@clause(
    15,
    "method",
    "degenerate input",
    "Zero and constant inputs, a single sample, one pixel, one, three or four channels and images that are not square "
    "give finite maps of the right shape.",
    "guard divisions by a norm, a range or a sum that may be 0, and take height before width",
    FEW,
)
def degenerate(trial: Trial) -> None:
    for name, scene in _scenes(trial):
        try:
            found = trial.ask(scene)
        except Unsupported as reason:
            if scene.name in FEW:
                raise
            del reason  # a network of the clause's own that this method does not take
            continue
        except Exception as error:
            if scene.name not in FEW and _refuses(trial):
                continue
            raise Broken(f"{name}: raises {type(error).__name__}: {str(error)[:200]}") from error
        insist(len(found) == len(scene.ids), f"{name}: {len(found)} maps for {len(scene.ids)} samples")
        wanted = tuple(scene.inputs.shape[2:])
        insist(tuple(found.shape[2:]) == wanted, f"{name}: a map of {tuple(found.shape[2:])} for inputs of {wanted}")
        insist(bool(torch.isfinite(found).all()), f"{name}: {int((~torch.isfinite(found)).sum())} values not finite")


def _scenes(trial: Trial) -> list[tuple[str, Scene]]:
    plain = trial.scene()
    found = [
        ("zero inputs", plain.of(torch.zeros_like(plain.inputs))),
        ("constant inputs", plain.of(torch.full_like(plain.inputs, 0.5))),
        ("one zero among others", plain.of(torch.cat([torch.zeros_like(plain.inputs[:1]), plain.inputs[1:]]))),
        ("a single sample", plain.rows([1])),
    ]
    if plain.inputs.ndim == 4:
        found += [(f"{c} channels, {h} x {w}", _pooled(c, h, w)) for c, h, w in ((1, 1, 1), (3, 5, 3), (4, 3, 5))]
    return found


def _refuses(trial: Trial) -> bool:
    """Whether that network is not taken with an ordinary image either, in whatever words."""
    try:
        trial.ask(_pooled(2, 6, 6))
    except Exception:
        return True
    return False


def _pooled(channels: int, height: int, width: int) -> Scene:
    """A network that takes images of any size."""
    layers = nn.Conv2d(channels, 2, 1), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(2, 3)
    inputs = torch.linspace(-1, 1, 2 * channels * height * width, dtype=torch.float64)
    inputs = inputs.view(2, channels, height, width)
    training = Training(torch.cat([inputs] * 3).flip(0), torch.arange(6) % 3)
    domain = ImageDomain(low=-HIGH, high=HIGH)
    model = Model("pooled", filled(nn.Sequential(*layers)), domain, layers={"cam": "0"}, training=training)
    return Scene("pooled", model, inputs, torch.tensor([0, 2]), ("ant", "bee"))


@clause(
    16,
    "method",
    "NaN and infinity",
    "A sample that is not finite is refused, or has NaN in its map: it never gets an answer that looks like one.",
    "raise where torch.isfinite(inputs).all() is False",
    FEW,
)
def not_finite(trial: Trial) -> None:
    for value in (torch.nan, torch.inf):
        scene = trial.scene()
        scene.inputs[1].view(-1)[0] = value
        try:
            found = trial.explainer.attribute(scene)
        except Unsupported:
            raise
        except Exception:
            continue
        finite = bool(torch.isfinite(found[1]).all())
        shown = ", ".join(f"{v:.4g}" for v in found[1].flatten()[:3].tolist())
        insist(not finite or trial.explainer.control, f"an input with {value} has the finite map {shown}, ...")


@clause(
    18,
    "method",
    "ties",
    "Two columns that the model treats alike have their relevance exchanged when their values are.",
    "break ties by value, or by the sample's own stream: not by position",
    ("mlp",),
)
def symmetry(trial: Trial) -> None:
    if trial.explainer.stochastic is not False:
        raise Inapplicable("what it draws, or may draw, belongs to a place")
    if trial.explainer.control:
        raise Inapplicable("a control may look at places")
    scene = _alike(trial.scene())
    turned = _alike(trial.scene())
    inputs = scene.inputs.clone()
    inputs[:, [0, 1]] = inputs[:, [1, 0]]
    wanted = _swapped(trial.ask(scene))
    insist_same(trial.ask(turned.of(inputs)), wanted, 1e-9, ("with the columns exchanged", "expected"), scene.ids)


def _alike(scene: Scene) -> Scene:
    """The first two columns have the same weights, here and in the training data."""
    first = scene.module.get_submodule("0")
    assert isinstance(first, nn.Linear)
    first.weight.data[:, 1] = first.weight.data[:, 0]
    training = scene.model.training
    if training is not None:
        training.inputs[:, 1] = training.inputs[:, 0]
    return scene


def _swapped(maps: Tensor) -> Tensor:
    return maps[:, [1, 0, *range(2, maps.shape[1])]]
