"""What a browser and a reader's tools need from the pages of a site, checked on their source."""

from html.parser import HTMLParser
from pathlib import Path

PAPERS = ("https://doi.org/", "https://arxiv.org/abs/")
"""Where links out of the site may lead."""
VOID = {"meta", "img", "br", "link", "hr", "input", "wbr"}


class Element:
    def __init__(self, tag: str, attributes: dict[str, str], parent: "Element | None") -> None:
        self.tag, self.attributes, self.parent = tag, attributes, parent
        self.children: list[Element] = []
        self.pieces: list[str] = []

    @property
    def text(self) -> str:
        return "".join(self.pieces)

    def all(self, *tags: str) -> "list[Element]":
        found = [self] if self.tag in tags else []
        return found + [e for child in self.children for e in child.all(*tags)]


class Tree(HTMLParser):
    """The elements of a page; AssertionError where they are not properly nested."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Element("#root", {}, None)
        self.open = self.root

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(set(names)) == len(names), f"<{tag}> has an attribute twice: {names}"
        element = Element(tag, {name: value or "" for name, value in attrs}, self.open)
        self.open.children.append(element)
        if tag not in VOID:
            self.open = element

    def handle_endtag(self, tag: str) -> None:
        assert self.open.tag == tag, f"</{tag}> closes <{self.open.tag}>"
        assert self.open.parent is not None
        self.open = self.open.parent

    def handle_data(self, data: str) -> None:
        element: Element | None = self.open
        while element is not None:
            element.pieces.append(data)
            element = element.parent


def tree(page: Path) -> Element:
    parser = Tree()
    parser.feed(page.read_text(encoding="utf-8"))
    parser.close()
    assert parser.open is parser.root, f"<{parser.open.tag}> is not closed"
    return parser.root


def everything(root: Element) -> list[Element]:
    return [root, *(e for child in root.children for e in everything(child))]


def check_page(page: Path, site: Path | None = None) -> Element:
    """Assert what every page has to hold; returns the tree. site: the top folder, the page's own where not given."""
    top, root = (site or page.parent).resolve(), tree(page)
    elements = everything(root)
    ids = [e.attributes["id"] for e in elements if "id" in e.attributes]
    assert len(ids) == len(set(ids)), sorted(i for i in ids if ids.count(i) > 1)
    assert [(s.text, sorted(s.attributes)) for s in root.all("script")] == [("", ["defer", "src"])]
    for element in elements:
        assert element.tag not in ("style", "iframe", "object", "embed", "base", "form")
        assert not [name for name in element.attributes if name.startswith("on") or name in ("style", "srcdoc")]
        for name in ("href", "src"):
            if name in element.attributes:
                _check_link(element, element.attributes[name], ids, page, top)
        if "aria-labelledby" in element.attributes:
            assert element.attributes["aria-labelledby"] in ids
    assert all("alt" in image.attributes for image in root.all("img"))
    for image in [i for figure in root.all("figure") for i in figure.all("img")]:
        assert len(image.attributes["alt"].strip()) > 20
    for table in root.all("table"):
        _check_table(table)
    return root


def _check_link(element: Element, link: str, ids: list[str], page: Path, top: Path) -> None:
    """Within the page, to a file of the site, or, for readers who follow it, to a paper."""
    if link.startswith(PAPERS):
        assert element.tag == "a"
        return
    assert ":" not in link, link
    assert not link.startswith("/"), link
    address, _, fragment = link.partition("#")
    target = (page.parent / address).resolve() if address else page.resolve()
    assert target.is_relative_to(top), link
    assert target.is_file(), link
    if fragment and element.tag == "a":
        assert fragment in (ids if not address else _ids(target)), link


def _ids(page: Path) -> list[str]:
    return [e.attributes["id"] for e in everything(tree(page)) if "id" in e.attributes]


def _check_table(table: Element) -> None:
    assert [c.text.strip() for c in table.all("caption")] not in ([], [""])
    assert all(th.attributes.get("scope") in ("col", "row", "rowgroup") for th in table.all("th"))
    width = len(table.all("thead")[0].all("th"))
    for row in [r for body in table.all("tbody") for r in body.all("tr")]:
        assert sum(int(c.attributes.get("colspan", 1)) for c in row.children) == width
        assert [c for c in row.children if c.tag == "th"], "a row without a header cell"


def check_site(index: Path) -> dict[str, Element]:
    """`check_page` of every page beside `index`; the trees by address."""
    top = index.parent
    pages = sorted(top.rglob("*.html"))
    assert index in pages
    return {page.relative_to(top).as_posix(): check_page(page, top) for page in pages}


def page_text(root: Element) -> str:
    """The text of a page between its navigation and its footer, on one line."""
    return " ".join(root.all("main")[0].text.split())
