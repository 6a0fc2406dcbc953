"""lime's explainers as baselines: equal to the regression that they say they fit, per sample, refused elsewhere."""

import sys

import numpy as np
import pytest
import torch
from torch import nn

from whybench.catalogue import catalogue
from whybench.domains import ImageDomain
from whybench.errors import BadParameter, Unsupported
from whybench.methods.attribution import Lime, lime_baselines
from whybench.methods.attribution.lime_baselines import Image, Tabular
from whybench.streams import Streams

IDS = [f"sample {i}" for i in range(5)]
EVERY = [getattr(lime_baselines, name) for name in lime_baselines.__all__]


@pytest.fixture
def library():
    return pytest.importorskip("lime")


@pytest.fixture
def columns():
    return torch.randn(40, 4, generator=torch.Generator().manual_seed(4), dtype=torch.float64)


@pytest.fixture
def grey(images):
    return images[:, :1]


@pytest.fixture
def net():
    """For images (n, 1, 8, 6) and three classes."""
    generator = torch.Generator().manual_seed(3)
    module = nn.Sequential(nn.Conv2d(1, 3, 3, padding=1), nn.ReLU(), nn.Flatten(), nn.Linear(144, 3)).double()
    for parameter in module.parameters():
        parameter.data = torch.randn(parameter.shape, generator=generator, dtype=torch.float64)
    return module


def random_state(name, sample):
    return np.random.RandomState(Streams(0).generator(name, sample).initial_seed() % 2**32)


def ridge(z, values, weight):
    """argmin of the weighted squares plus |w|^2, the intercept free."""
    share = weight / weight.sum()
    centred, wanted = z - share @ z, values - share @ values
    normal = centred.T @ (weight[:, None] * centred) + np.eye(z.shape[1])
    return np.linalg.solve(normal, centred.T @ (weight * wanted))


def test_image_is_the_ridge_regression_that_it_says(library, net, grey, targets):
    """Six regions of 3 x 3 pixels or less, replaced by the baseline."""
    domain = ImageDomain(baseline=0.25)
    ours = Image(num_samples=40, region=3).attribute(net, grey, targets, ids=IDS, domain=domain)
    index = domain.regions(grey.shape, 3).index
    players = int(index.max()) + 1
    for i in range(2):
        state = random_state("lime/image", IDS[i])
        state.randint(0, 1000)  # for quickshift, which is not asked
        z = state.randint(0, 2, 40 * players).reshape(40, players)
        z[0] = 1
        kept = torch.from_numpy(z).bool()[:, index][:, None]
        with torch.no_grad():
            values = net(torch.where(kept, grey[i], 0.25))[:, targets[i]].numpy()
        distance = 1 - np.sqrt(z.sum(1) / players)
        distance[z.sum(1) == 0] = 1
        exact = ridge(z.astype(float), values, np.exp(-((distance / 0.25) ** 2) / 2))
        sizes = np.bincount(index.flatten())
        assert np.abs(ours[i, 0].numpy() - (exact / sizes)[index.numpy()]).max() <= 1e-9


def test_image_takes_three_channels_and_refuses_two(library, images, targets):
    module = nn.Sequential(nn.Flatten(), nn.Linear(144, 3)).double()
    colours = torch.cat([images, images[:, :1]], 1)
    found = Image(num_samples=20, region=4).attribute(module, colours, targets, ids=IDS)
    assert found.shape == colours.shape
    assert torch.equal(found[:, 0], found[:, 2])
    with pytest.raises(Unsupported, match="one channel or three, not with 2"):
        Image().attribute(nn.Sequential(nn.Flatten(), nn.Linear(96, 3)).double(), images, targets)


def test_image_is_close_to_ours_with_the_same_penalty(library, net, grey, targets):
    """The same pieces, kernel and penalty, other draws."""
    theirs, ours = (
        method.attribute(net, grey[:1], targets[:1])
        for method in (Image(num_samples=2000, region=4), Lime(samples=2000, region=4, ridge=1.0))
    )
    assert torch.nn.functional.cosine_similarity(theirs.flatten(), ours.flatten(), dim=0) > 0.9


def test_tabular_is_the_ridge_regression_that_it_says(library, linear, table, targets, columns):
    """Without quarters: rows drawn around the mean of the columns, slopes in units of their deviations."""
    ours = Tabular(num_samples=60, discretize_continuous=False).attribute(
        linear, table, targets, ids=IDS, training=columns
    )
    deviation, mean = columns.numpy().std(0), columns.numpy().mean(0)
    for i in range(2):
        draws = random_state("lime/tabular", IDS[i]).normal(0, 1, 60 * 4).reshape(60, 4) * deviation + mean
        draws[0] = table[i]
        values = (torch.from_numpy(draws) @ linear.weight[targets[i]] + linear.bias[targets[i]]).detach().numpy()
        z = draws / deviation
        distance = np.sqrt(((z - z[0]) ** 2).sum(1))
        exact = ridge(z, values, np.exp(-((distance / (0.75 * 2)) ** 2) / 2))
        assert np.abs(ours[i].numpy() - exact).max() <= 1e-9


def test_tabular_knows_which_column_matters(library, columns, table):
    step = nn.Linear(4, 1, bias=False).double()
    step.weight.data = torch.tensor([[0.0, 0.0, 5.0, 0.0]], dtype=torch.float64)
    found = Tabular(num_samples=500).attribute(step, table, training=columns)
    assert (found.abs().argmax(1) == 2).all()


@pytest.mark.parametrize("method", EVERY)
def test_a_sample_does_not_see_its_batch_nor_its_place_in_it(
    library, method, net, grey, linear, table, targets, columns
):
    model, x, more = (net, grey, {}) if method is Image else (linear, table, {"training": columns})
    made, order = method(num_samples=20), [3, 0, 4, 1, 2]
    together = made.attribute(model, x, targets % 2, ids=IDS, **more)
    ids = [IDS[i] for i in order]
    shuffled = made.attribute(model, x[order], targets[order] % 2, ids=ids, batch_size=2, **more)
    assert (shuffled - together[order]).abs().max() <= 1e-12 * together.abs().max()


def test_nothing_is_printed(library, capsys, net, grey, targets):
    Image(num_samples=5).attribute(net, grey, targets)
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("method", EVERY)
def test_without_lime_it_is_listed_and_says_how_to_install_it(
    method, monkeypatch, net, grey, linear, table, targets, columns
):
    for module in ("lime", "lime.lime_image", "lime.lime_tabular"):
        monkeypatch.setitem(sys.modules, module, None)
    assert method.name in {entry["name"] for entry in catalogue("methods")}
    model, x = (net, grey) if method is Image else (linear, table)
    with pytest.raises(Unsupported, match=rf"{method.name} is computed by the library lime: .*'whybench\[lime\]'"):
        method().attribute(model, x, targets, **({} if method is Image else {"training": columns}))


@pytest.mark.parametrize("method", EVERY)
def test_parameters_are_checked(method):
    assert "lime" in method.libraries
    with pytest.raises(BadParameter, match=f"{method.name}: num_samples=1"):
        method(num_samples=1)
