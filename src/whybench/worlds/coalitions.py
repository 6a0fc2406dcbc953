"""The table of an exact world: what the model says when any set of regions is kept."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor

from whybench.domains import Regions
from whybench.errors import Unsupported
from whybench.passes import Passes
from whybench.protocols import Artifact, Case, Query
from whybench.protocols.blocks import by_block
from whybench.protocols.model import steady
from whybench.sweeps.answers import answers
from whybench.sweeps.repeats import differing

MOST = 16
"""The most regions of which all sets are asked: 65,536 passes a sample."""


def refuse_many(name: str, regions: int) -> None:
    """Raise Unsupported where there are more regions than all sets of them can be asked."""
    if regions > MOST:
        raise Unsupported(
            f"{name} asks the model about every set of regions, 2^{regions} here; at most {MOST} regions are allowed: "
            "give region=, the side of larger ones"
        )


def members(count: int) -> Tensor:
    """Which regions each set holds: (2^d, d) bool, set s region r where bit r of s is 1.

    >>> members(2).int().tolist()
    [[0, 0], [1, 0], [0, 1], [1, 1]]
    """
    return (torch.arange(2**count)[:, None] >> torch.arange(count)) & 1 == 1


@dataclass(frozen=True)
class CoalitionTable(Artifact):
    """The model's answers with every set of regions kept, the others filled in.

    infill: what stands in for removed regions; region: their size, None for the domain's default.

    Gives what `sweeps.answers.answers` gives, in place s the answer when the regions of set s are kept (bit r of s
    is 1 where region r is): `logit`, (n, 2^d) float64, and for classifiers `probability` and `log_odds`, alike, and
    `predicted`, (n, 2^d) int16. Place 0 is the fully removed input, the last one the clean input.

    Sets that differ by regions which look the same kept and removed are one input and are asked once. Passes that the
    definition needs: 2^d a sample.

    Raises Unsupported where there are more than 16 regions.

    Source: the game of a sample, shapley1953; its players are regions, lundberg2017.
    """

    name: ClassVar[str] = "coalition_table"
    shared: ClassVar[bool] = True

    infill: str
    region: int | None = None

    def compute(self, case: Case[Any]) -> dict[str, Tensor]:
        refuse_many(self.name, len(self.regions(case)))
        return by_block(self._asked, case)

    def passes(self, case: Case[Any], tensors: Mapping[str, Tensor]) -> Passes | None:
        return Passes(tensors["logit"].numel())

    def regions(self, case: Case[Any]) -> Regions:
        """The regions of the case's inputs."""
        return case.domain.regions(tuple(case.inputs.shape), self.region)

    def _asked(self, case: Case[Any]) -> dict[str, Tensor]:
        regions, device = self.regions(case), case.inputs.device
        infill = case.domain.infill(self.infill, case.inputs, case.ids, case.streams)
        count = len(regions)
        sets, member = torch.arange(2**count, device=device), members(count).to(device)
        alike = regions.sums(differing(case, infill)) == 0
        free = (alike.long() << torch.arange(count, device=device)).sum(1, keepdim=True)
        seen = sets | free  # the set that is asked for this one
        parts = []
        with steady(case.model.module):
            for sample, chosen in (rows.unbind(1) for rows in torch.split((seen == sets).nonzero(), case.rows)):
                parts.append(answers(case, infill, regions.mask(member[chosen]), sample))
        joined = {}
        for name in parts[0]:
            said = torch.cat([part[name] for part in parts]).cpu()
            full = said.new_zeros(seen.shape)
            full[(seen == sets).cpu()] = said
            joined[name] = full.gather(1, seen.cpu())
        if "predicted" in joined:
            joined["predicted"] = joined["predicted"].to(torch.int16)
        return joined


def table_of(query: Query, infill: str, region: int | None) -> dict[str, Tensor]:
    """The table for methods, which are asked about some samples and share nothing: computed anew."""

    def refuse(*_: object) -> Any:
        raise TypeError("a table reads no explanation and no artifact")

    case: Case[Any] = Case(
        model=query.model,
        inputs=query.inputs,
        targets=query.targets,
        labels=query.targets,
        ids=query.ids,
        explanation=None,
        streams=query.streams,
        rows=query.rows,
        ask=refuse,
        fetch=refuse,
    )
    return CoalitionTable(infill, region).compute(case)
