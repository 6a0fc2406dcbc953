"""Names and reasons that try to run something: they are read as text, and the policy would stop them all the same."""

from pathlib import Path

import pytest
from small_sites import PAYLOADS
from visits import Open, pages

from whybench.leaderboard.markup import printable

ALIVE = "iframe, object, embed, base, video, math, form, body script, body style, meta[http-equiv=refresh]"
LOOK = f"""() => ({{
  ran: window.ran ?? null,
  alive: [
    ...[...document.querySelectorAll("{ALIVE}")],
    ...[...document.links].filter((link) => !["file:", "https:"].includes(link.protocol)),
    ...[...document.querySelectorAll("*")].filter((e) => [...e.attributes].some((a) => a.name.startsWith("on"))),
  ].map((element) => element.outerHTML),
  scripts: document.scripts.length,
  text: document.querySelector("main").textContent,
}})"""
INJECT = """(payload) => {
  window.blocked = [];
  document.addEventListener("securitypolicyviolation", (event) => window.blocked.push(event.effectiveDirective));
  const place = document.createElement("div");
  document.body.append(place);
  place.innerHTML = payload;
  const script = document.createElement("script");
  script.textContent = "window.ran = 2";
  place.append(script);
  place.querySelectorAll("a").forEach((link) => link.click());
  place.querySelectorAll("[autofocus]").forEach((element) => element.focus());
}"""


def test_there_are_twenty() -> None:
    assert len(set(PAYLOADS)) == 20


def test_no_page_runs_what_names_and_reasons_hold(hostile: Path, visit: Open) -> None:
    window, read = visit(hostile / "index.html"), ""
    assert len(pages(hostile)) > 30
    for page in pages(hostile):
        found = window.to(page).page.evaluate(LOOK)
        assert (found["ran"], found["alive"], found["scripts"]) == (None, [], 1), page
        assert (window.outside, window.errors, window.dialogs) == ([], [], []), page
        read += found["text"]
    shown = read.replace("\u200b", "")
    assert [payload for payload in PAYLOADS if printable(payload) not in shown] == []


def test_sorting_and_filtering_run_nothing_either(hostile: Path, visit: Open) -> None:
    window = visit(hostile / "index.html")
    for page in [hostile / "index.html", *sorted((hostile / "blocks").glob("*.html"))]:
        window.to(page)
        for button in window.page.locator("table.board thead button").all()[:12]:
            button.click()
        for box in window.page.get_by_role("searchbox").all()[:4]:
            box.fill(PAYLOADS[0])
        assert (window.ran(), window.outside, window.errors, window.dialogs) == (None, [], [], []), page


@pytest.mark.parametrize("k", range(len(PAYLOADS)))
def test_the_policy_holds_where_a_payload_gets_into_the_page(site: Path, visit: Open, k: int) -> None:
    """As if escaping had failed: the markup is put into a page, and still nothing is run and nothing is asked for."""
    window = visit(site / "index.html")
    window.page.evaluate(INJECT, PAYLOADS[k])
    window.page.wait_for_timeout(100)
    assert window.ran() is None
    assert (window.outside, window.dialogs) == ([], [])
    assert "script-src-elem" in window.page.evaluate("() => window.blocked")


def test_without_the_policy_the_same_payload_runs(site: Path, visit: Open, tmp_path: Path) -> None:
    """So that the tests above can fail."""
    text = (site / "index.html").read_text(encoding="utf-8")
    policy = text[text.index('<meta http-equiv="Content-Security-Policy"') :].partition("\n")[0]
    (tmp_path / "open.html").write_text(text.replace(policy, ""), encoding="utf-8")
    window = visit(tmp_path / "open.html")
    window.page.evaluate(INJECT, PAYLOADS[2])
    window.page.wait_for_timeout(100)
    assert window.ran() is not None


def test_no_hostile_page_is_wider_than_a_telephone(hostile: Path, visit: Open) -> None:
    window = visit(hostile / "index.html", width=400)
    by = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
    wide = {page.relative_to(hostile).as_posix(): window.to(page).page.evaluate(by) for page in pages(hostile)}
    assert {page: more for page, more in wide.items() if more > 0} == {}
