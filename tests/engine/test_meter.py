"""Counting samples and charging sections."""

import copy

import torch

from whybench.meter import Meter


def test_counts_forward_and_backward_samples_of_module_and_copies() -> None:
    net = torch.nn.Linear(3, 2)
    meter = Meter()
    with meter.watching(net), meter.section() as outer:
        x = torch.zeros(4, 3, requires_grad=True)
        torch.autograd.grad(net(x).sum(), x)
        with meter.section() as inner, torch.inference_mode():
            copy.deepcopy(net)(torch.zeros(7, 3))
        net(torch.zeros(1, 3))
    assert (outer.cost.forward, outer.cost.backward) == (5, 4)
    assert (inner.cost.forward, inner.cost.backward) == (7, 0)
    assert not net._forward_hooks


def test_a_section_pays_no_memory_of_the_one_inside_it() -> None:
    meter = Meter()
    with meter.section() as outer, meter.section() as inner:
        block = torch.ones(64 * 2**20, dtype=torch.uint8)  # more than the C library takes from what was freed before
        del block
    assert outer.cost.peak_bytes < 8 * 2**20
    assert inner.cost.peak_bytes >= 60 * 2**20


def test_a_section_is_closed_when_its_code_raises() -> None:
    meter, net = Meter(), torch.nn.Linear(3, 2)
    with meter.watching(net):
        section = meter.section()
        try:
            with section:
                net(torch.zeros(2, 3))
                raise ValueError
        except ValueError:
            net(torch.zeros(9, 3))
    assert section.cost.forward == 2
    assert not net._forward_hooks
