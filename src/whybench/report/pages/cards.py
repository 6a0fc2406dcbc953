"""The pages of cards: what each method and metric is, its formula, its papers."""

from whybench.report.cards import Card, method_cards, metric_cards
from whybench.report.links import METHODS, METRICS
from whybench.report.origin import Origin
from whybench.report.site import Page, Site


def write(site: Site, of: Origin) -> None:
    """methods.html and metrics.html."""
    _write(site, METHODS, "Methods", method_cards(of.board))
    _write(site, METRICS, "Metrics", metric_cards(of.board))


def _write(site: Site, address: str, title: str, cards: list[Card]) -> None:
    site.write(Page(address, title, "cards.html.j2"), {"cards": cards})
