"""The page: what stands on it, and its template, in which everything is escaped and nothing is fetched or run."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass, fields
from hashlib import sha256
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from whybench.leaderboard.markup import printable
from whybench.report.absent import Absent
from whybench.report.cards import Card
from whybench.report.pictures import Group, Picture
from whybench.report.provenance import Fact
from whybench.report.tables import CutTable


@dataclass(frozen=True)
class Download:
    """A file beside the page."""

    link: str
    name: str


@dataclass(frozen=True)
class Sheet:
    """A table with its files; caption: what it shows."""

    caption: str
    table: CutTable
    downloads: Sequence[Download]


@dataclass(frozen=True)
class Page:
    """Everything that the template shows, in its order."""

    suite: str
    facts: Sequence[Fact]
    commands: Sequence[str]
    claim: Sequence[str]
    boards: Sequence[Sheet]
    files: Sequence[Download]
    curves: Sequence[Group]
    specifications: Sequence[Group]
    specification_files: Sequence[Download]
    costs: Sequence[Picture]
    passes: Sequence[Picture]
    timing: Sequence[Sheet]
    maps: Sequence[Group]
    absent: Sequence[Absent]
    methods: Sequence[Card]
    metrics: Sequence[Card]


def render(page: Page) -> str:
    """The page as HTML."""
    style = files("whybench.report").joinpath("style.css").read_text(encoding="utf-8")
    digest = base64.b64encode(sha256(style.encode()).digest()).decode()
    environment = Environment(
        loader=PackageLoader("whybench.report", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=_printable,
    )
    content = {field.name: getattr(page, field.name) for field in fields(page)}
    template = environment.get_template("index.html.j2")
    return template.render(**content, style=Markup(style), style_digest=digest)


def _printable(value: Any) -> Any:
    """Text without control and format characters, which could hide or turn round what is read."""
    return printable(value) if type(value) is str else value
