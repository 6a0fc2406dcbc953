"""Sorting, filtering and hiding of controls, as a reader does it."""

import re
from pathlib import Path
from typing import Any

from visits import Open, Visit, pages

READ = """(table) => [...table.tBodies].map((body) => [...body.rows]
  .filter((row) => row.className !== "block")
  .map((row) => [...row.cells].map((cell) => ({
    text: cell.textContent.trim(),
    value: cell.dataset.value ?? null,
    head: cell.firstChild ? cell.firstChild.textContent : "",
  }))))"""
NUMERIC = "(table) => [...table.tHead.rows[0].cells].map((cell) => cell.classList.contains('n'))"
SORTS = "(table) => [...table.tHead.rows[0].cells].map((cell) => cell.getAttribute('aria-sort'))"

TOOLS = """() => [...document.querySelectorAll("table.board")].map((table) => [
  table.querySelectorAll("tbody tr:not(.block)").length,
  table.querySelectorAll("th button").length,
  table.closest(".sheet").querySelectorAll("input[type=search]").length,
])"""


def number(cell: dict[str, Any]) -> float | None:
    """What a cell of a numeric column says: the number that what is written in it begins with."""
    found = re.match(r"[-+]?\d+(\.\d+)?(e[-+]?\d+)?", cell["head"] if cell["value"] is None else cell["value"])
    return float(found.group()) if found else None


def sorted_tables(window: Visit) -> list[Any]:
    tables = window.page.locator("table.board").all()
    return [table for table in tables if table.locator("th button").count()]


def test_every_column_sorts_its_numbers_as_numbers(site: Path, visit: Open) -> None:
    window = visit(site / "index.html")
    columns = unlike_text = 0
    for page in [site / "index.html", site / "cost.html", *sorted((site / "blocks").glob("*.html"))]:
        window.to(page)
        for table in sorted_tables(window):
            numeric = table.evaluate(NUMERIC)
            for k in range(len(numeric)):
                before = table.evaluate(READ)
                table.locator("thead button").nth(k).click()
                ways = table.evaluate(SORTS)
                assert ways[k] in ("ascending", "descending")
                assert set(ways[:k] + ways[k + 1 :]) <= {"none"}
                for body, was in zip(table.evaluate(READ), before, strict=True):
                    assert sorted(map(str, body)) == sorted(map(str, was))
                    values = [number(row[k]) for row in body]
                    if not numeric[k]:
                        continue
                    columns += 1
                    known = [v for v in values if v is not None]
                    assert known == sorted(known, reverse=ways[k] == "descending")
                    assert values == known + [None] * (len(values) - len(known)), "what has no number comes last"
                    shown = [row[k]["text"] for row in body][: len(known)]
                    unlike_text += shown != sorted(shown, reverse=ways[k] == "descending")
    assert columns > 20
    assert unlike_text > 0, "no column in which text and numbers have different orders: this shows nothing"


def test_a_second_click_turns_the_order_round_and_the_keyboard_does_it_too(site: Path, visit: Open) -> None:
    window = visit(site / "index.html")
    table = window.page.locator("#table-cost")
    button = table.locator("thead button").nth(1)
    orders = []
    for press in (button.click, button.click, lambda: button.press("Enter"), lambda: button.press("Space")):
        press()
        (body,) = table.evaluate(READ)
        orders.append([number(row[1]) for row in body])
    assert orders[0] == sorted(orders[0], key=float)
    assert orders[1] == orders[0][::-1]
    assert orders[2:] == orders[:2]
    assert table.evaluate(SORTS)[:2] == ["none", "descending"]


def test_text_sorts_as_text(site: Path, visit: Open) -> None:
    window = visit(site / "index.html")
    table = window.page.locator("#table-cost")
    table.locator("thead button").first.click()
    (body,) = table.evaluate(READ)
    names = [row[0]["text"] for row in body]
    assert names == ["constant (control)", "gradient", "input_x_gradient", "integrated_gradients", "random (control)"]


def test_filtering_leaves_what_is_asked_for_and_counts_it(site: Path, visit: Open) -> None:
    window = visit(site / "index.html")
    sheet = window.page.locator(".sheet", has=window.page.locator("#table-cost"))
    rows, count = sheet.locator("tbody tr:not(.block)"), sheet.locator("output")
    assert count.inner_text() == "5 of 5 rows"
    assert count.get_attribute("aria-live") == "polite"
    box = sheet.get_by_role("searchbox")
    box.fill("GRADIENT")
    assert [row.locator("th").inner_text() for row in rows.all() if row.is_visible()] == [
        "gradient",
        "input_x_gradient",
        "integrated_gradients",
    ]
    assert count.inner_text() == "3 of 5 rows"
    box.fill("nobody is called so")
    assert count.inner_text() == "0 of 5 rows"
    box.fill("")
    sheet.get_by_label("Hide controls").check()
    assert count.inner_text() == "3 of 5 rows"
    sheet.get_by_label("Hide controls").uncheck()
    assert count.inner_text() == "5 of 5 rows"


def test_a_filter_survives_sorting(site: Path, visit: Open) -> None:
    window = visit(site / "index.html")
    sheet = window.page.locator(".sheet", has=window.page.locator("#table-cost"))
    sheet.get_by_role("searchbox").fill("gradient")
    sheet.locator("thead button").nth(1).click()
    assert sum(row.is_visible() for row in sheet.locator("tbody tr").all()) == 3


def test_every_table_of_two_rows_has_its_tools(site: Path, visit: Open) -> None:
    window = visit(site / "index.html")
    for page in pages(site):
        for rows, buttons, boxes in window.to(page).page.evaluate(TOOLS):
            assert (buttons > 0, boxes) == (rows > 1, int(rows > 1)), page
