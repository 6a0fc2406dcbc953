"""A headless Chromium of the system, and two small sites to look at with it. No browser is ever fetched."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from small_sites import hostile_suite, plain_suite
from visits import Open, Visit

from whybench.report import write_report
from whybench.runner import run
from whybench.store import Store
from whybench.suite import Suite

if TYPE_CHECKING:
    from playwright.sync_api import Browser

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(item.path).parent == Path(__file__).parent:
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def browser() -> "Iterator[Browser]":
    """The installed Chromium; skips, and says what is missing, where there is none."""
    api = pytest.importorskip(
        "playwright.sync_api", reason="playwright is not installed: python -m pip install 'whybench[browser]'"
    )
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip(f"none of {', '.join(NAMES)} is installed; on Debian: apt-get install chromium")
    with api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=found, args=list(QUIET))
        yield started
        started.close()


@pytest.fixture(scope="session")
def site(browser: "Browser", tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an ordinary report."""
    return _site(plain_suite(), tmp_path_factory.mktemp("plain"))


@pytest.fixture(scope="session")
def hostile(browser: "Browser", tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a report in which every name and reason tries to run something."""
    return _site(hostile_suite(), tmp_path_factory.mktemp("hostile"))


def _site(suite: Suite, to: Path) -> Path:
    store = Store.memory()
    run(suite, store)
    return write_report(store, suite.name, to).parent


@pytest.fixture
def visit(browser: "Browser") -> Iterator[Open]:
    """Opens a page in a window of its own; what it asked for and complained about is kept."""
    opened: list[Visit] = []

    def open_page(path: Path, width: int = 1280, javascript: bool = True) -> Visit:
        context = browser.new_context(viewport={"width": width, "height": 900}, java_script_enabled=javascript)
        opened.append(Visit(context))
        return opened[-1].to(path)

    yield open_page
    for one in opened:
        one.context.close()
