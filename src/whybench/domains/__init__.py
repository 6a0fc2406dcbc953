"""Domains: what a feature is, how it is summed, removed and shifted; metrics speak to these, never to image shapes."""

from whybench.domains.domain import Domain, Regions, infill_names
from whybench.domains.image import ImageDomain
from whybench.domains.infills import FixedInfill, Infill
from whybench.domains.players import PlayerKind, Players
from whybench.domains.tabular import TabularDomain

__all__ = [
    "Domain",
    "FixedInfill",
    "ImageDomain",
    "Infill",
    "PlayerKind",
    "Players",
    "Regions",
    "TabularDomain",
    "infill_names",
]
