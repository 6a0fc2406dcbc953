"""ROAR: a slow retraining loop, planted columns, its laws, and the faults of others that ours must not have."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

import whybench
from whybench.cases import open_case
from whybench.domains import ImageDomain, TabularDomain
from whybench.errors import BadInput, BadParameter, Unsupported
from whybench.meter import Meter
from whybench.methods.attribution import Constant, Gradient, Random, SmoothGrad
from whybench.metrics.attribution import Roar
from whybench.passes import Passes
from whybench.protocols import AttributionMethod, Case, Dataset, Model, Query, Retraining
from whybench.protocols.asking import sample_ids
from whybench.runner import run
from whybench.store import Store
from whybench.streams import Streams
from whybench.suite import Suite, block

F64 = torch.float64
DOMAIN = ImageDomain(mean=torch.tensor([0.3, -0.2], dtype=F64)[:, None, None])
SHAPE, PIXELS = (2, 3, 4), 12
SMALL = Roar(percentages=(10, 45, 90))


def drawn(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=F64)


IMAGES, SAMPLES = drawn(24, *SHAPE), drawn(5, *SHAPE, seed=1)


def classes(images: Tensor) -> Tensor:
    return images.flatten(1)[:, [0, 7, 15]].argmax(1)


def network() -> nn.Sequential:
    with torch.random.fork_rng(devices=[]):
        return nn.Sequential(nn.Flatten(), nn.Linear(24, 8), nn.Tanh(), nn.Linear(8, 3)).double().eval()


def fitted(inputs: Tensor, labels: Tensor, seed: int) -> Mapping[str, Tensor]:
    """Full-batch gradient descent in float64 from weights of the seed."""
    net, generator = network(), torch.Generator().manual_seed(seed)
    for parameter in net.parameters():
        parameter.data = torch.randn(parameter.shape, generator=generator, dtype=F64) / 3
    for _ in range(12):
        gradients = torch.autograd.grad(F.cross_entropy(net(inputs), labels), list(net.parameters()))
        for parameter, gradient in zip(net.parameters(), gradients, strict=True):
            parameter.data -= 0.5 * gradient
    return net.state_dict()


@dataclass(frozen=True)
class Rounded(AttributionMethod):
    """The input, times a factor, in steps of a half: most pixels share their value with another one."""

    name: ClassVar[str] = "rounded"
    reference: ClassVar[str] = ""

    factor: float = 1.0

    def relevance(self, query: Query) -> Tensor:
        return self.factor * (2 * query.inputs).round()


@dataclass(frozen=True)
class TieOrder(AttributionMethod):
    """The order in which a constant map's features are removed, as a map without ties."""

    name: ClassVar[str] = "tie_order"
    reference: ClassVar[str] = ""

    def relevance(self, query: Query) -> Tensor:
        orders = torch.stack([query.streams.permutation("sweep/ties", i, 0, PIXELS) for i in query.ids])
        return -orders.argsort(1).to(query.inputs).view(-1, 1, 3, 4)


@dataclass(frozen=True)
class Columns(AttributionMethod):
    """One and the same relevance of columns for every sample, or one a target."""

    name: ClassVar[str] = "columns"
    reference: ClassVar[str] = ""

    relevances: tuple[tuple[float, ...], ...]

    def relevance(self, query: Query) -> Tensor:
        return torch.tensor(self.relevances).to(query.inputs)[query.targets % len(self.relevances)]


@dataclass(frozen=True)
class RaisesOnTraining(Gradient):
    """The gradient of samples, an error for training inputs."""

    name: ClassVar[str] = "raises_on_training"

    def relevance(self, query: Query) -> Tensor:
        if query.ids[0].startswith("training"):
            raise ValueError("no idea")
        return super().relevance(query)


@dataclass(frozen=True)
class Seen:
    """A trainer that remembers what it was given."""

    train: Callable[[Tensor, Tensor, int], Mapping[str, Tensor]]
    calls: list[tuple[Tensor, Tensor, int]] = field(default_factory=list)

    def __call__(self, inputs: Tensor, labels: Tensor, seed: int) -> Mapping[str, Tensor]:
        self.calls.append((inputs.clone(), labels.clone(), seed))
        return self.train(inputs, labels, seed)


def unused(labels: Tensor, effort: int) -> Mapping[str, Tensor]:
    raise AssertionError("roar asks for training on inputs")


def pictured(train: Any = fitted) -> Model:
    net = network()
    net.load_state_dict(fitted(IMAGES, classes(IMAGES), 0))
    retraining = Retraining(IMAGES, classes(IMAGES), unused, train)
    return Model("pictured", net, DOMAIN, retraining=retraining)


def opened(
    method: AttributionMethod, samples: tuple[int, ...] = (0, 1, 2, 3, 4), rows: int = 64, train: Any = fitted
) -> Case[Any]:
    chosen, model = list(samples), pictured(train)
    inputs = SAMPLES[chosen]
    ids = tuple(sample_ids(5)[i] for i in chosen)
    targets, labels = model.module(inputs).argmax(1), classes(inputs)
    return open_case(method, model, inputs, targets, ids=ids, labels=labels, seed=3, rows=rows)


def degraded(images: Tensor, maps: Tensor, ids: tuple[str, ...], percentage: int, order: str, repeat: int) -> Tensor:
    """Image by image and pixel by pixel."""
    out = images.clone()
    for i, name in enumerate(ids):
        relevance = [float(maps[i, p // 4, p % 4]) for p in range(PIXELS)]
        ties = Streams(3).permutation("sweep/ties", name, 0, PIXELS).tolist()
        ties = ties[::-1] if repeat % 2 else ties
        sign = -1 if order == "morf" else 1
        sequence = sorted(range(PIXELS), key=lambda p: (sign * relevance[p], ties.index(p)))
        for p in sequence[: int(PIXELS * percentage / 100)]:
            for channel in range(2):
                out[i, channel, p // 4, p % 4] = DOMAIN.mean[channel, 0, 0]
    return out


def gradients(net: nn.Module, images: Tensor) -> Tensor:
    maps = []
    for image in images:
        leaf = image[None].clone().requires_grad_()
        logits = net(leaf)[0]
        maps.append(torch.autograd.grad(logits[logits.argmax()], leaf)[0][0])
    return torch.stack(maps)


@pytest.mark.parametrize("output", ["accuracy", "probability"])
@pytest.mark.parametrize("order", ["morf", "lerf"])
@pytest.mark.parametrize("method", [Gradient(), Rounded()], ids=["gradient", "ties"])
def test_the_definition(method: AttributionMethod, order: str, output: str) -> None:
    case = opened(method)

    def maps(images: Tensor) -> Tensor:
        if method.name == "gradient":  # a sensitivity: the norm over channels
            return gradients(case.model.module, images).square().sum(1).sqrt()
        return (2 * images).round().sum(1)

    names = tuple(f"training {i}" for i in range(24))
    expected = torch.zeros(5, 4, 2, dtype=F64)
    for j, percentage in enumerate((0, 10, 45, 90)):
        for repeat in range(2):
            seed = int(torch.randint(2**31, (), generator=Streams(3).generator("retraining", "", repeat)))
            taught = degraded(IMAGES, maps(IMAGES), names, percentage, order, repeat)
            net = network()
            net.load_state_dict(fitted(taught, classes(IMAGES), seed))
            asked = degraded(SAMPLES, maps(SAMPLES), case.ids, percentage, order, repeat)
            for i in range(5):
                logits, label = net(asked[i : i + 1])[0], int(classes(SAMPLES)[i])
                right = float(logits.argmax() == label)
                expected[i, j, repeat] = right if output == "accuracy" else float(logits.softmax(0)[label].detach())
    scores = replace(SMALL, order=order, output=output).score(case)
    torch.testing.assert_close(scores.values, expected[:, 1:].mean((1, 2)), rtol=0, atol=1e-9)
    for j, percentage in enumerate((0, 10, 45, 90)):
        detail = scores.details[f"removed {percentage} %"]
        torch.testing.assert_close(detail, expected[:, j].mean(1), rtol=0, atol=1e-9)
    for repeat in range(2):
        detail = scores.details[f"repeat {repeat}"]
        torch.testing.assert_close(detail, expected[:, 1:, repeat].mean(1), rtol=0, atol=1e-9)
    assert scores.curves is not None
    torch.testing.assert_close(scores.curves.y, expected.mean(2), rtol=0, atol=1e-9)
    assert scores.curves.x.tolist() == [[0.0, 1 / 12, 5 / 12, 10 / 12]] * 5


def test_every_training_loses_the_same_number_of_whole_pixels_to_the_datas_mean() -> None:
    """Not one ranking over all samples, no mean of what is left, no channel ranked apart, and training inputs too."""
    seen = Seen(fitted)
    SMALL.score(opened(Rounded(), train=seen))
    assert len(seen.calls) == 2 + 3 * 2
    removed = []
    for inputs, labels, _ in seen.calls:
        assert torch.equal(labels, classes(IMAGES))
        gone = inputs != IMAGES
        assert torch.equal(inputs, torch.where(gone, DOMAIN.mean, IMAGES))
        assert torch.equal(gone[:, 0], gone[:, 1])
        removed.append(gone[:, 0].flatten(1).sum(1).tolist())
    assert removed == [[k] * 24 for k in (0, 0, 1, 1, 5, 5, 10, 10)]
    first, second = ({seed for _, _, seed in seen.calls[repeat::2]} for repeat in range(2))
    assert len(first) == len(second) == 1
    assert first != second


# Planted columns: the label is the sign of a column; a trainer that finds the one column that tells most.

CONTROL = 10
SIGNS = torch.tensor([1.0, -1.0] * 6, dtype=F64)


class OneColumn(nn.Module):
    """Logits 0 and w . x: class 0 where nothing is known."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(CONTROL, dtype=F64))

    def forward(self, x: Tensor) -> Tensor:
        return torch.stack([torch.zeros_like(x[:, 0]), x @ self.weight], 1)


def best_column(inputs: Tensor, labels: Tensor, seed: int) -> Mapping[str, Tensor]:
    telling = ((2.0 * labels - 1)[:, None] * (inputs - inputs.mean(0))).sum(0)
    column = int(telling.abs().argmax())
    weight = torch.zeros(CONTROL, dtype=F64)
    weight[column] = telling[column].sign()
    return {"weight": weight}


def planted(method: AttributionMethod, table: Tensor, train: Any = best_column) -> Case[Any]:
    labels = (SIGNS > 0).long()
    module = OneColumn()
    module.load_state_dict(train(table, labels, 0))
    retraining = Retraining(table, labels, unused, train)
    model = Model("planted", module, TabularDomain(), retraining=retraining)
    ids = sample_ids(12)
    return open_case(method, model, table, module(table).argmax(1), ids=ids, labels=labels, rows=5)


def one_hot(column: int, height: float = 1.0) -> tuple[float, ...]:
    return tuple(height * (i == column) for i in range(CONTROL))


def telling(**columns: float) -> Tensor:
    """Columns by place, `c0=2.0`, that are the label's sign times a number; zeros elsewhere."""
    table = torch.zeros(12, CONTROL, dtype=F64)
    for name, size in columns.items():
        table[:, int(name[1:])] = size * SIGNS
    return table


def test_the_oracle_comes_before_random_before_its_inverse() -> None:
    table = telling(c3=1.0)
    oracle, inverse = (Roar().score(planted(Columns((one_hot(3, height),)), table)).values for height in (1, -1))
    assert oracle.tolist() == [0.0, 1.0] * 6  # nothing is known: class 0, which is every second label
    assert inverse.tolist() == [1.0] * 12
    case = planted(Random(), table)
    place = (case.explanation.relevance > case.explanation.relevance[:, 3:4]).sum(1)
    kept = torch.stack([place >= removed for removed in (1, 3, 5, 7, 9)], 1).double()
    random = Roar().score(case).values
    torch.testing.assert_close(random, torch.where(SIGNS < 0, torch.ones(12, dtype=F64), kept.mean(1)))
    assert oracle.mean() == 0.5 < random.mean() < 1 == inverse.mean()
    assert not Roar().higher_is_better
    assert Roar(order="lerf").higher_is_better
    keep = [Roar(order="lerf").score(planted(Columns((one_hot(3, height),)), table)).values for height in (1, -1)]
    assert (keep[0].mean(), keep[1].mean()) == (1.0, 0.5)
    assert Roar.range == (0.0, 1.0)


def test_training_inputs_are_degraded_too() -> None:
    """A second column tells as much; only a model that learned without the first one has to turn to it."""
    table = telling(c0=2.0, c1=1.0)
    case = planted(Columns((one_hot(0),)), table)
    assert Roar(percentages=(10,)).score(case).values.tolist() == [1.0] * 12

    def not_degraded(inputs: Tensor, labels: Tensor, seed: int) -> Mapping[str, Tensor]:
        return best_column(table, labels, seed)

    assert Roar(percentages=(10,)).score(planted(Columns((one_hot(0),)), table, not_degraded)).values.mean() == 0.5
    both = planted(Columns((tuple(map(sum, zip(one_hot(0), one_hot(1), strict=True))),)), table)
    assert Roar(percentages=(20,)).score(both).values.mean() == 0.5


def test_places_that_depend_on_the_class_leak_it_and_are_found_out() -> None:
    """The documented limit: all evidence is gone at 20 %, but which other column went with it tells the class."""
    table = telling(c0=1.0)
    table[:, 1:3] = 0.1
    spelling = tuple(tuple(2.0 * (i == 0) + 1.0 * (i == 1 + target) for i in range(CONTROL)) for target in range(2))
    for relevances, right in ((spelling, 1.0), (spelling[:1], 0.5)):
        scores = Roar(percentages=(20,), places=True).score(planted(Columns(relevances), table))
        assert (scores.values.mean(), scores.details["places 20 %"].mean()) == (right, right)
    inverse = Roar(percentages=(20,), places=True).score(planted(Columns((one_hot(0, -1.0),)), table))
    assert (inverse.values.mean(), inverse.details["places 20 %"].mean()) == (1.0, 7 / 12)  # which is chance


def test_places_are_ones_and_zeros_and_change_no_score() -> None:
    seen = Seen(fitted)
    case = opened(Rounded(), train=seen)
    plain = SMALL.score(case)
    assert not any(name.startswith("places") for name in plain.details)
    degraded_inputs = [inputs for inputs, _, _ in seen.calls[2::2]]
    scores = replace(SMALL, places=True).score(case)
    assert torch.equal(scores.values, plain.values)
    assert len(seen.calls) == 2 + 3 * 2 + 3
    for (places, _, seed), inputs in zip(seen.calls[8:], degraded_inputs, strict=True):
        assert torch.equal(places, (inputs == IMAGES).double())
        assert seed == seen.calls[0][2]


def test_scale_and_growing_transforms_change_nothing() -> None:
    plain = SMALL.score(opened(Rounded())).values
    assert torch.equal(SMALL.score(opened(Rounded(1024.0))).values, plain)
    assert torch.equal(SMALL.score(opened(Rounded(1 / 1024))).values, plain)


def test_keep_and_retrain_is_roar_of_the_reversed_map() -> None:
    for output in ("accuracy", "probability"):
        roar = replace(SMALL, output=output)
        for method in (Rounded(), Rounded(-1.0)):
            keep = replace(roar, order="lerf").score(opened(method)).values
            assert torch.equal(keep, roar.score(opened(Rounded(-method.factor))).values)


def test_a_constant_map_is_a_random_order_and_then_its_reverse() -> None:
    roar = replace(SMALL, output="probability")
    constant = roar.score(opened(Constant())).details
    assert torch.equal(constant["repeat 0"], roar.score(opened(TieOrder())).details["repeat 0"])
    reverse = replace(roar, order="lerf").score(opened(TieOrder())).details
    assert torch.equal(constant["repeat 1"], reverse["repeat 1"])


@pytest.mark.parametrize("method", [Gradient(), SmoothGrad(samples=3), Random(), Rounded()], ids=lambda m: m.name)
def test_batch_and_order_do_not_matter(method: AttributionMethod) -> None:
    roar = replace(SMALL, percentages=(45,), output="probability")
    together = roar.score(opened(method)).values
    swapped = roar.score(opened(method, (3, 0, 4, 2, 1), rows=2)).values
    alone = torch.cat([roar.score(opened(method, (i,))).values for i in range(5)])
    torch.testing.assert_close(swapped, together[[3, 0, 4, 2, 1]], rtol=0, atol=1e-12)
    torch.testing.assert_close(alone, together, rtol=0, atol=1e-12)


def test_training_inputs_have_draws_of_their_own() -> None:
    seen = Seen(fitted)
    case = opened(Random(), train=seen)
    Roar(percentages=(45,), repeats=1).score(case)
    masks = (seen.calls[1][0] != IMAGES)[:, 0].flatten(1)
    assert len({tuple(mask.tolist()) for mask in masks}) == 24


def test_passes() -> None:
    case, meter = opened(Gradient()), Meter()
    with meter.watching(case.model.module):
        SMALL.score(case)
        assert (meter.forward, meter.backward) == (24 + 24 + 5 * 3 * 2 + 5 * 2, 24)
        replace(SMALL, output="probability").score(case)
        assert (meter.forward, meter.backward) == (88, 24)
        replace(SMALL, order="lerf").score(case)
        assert (meter.forward, meter.backward) == (88 + 5 * 3 * 2, 24)
        replace(SMALL, percentages=(10, 20), repeats=3).score(case)
        assert (meter.forward, meter.backward) == (118 + 5 * (1 + 3) + 5, 24)


def bench(train: Any, inputs: Tensor = IMAGES) -> tuple[Model, Dataset]:
    model = pictured(train)
    model = replace(model, retraining=Retraining(inputs, classes(IMAGES), unused, train))
    samples = [sample.numpy() for sample in SAMPLES]
    return model, Dataset("pictures", samples, sample_ids(5), classes(SAMPLES))


def test_clean_trainings_are_shared_and_all_are_stored_under_the_training_data() -> None:
    store, seen = Store.memory(), Seen(fitted)
    suite = Suite("roar", (block(*bench(seen), ["gradient", "random"], [SMALL]),), 0)
    run(suite, store)
    assert len(seen.calls) == 2 + 2 * 3 * 2
    run(suite, store)
    assert len(seen.calls) == 14
    wider = replace(SMALL, output="probability")
    run(Suite("roar", (block(*bench(seen), ["gradient", "random"], [wider]),), 0), store)
    assert len(seen.calls) == 14
    run(Suite("roar", (block(*bench(seen, IMAGES + 1), ["gradient", "random"], [SMALL]),), 0), store)
    assert len(seen.calls) == 28
    assert {record.status for record in store.records()} == {"ok"}


def test_the_passes_that_are_needed_are_those_that_are_done() -> None:
    store = Store.memory()
    run(Suite("roar", (block(*bench(fitted), ["gradient"], [SMALL]),), 0), store)
    (record,) = store.records()
    assert record.needed is not None
    needed = Passes(round(record.needed.forward), round(record.needed.backward))
    done = (record.own.forward + record.shared.forward, record.own.backward + record.shared.backward)
    assert needed == Passes(*done) == Passes(24 + 24 + 5 * 3 * 2 + 5 * 2, 24)


def untouched(case: Case[Any], error: type[Exception], message: str) -> None:
    module = case.model.module
    before = {name: tensor.clone() for name, tensor in module.state_dict().items()}
    kept, state = IMAGES.clone(), torch.get_rng_state()
    module.train()
    with pytest.raises(error, match=message):
        SMALL.score(case)
    assert all(torch.equal(before[name], tensor) for name, tensor in module.state_dict().items())
    assert all(part.training for part in module.modules())
    assert all(p.requires_grad and p.grad is None for p in module.parameters())
    assert not any(part._forward_hooks or part._forward_pre_hooks for part in module.modules())
    assert torch.equal(state, torch.get_rng_state())
    assert torch.equal(kept, IMAGES)


def test_an_untouched_model_also_when_something_raises() -> None:
    def interrupted(inputs: Tensor, labels: Tensor, seed: int) -> Mapping[str, Tensor]:
        raise RuntimeError("interrupted")

    def exploded(inputs: Tensor, labels: Tensor, seed: int) -> Mapping[str, Tensor]:
        return {name: tensor * torch.nan for name, tensor in fitted(inputs, labels, seed).items()}

    untouched(opened(Gradient(), train=interrupted), RuntimeError, "interrupted")
    untouched(opened(Gradient(), train=exploded), BadInput, "returned NaN or infinity")
    untouched(opened(RaisesOnTraining()), ValueError, "no idea")


def test_a_trainer_cannot_change_the_models_own_data() -> None:
    def scribbling(inputs: Tensor, labels: Tensor, seed: int) -> Mapping[str, Tensor]:
        found = fitted(inputs, labels, seed)
        inputs.zero_()
        labels.zero_()
        return found

    kept = IMAGES.clone()
    expected = SMALL.score(opened(Gradient())).values
    assert torch.equal(SMALL.score(opened(Gradient(), train=scribbling)).values, expected)
    assert torch.equal(kept, IMAGES)


def test_what_is_unsupported() -> None:
    board = whybench.evaluate(network(), SAMPLES, torch.zeros(5).long(), methods=["gradient"], metrics=["roar"])
    assert set(board.scores["reason"]) == {"roar needs retraining, which model 'model' does not give"}
    for retraining, message in (
        (None, "nothing says how model 'pictured' can be trained again$"),
        (Retraining(IMAGES, classes(IMAGES), unused), "can be trained again on other inputs"),
    ):
        case = opened(Gradient())
        model = replace(case.model, retraining=retraining)
        with pytest.raises(Unsupported, match=message):
            SMALL.score(open_case(Gradient(), model, case.inputs, case.targets, ids=case.ids))
    with pytest.raises(Unsupported, match=r"labels of torch\.float64 are no classes"):
        SMALL.score(open_case(Gradient(), pictured(), SAMPLES, classes(SAMPLES), ids=sample_ids(5), labels=drawn(5)))


def test_maps_that_were_computed_elsewhere_are_unsupported() -> None:
    board = whybench.evaluate(
        pictured(), SAMPLES, classes(SAMPLES), methods={"mine": torch.ones_like(SAMPLES)}, metrics=[SMALL]
    )
    assert set(board.scores["reason"]) == {"precomputed relevance cannot be asked for other samples"}


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"order": "up"}, "roar: order='up'; allowed: morf, lerf"),
        ({"output": "logit"}, "roar: output='logit'; allowed: accuracy, probability"),
        ({"percentages": ()}, r"roar: percentages=\(\); whole numbers"),
        ({"percentages": (10.5, 30)}, r"roar: percentages=\(10\.5, 30\); whole numbers"),
        ({"percentages": 30}, "roar: percentages=30; whole numbers"),
        ({"percentages": (30, 10)}, r"roar: percentages=\(30, 10\); whole numbers"),
        ({"percentages": (0, 10)}, r"roar: percentages=\(0, 10\); whole numbers"),
        ({"percentages": (10, 101)}, r"roar: percentages=\(10, 101\); whole numbers"),
        ({"repeats": 0}, "roar: repeats=0; at least 1"),
        ({"places": 1}, "roar: places=1; True or False"),
    ],
)
def test_bad_parameters(parameters: dict[str, Any], message: str) -> None:
    with pytest.raises(BadParameter, match=message):
        Roar(**parameters)
