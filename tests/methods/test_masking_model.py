"""The masking model: its loss and training by definition, its laws, and a planted pattern."""

import math
from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from whybench.cases import ask, open_case, prepare
from whybench.domains import ImageDomain
from whybench.domains.blur import blur
from whybench.errors import BadInput, BadParameter, Unsupported
from whybench.methods.attribution import MaskingModel, masking_model
from whybench.methods.attribution.masks.masking_network import MaskingNetwork
from whybench.protocols import Model, Training
from whybench.streams import Streams

DOUBLE = torch.float64


def slow_loss(method, module, image, target, mask, fill, present):
    """One image, one pixel at a time."""
    height, width = mask.shape
    area = sum(mask[y, x] for y in range(height) for x in range(width)) / (height * width)
    down = sum((mask[y + 1, x] - mask[y, x]) ** 2 for y in range(height - 1) for x in range(width))
    beside = sum((mask[y, x + 1] - mask[y, x]) ** 2 for y in range(height) for x in range(width - 1))
    rough = down / ((height - 1) * width) + beside / (height * (width - 1))
    total = method.area * area + method.variation * rough
    if not present:
        return total
    kept, hidden = (image.clone() for _ in range(2))
    for y in range(height):
        for x in range(width):
            kept[:, y, x] = mask[y, x] * image[:, y, x] + (1 - mask[y, x]) * fill[:, y, x]
            hidden[:, y, x] = (1 - mask[y, x]) * image[:, y, x] + mask[y, x] * fill[:, y, x]
    chance = [module(rows[None])[0].softmax(0)[target] for rows in (kept, hidden)]
    return total - torch.log(chance[0]) + method.destroyed * chance[1] ** method.power


def drawn(images, targets, seed=3):
    generator = torch.Generator().manual_seed(seed)
    masks = torch.rand(len(images), *images.shape[2:], generator=generator, dtype=DOUBLE)
    fills = torch.randn(images.shape, generator=generator, dtype=DOUBLE)
    return masks, fills, torch.tensor([True, False, True, True, False])


def test_loss_and_gradient_equal_the_definition(cnn, images, targets, open_query):
    method = MaskingModel(area=1.7, variation=0.6, destroyed=2.3, power=0.4)
    masks, fills, present = drawn(images, targets)
    masks.requires_grad_()
    ours = method.loss(open_query(cnn, images, targets), masks, fills, present)
    expected = torch.stack(
        [slow_loss(method, cnn, *row) for row in zip(images, targets, masks, fills, present, strict=True)]
    )
    assert (ours - expected).abs().max() <= 1e-12
    slopes = [torch.autograd.grad(loss.sum(), masks, retain_graph=True)[0] for loss in (ours, expected)]
    assert (slopes[0] - slopes[1]).abs().max() <= 1e-12


def test_absent_classes_alone_take_no_pass(cnn, images, targets, open_query):
    asked = open_query(cnn, images, targets)
    masks, fills, present = drawn(images, targets)
    cnn.register_forward_hook(lambda *_: pytest.fail("a pass"))
    assert MaskingModel().loss(asked, masks, fills, present & False).shape == (5,)


def convolved(layer, image):
    wide, (height, width) = F.pad(image, (1, 1, 1, 1)), image.shape[1:]
    rows = [
        [(layer.weight * wide[:, y : y + 3, x : x + 3]).sum((1, 2, 3)) + layer.bias for x in range(width)]
        for y in range(height)
    ]
    return torch.stack([torch.stack(row, 1) for row in rows], 1)


def halved(image):
    _, height, width = image.shape
    rows = [[image[:, y : y + 2, x : x + 2].mean((1, 2)) for x in range(0, width, 2)] for y in range(0, height, 2)]
    return torch.stack([torch.stack(row, 1) for row in rows], 1)


def test_the_network_equals_its_definition(images):
    net = MaskingNetwork(2, 3, (3, 4, 5)).double()
    net.initialise(torch.Generator().manual_seed(0))
    net.requires_grad_(False)
    image, target = images[0][:, :7, :5], 2
    first = convolved(net.enter, image).relu()
    second = convolved(net.down[0], halved(first)).relu()
    third = convolved(net.down[1], halved(second)).relu()
    evidence = [third.mean((1, 2)) @ net.classes.weight[c] for c in range(3)]
    gated = third.clone()
    for y in range(third.shape[1]):
        for x in range(third.shape[2]):
            gated[:, y, x] *= torch.sigmoid(third[:, y, x] @ net.classes.weight[target])
    for layer, level in ((net.up[1], second), (net.up[0], first)):
        wide = gated.repeat_interleave(2, 1).repeat_interleave(2, 2)[:, : level.shape[1], : level.shape[2]]
        gated = convolved(layer, torch.cat([level, wide])).relu()
    expected = 1 / (1 + torch.exp(-convolved(net.leave, gated)[0]))
    mask, found = net.with_evidence(image[None], torch.tensor([target]))
    assert (mask[0] - expected).abs().max() <= 1e-12
    assert (found[0] - torch.stack(evidence)).abs().max() <= 1e-12
    assert torch.equal(net(image[None], torch.tensor([target])), mask)


def model_of(module, training, **facts):
    return Model("net", module, ImageDomain(), training=Training(training, torch.zeros(len(training)).long()), **facts)


@pytest.fixture
def small(cnn, images):
    """A model with ten training images."""
    generator = torch.Generator().manual_seed(9)
    return model_of(cnn, torch.randn(10, 2, 8, 6, generator=generator, dtype=DOUBLE))


def slow_training(method, model, streams):
    """The training with Adam and the schedule written out."""
    images = model.training.inputs
    predicted = model.module(images).argmax(1)
    net = MaskingNetwork(2, 3, (method.width, 2 * method.width, 4 * method.width)).double()
    net.initialise(streams.generator("masking_model/weights", ""))
    order = torch.cat([streams.permutation("masking_model/order", "", epoch, len(images)) for epoch in range(2)])
    moments = {name: (torch.zeros_like(p), torch.zeros_like(p)) for name, p in net.named_parameters()}
    for step in range(method.steps):
        rows = order[step * method.batch : (step + 1) * method.batch]
        generator = streams.generator("masking_model/draws", "", step)
        absent = torch.rand(len(rows), generator=generator) < method.absent
        other = torch.randint(1, 3, (len(rows),), generator=generator)
        targets = torch.tensor(
            [(c + o) % 3 if a else c for c, o, a in zip(predicted[rows], other, absent, strict=True)]
        )
        fills = masking_model.random_fills(images[rows], images, generator)
        total = 0
        for i, row in enumerate(rows):
            mask, evidence = net.with_evidence(images[row][None], targets[i : i + 1])
            total = total + slow_loss(method, model.module, images[row], targets[i], mask[0], fills[i], not absent[i])
            for c, value in enumerate(evidence[0]):
                total = total - method.selector * F.logsigmoid(value if c == predicted[row] else -value)
        slopes = torch.autograd.grad(total / len(rows), list(net.parameters()))
        rate = method.rate * (1 + math.cos(math.pi * step / method.steps)) / 2
        with torch.no_grad():
            for (name, p), slope in zip(net.named_parameters(), slopes, strict=True):
                mean, square = moments[name]
                mean.mul_(0.9).add_(slope, alpha=0.1)
                square.mul_(0.999).add_(slope**2, alpha=0.001)
                p -= rate * mean / (1 - 0.9 ** (step + 1)) / ((square / (1 - 0.999 ** (step + 1))).sqrt() + 1e-8)
    return net.requires_grad_(False)


def test_training_and_answer_equal_the_definition(small, images, targets):
    method = MaskingModel(steps=3, batch=4, width=3, absent=0.5, rate=0.02)
    learned = prepare(method, small, Streams(4), rows=64)
    expected = slow_training(method, small, Streams(4))
    for name, value in expected.state_dict().items():
        assert (learned[name] - value).abs().max() <= 1e-9, name
    relevance = method.attribute(small, images, targets, seed=4)
    assert (relevance[:, 0] - expected(images, targets)).abs().max() <= 1e-9


def test_fills_are_a_blurred_copy_or_a_colour_with_noise(images):
    many = images[:1].expand(400, -1, -1, -1)
    training = torch.stack([images[0].clamp(-1, 1), images[1].clamp(-1, 1)])
    training[0, 0, 0, 0], training[0, 0, 0, 1] = -1, 1
    training[0, 1] = training[0, 1].clamp(0, 0.5)
    training[1, 1] = training[1, 1].clamp(0, 0.5)
    training[0, 1, 0, 0], training[0, 1, 0, 1] = 0, 0.5
    fills = masking_model.random_fills(many, training, torch.Generator().manual_seed(0))
    blurred = (fills == blur(many)).flatten(1).all(1)
    assert abs(blurred.double().mean() - 0.5) < 0.1
    plain = fills[~blurred]
    for channel, (low, high) in enumerate(((-1, 1), (0, 0.5))):
        colour, noise = plain[:, channel].mean((1, 2)), plain[:, channel].std((1, 2))
        assert abs(colour.mean() - (low + high) / 2) < 0.1 * (high - low)
        assert low - 0.1 * (high - low) < colour.min() < low + 0.1 * (high - low)
        assert noise.mean() == pytest.approx(0.055 * (high - low), rel=0.05)


def test_the_batch_plan_changes_no_bit_and_global_generators_neither(small):
    method = MaskingModel(steps=5, batch=4, width=3)
    first = prepare(method, small, Streams(0), rows=64)
    torch.manual_seed(99)
    second = prepare(method, small, Streams(0), rows=1)
    assert all(torch.equal(first[name], second[name]) for name in first)
    other = prepare(method, small, Streams(1), rows=64)
    assert not torch.equal(first["enter.weight"], other["enter.weight"])


def test_passes_are_those_of_the_definition(small, images, targets):
    method, rows = MaskingModel(steps=4, batch=5, width=3, absent=0.4), []
    handle = small.module.register_forward_hook(lambda _, inputs, output: rows.append(len(output)))
    learned = prepare(method, small, Streams(0), rows=2)
    handle.remove()
    there = [
        int((torch.rand(5, generator=Streams(0).generator("masking_model/draws", "", step)) >= 0.4).sum())
        for step in range(4)
    ]
    assert rows == [5, 5, *(count for count in there for _ in range(2) if count)]
    assert set(learned) == set(MaskingNetwork(2, 3, (3, 6, 12)).state_dict())


def test_a_randomised_model_is_learned_anew_and_the_same_one_is_not(small, images, targets, monkeypatch):
    learned, original = [], MaskingModel.prepare
    monkeypatch.setattr(MaskingModel, "prepare", lambda *a: learned.append(a[1].module) or original(*a))
    case = open_case(MaskingModel(steps=3, batch=4, width=3), small, images, targets, ids=tuple("abcde"))
    assert torch.equal(case.explain(inputs=images).relevance, case.explanation.relevance)
    assert learned == [small.module]
    other = nn.Sequential(nn.Flatten(), nn.Linear(96, 3, dtype=DOUBLE))
    randomised = case.explain(model=small.with_module(other))
    assert learned == [small.module, other]
    assert not torch.equal(randomised.relevance, case.explanation.relevance)


class Pattern(nn.Module):
    """Class 1 where a 5 x 5 chequered pattern is somewhere in the image."""

    def __init__(self):
        super().__init__()
        place = torch.arange(5)
        self.register_buffer("pattern", (1 - 2.0 * ((place[:, None] + place) % 2))[None, None])

    def forward(self, x):
        odds = 20 * (F.conv2d(x, self.pattern.to(x) / 25).amax((1, 2, 3)) - 0.3)
        return torch.stack([-odds / 2, odds / 2], 1)


def planted(count, seed):
    """Noise, every second image with the pattern at a random place, and where it is."""
    generator = torch.Generator().manual_seed(seed)
    images = 0.5 + 0.05 * torch.randn(count, 1, 12, 12, generator=generator)
    corner = torch.randint(0, 8, (count, 2), generator=generator)
    where = torch.zeros(count, 12, 12, dtype=torch.bool)
    for i, (top, left) in enumerate(corner.tolist()):
        if i % 2 == 0:
            images[i, 0, top : top + 5, left : left + 5] = 0.5 + 0.5 * Pattern().pattern[0, 0]
            where[i, top : top + 5, left : left + 5] = True
    return images, where


PLANTED = MaskingModel(area=4.0, variation=0.0, power=1.0, steps=150, batch=16, width=8, rate=0.01)


def found(method):
    """Masks of the pattern's class, and of the other one, for ten images that the network has not seen."""
    training, _ = planted(128, 0)
    images, where = (part[::2] for part in planted(20, 1))
    model = model_of(Pattern(), training)
    learned = prepare(method, model, Streams(0), 64)
    case = [masks_for(method, model, images, target, learned) for target in (1, 0)]
    return *case, where


def masks_for(method, model, images, target, learned):
    targets = torch.full((len(images),), target)
    ids = tuple(map(str, range(len(images))))
    return ask(method, model, images, targets, ids, Streams(0), 64, learned).relevance[:, 0]


def overlap(masks, where):
    """Intersection over union, the mean over images."""
    both, either = (masks > 0.5) & where, (masks > 0.5) | where
    return (both.flatten(1).sum(1) / either.flatten(1).sum(1)).mean().item()


def test_a_planted_pattern_is_found_wherever_it_is():
    present, absent, where = found(PLANTED)
    assert overlap(present, where) >= 0.8
    assert absent.mean() < 0.2 * present.mean()


def test_a_mask_the_wrong_way_round_would_be_seen(monkeypatch):
    lerp = torch.lerp
    monkeypatch.setattr(masking_model.torch, "lerp", lambda a, x, mask: lerp(x, a, mask))
    present, _, where = found(replace(PLANTED, steps=40))
    assert overlap(present, where) < 0.3


def test_less_is_kept_where_keeping_costs_more():
    areas = [found(replace(PLANTED, area=area, steps=30))[0].mean().item() for area in (0.3, 4.0, 20.0)]
    assert areas[0] > 1.2 * areas[1] > 1.2**2 * areas[2]


def test_larger_images_are_seen_small(cnn, images, targets):
    relevance = MaskingModel(steps=2, batch=4, width=3, cells=4).attribute(cnn, images, targets, training=images)
    assert relevance.shape == (5, 1, 8, 6)


def test_one_class_only(images):
    module = nn.Sequential(nn.Flatten(), nn.Linear(96, 2, dtype=DOUBLE))
    relevance = MaskingModel(steps=2, batch=4, width=3).attribute(module, images, 0, training=images)
    assert ((relevance > 0) & (relevance < 1)).all()


def test_works_under_inference_mode(cnn, images, targets):
    method = MaskingModel(steps=2, batch=4, width=3)
    expected = method.attribute(cnn, images, targets, training=images)
    with torch.inference_mode():
        assert torch.equal(method.attribute(cnn, images * 1.0, targets, training=images * 1.0), expected)


class Cut(nn.Module):
    def forward(self, x):
        return x.detach().flatten(1)[:, :3]


def test_models_that_it_cannot_explain(cnn, images, table, targets, linear):
    with pytest.raises(Unsupported, match="masking_model needs training, which model 'model' does not give"):
        MaskingModel().attribute(cnn, images, targets)
    with pytest.raises(Unsupported, match="masking_model needs image"):
        MaskingModel().attribute(linear, table, targets, training=table)
    with pytest.raises(Unsupported, match="has no gradient with respect to its inputs"):
        MaskingModel(absent=0.0).attribute(Cut(), images, targets, training=images)
    with pytest.raises(BadInput, match=r"targets \[7\] outside the 3 classes"):
        MaskingModel(steps=1, width=3).attribute(cnn, images, 7, training=images)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"steps": 0}, "masking_model: steps=0; a whole number >= 1"),
        ({"width": 2.5}, "masking_model: width=2.5"),
        ({"area": -1.0}, "masking_model: area=-1.0; a finite number >= 0"),
        ({"power": 0.0}, "masking_model: power=0.0; a finite number > 0"),
        ({"absent": 1.5}, "masking_model: absent=1.5; a share of at most 1"),
    ],
)
def test_bad_parameters(parameters, message):
    with pytest.raises(BadParameter, match=message):
        MaskingModel(**parameters)
