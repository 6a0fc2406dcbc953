"""Every page of a report, opened in Chromium: nothing is asked of the outside, and everyone can read it."""

import itertools
from pathlib import Path

import pytest
from visits import Open, pages

OUTLINE = "() => [...document.querySelectorAll('h1, h2, h3, h4, h5, h6')].map((h) => Number(h.tagName[1]))"
WIDER = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
BARE_IMAGES = """() => [...document.images]
  .filter((i) => !i.hasAttribute("alt") || (i.alt.trim().length < 4 && !i.nextElementSibling))
  .map((i) => i.src)"""
BROKEN_IMAGES = """async () => {
  const all = [...document.images];
  all.forEach((image) => { image.loading = "eager"; });
  await Promise.all(all.map((image) => image.decode().catch(() => null)));
  return all.filter((image) => image.naturalWidth === 0).map((image) => image.src);
}"""
BARE_TABLES = """() => [...document.querySelectorAll("table")]
  .filter((t) => !t.caption || !t.caption.textContent.trim() || t.querySelector("th:not([scope])"))
  .map((t) => t.outerHTML.slice(0, 200))"""
DOUBLE_IDS = """() => {
  const ids = [...document.querySelectorAll("[id]")].map((e) => e.id);
  return ids.filter((id, k) => ids.indexOf(id) !== k);
}"""
UNNAMED = """() => [...document.querySelectorAll("a, button, input")]
  .filter((e) => !e.textContent.trim() && !e.getAttribute("aria-label") && !e.labels?.length)
  .filter((e) => !e.querySelector("[alt]"))
  .map((e) => e.outerHTML)"""


def test_there_is_a_page_for_every_block_and_method(site: Path) -> None:
    found = {page.relative_to(site).as_posix() for page in pages(site)}
    assert {"index.html", "cost.html", "provenance.html", "blocks/tiny-images_tiny-cnn.html"} <= found
    assert {f"samples/tiny-images_tiny-cnn/{m}.html" for m in ("gradient", "random", "breaks")} <= found


def test_nothing_is_asked_of_the_outside_and_nothing_goes_wrong(site: Path, visit: Open) -> None:
    window = visit(site / "index.html")
    for page in pages(site):
        window.to(page)
        assert window.page.evaluate(BROKEN_IMAGES) == [], page
        assert (window.outside, window.errors, window.dialogs) == ([], [], []), page


def test_pages_can_be_read_without_seeing_them(site: Path, visit: Open) -> None:
    window = visit(site / "index.html")
    for page in pages(site):
        window.to(page)
        outline = window.page.evaluate(OUTLINE)
        assert outline[0] == 1, page
        assert outline.count(1) == 1, page
        assert all(b - a <= 1 for a, b in itertools.pairwise(outline)), (page, outline)
        for check in (BARE_IMAGES, BARE_TABLES, DOUBLE_IDS, UNNAMED):
            assert window.page.evaluate(check) == [], page
        assert window.page.locator("html[lang=en]").count() == 1
        assert window.page.locator("main").count() == 1


@pytest.mark.parametrize("width", [400, 1280])
def test_no_page_is_wider_than_the_window(site: Path, visit: Open, width: int) -> None:
    window = visit(site / "index.html", width=width)
    wide = {page.relative_to(site).as_posix(): window.to(page).page.evaluate(WIDER) for page in pages(site)}
    assert {page: by for page, by in wide.items() if by > 0} == {}


def test_links_of_the_navigation_lead_around(site: Path, visit: Open) -> None:
    window = visit(site / "index.html")
    names = window.texts("nav a")
    for name in names:
        window.page.locator("nav").get_by_role("link", name=name, exact=True).click()
        assert window.texts("nav a[aria-current=page]") == [name]
        assert window.page.title().endswith("tiny – whybench")
    assert window.errors == []


def test_from_a_cell_to_its_samples_and_on(site: Path, visit: Open) -> None:
    """From the overview to a block, from one of its cells to the method's samples, from there to the gallery."""
    window = visit(site / "index.html")
    page = window.page
    page.locator("#table-blocks").get_by_role("link", name="tiny_cnn").first.click()
    assert page.url.endswith("/blocks/tiny-images_tiny-cnn.html")
    row = (
        page.locator("table.board").first.locator("tbody tr", has=page.locator("th", has_text="input_x_gradient")).first
    )
    row.locator("td a").first.click()
    assert page.url.partition("#")[0].endswith("/samples/tiny-images_tiny-cnn/input-x-gradient.html")
    assert "input_x_gradient" in window.texts("h1")[0].replace("\u200b", "")
    rows = page.locator("table.samples tbody tr")
    assert rows.count() == 6
    assert rows.first.locator("img").count() >= 2
    page.locator(".crumbs").get_by_role("link", name="side by side").click()
    assert page.url.endswith("/gallery/tiny-images_tiny-cnn.html")
    assert page.locator("table.gallery tbody tr").count() >= 1
    assert (window.errors, window.outside) == ([], [])


def test_pages_are_whole_without_javascript(site: Path, visit: Open) -> None:
    window = visit(site / "blocks/tiny-images_tiny-cnn.html", javascript=False)
    page = window.page
    assert page.locator(".tools, th button").count() == 0
    assert page.locator("table.board").first.locator("tbody tr:not(.block)").first.is_visible()
    page.locator("table.board").first.locator("td a").first.click()
    assert "/samples/tiny-images_tiny-cnn/" in page.url
    assert page.locator("table.samples tbody tr").count() == 6
    page.locator("nav").get_by_role("link", name="Overview").click()
    assert page.locator("h1").inner_text() == "tiny"
    details = page.locator("details").first
    details.locator("summary").click()
    assert details.get_attribute("open") is not None
    assert (window.errors, window.outside) == ([], [])
