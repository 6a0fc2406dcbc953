"""A static site: pages that link to each other, work from disk, and fetch nothing from elsewhere."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from whybench.environment import library_version
from whybench.leaderboard.markup import printable
from whybench.report.folder import Folder
from whybench.report.joints import joints
from whybench.report.links import relative

BESIDE = ("style.css", "tiles.css", "report.js")
"""What every page needs, in the top folder."""
POLICY = "; ".join(
    (
        "default-src 'none'",
        "img-src 'self'",
        "style-src 'self'",
        "script-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
    )
)
"""Pictures, style and script from the site's own files, and nothing else: no inline script or style, no request."""


@dataclass(frozen=True)
class Place:
    """A page in the navigation."""

    address: str
    title: str


@dataclass(frozen=True)
class Page:
    """address: from the top folder; title: of the browser's tab; template: a file of templates/."""

    address: str
    title: str
    template: str


@dataclass
class Site:
    """The pages of one report.

    nav: what every page links to, in order; commands: what remakes the records; pages: the addresses that were
    written, so that a page links to another only where it is there.
    """

    folder: Folder
    suite: str
    nav: Sequence[Place]
    commands: Sequence[str]
    pages: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        for name in BESIDE:
            text = files("whybench.report").joinpath("static", name).read_text(encoding="utf-8")
            self.folder.text(self.folder.root / name, text)

    def write(self, page: Page, content: Mapping[str, Any]) -> str:
        """Write a page from its template and what stands on it; returns its address.

        A template sees, beside `content`: suite, nav, commands, version, policy, title, here (the page's own address)
        and to(address), which turns an address of the site into a link on this page. Everything is escaped.
        """
        common = {
            "suite": self.suite,
            "nav": self.nav,
            "commands": self.commands,
            "version": library_version("whybench"),
            "policy": POLICY,
            "title": page.title,
            "here": page.address,
            "to": partial(relative, page=page.address),
            "joints": joints,
        }
        path = self.folder.root / page.address
        path.parent.mkdir(parents=True, exist_ok=True)
        self.folder.text(path, self._environment.get_template(page.template).render(**content, **common))
        self.pages.add(page.address)
        return page.address

    def known(self, address: str) -> str | None:
        """The address where that page was written, None where it was not."""
        return address if address in self.pages else None

    @cached_property
    def _environment(self) -> Environment:
        return Environment(
            loader=PackageLoader("whybench.report", "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
            finalize=_printable,
        )


def _printable(value: Any) -> Any:
    """Text without control and format characters, which could hide or turn round what is read."""
    return printable(value) if type(value) is str else value
