"""A window of the browser: goes from page to page, and notes what should not have happened."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Dialog, Route

FLAG = "ran"
"""The property of `window` that every payload sets where it is run."""


class Visit:
    """errors: of the console and of scripts; outside: addresses asked for that are no files; dialogs: their texts."""

    def __init__(self, context: "BrowserContext") -> None:
        self.context = context
        self.errors: list[str] = []
        self.outside: list[str] = []
        self.dialogs: list[str] = []
        context.route(re.compile(r"^(?!file:)"), self._abort)
        self.page = context.new_page()
        self.page.on("console", lambda message: self._said(message.type, message.text))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("dialog", self._dismiss)

    def to(self, path: Path) -> "Visit":
        self.page.goto(path.as_uri(), wait_until="load")
        return self

    def ran(self) -> Any:
        """What a payload has left behind; None where none was run."""
        return self.page.evaluate(f"() => window.{FLAG} ?? null")

    def texts(self, selector: str) -> list[str]:
        return [text.strip() for text in self.page.locator(selector).all_text_contents()]

    def _abort(self, route: "Route") -> None:
        self.outside.append(route.request.url)
        route.abort()

    def _said(self, kind: str, text: str) -> None:
        if kind in ("error", "warning"):
            self.errors.append(text)

    def _dismiss(self, dialog: "Dialog") -> None:
        self.dialogs.append(dialog.message)
        dialog.dismiss()


Open = Callable[..., Visit]
"""(page, width, javascript) -> Visit"""


def pages(site: Path) -> list[Path]:
    """Every page of a site."""
    return sorted(site.rglob("*.html"))
