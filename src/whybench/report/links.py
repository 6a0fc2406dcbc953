"""The addresses of the site's pages, seen from its top folder; names given by people never become paths as they are."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from posixpath import dirname, relpath

from whybench.leaderboard.contest import Block
from whybench.leaderboard.variants import Variant
from whybench.leaderboard.view import View

OVERVIEW = "index.html"
ACROSS = "across.html"
CURVES = "curves.html"
GALLERY = "gallery.html"
COST = "cost.html"
AGREEMENT = "agreement.html"
SPECIFICATIONS = "specifications.html"
ABSENT = "absent.html"
METHODS = "methods.html"
METRICS = "metrics.html"
PROVENANCE = "provenance.html"


@dataclass(frozen=True)
class Links:
    """Where the pages of blocks and methods lie."""

    blocks: Mapping[Block, str]
    """The slug of each block."""
    methods: Mapping[tuple[Block, Variant], str]
    """The slug of each method in its block, under the name that tables show."""

    def block(self, block: Block) -> str:
        """The page of a block: its tables, family by family."""
        return f"blocks/{self.blocks[block]}.html"

    def gallery(self, block: Block) -> str:
        """The page of a block's explanations side by side."""
        return f"gallery/{self.blocks[block]}.html"

    def samples(self, block: Block, method: Variant) -> str:
        """The page of one method in a block: what every single sample says."""
        return f"samples/{self.blocks[block]}/{self.methods[block, method]}.html"


def links(views: Iterable[View]) -> Links:
    """The addresses of a board's pages, the same whenever they are asked for."""
    found = list(views)
    blocks = dict(zip([v.block for v in found], distinct([v.block[1:] for v in found]), strict=True))
    methods: dict[tuple[Block, Variant], str] = {}
    for view in found:
        order = sorted(view.method_names)
        slugs = distinct([(view.method_names[m],) for m in order])
        methods |= {(view.block, m): slug for m, slug in zip(order, slugs, strict=True)}
    return Links(blocks, methods)


def slug(names: Iterable[str]) -> str:
    """Names as one word for a file or an id.

    >>> slug(["tiny_images", "CNN (seed=1)"])
    'tiny-images_cnn-seed-1'
    """
    words = [re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:60].strip("-") for name in names]
    return "_".join(word for word in words if word) or "unnamed"


def distinct(names: Sequence[Sequence[str]]) -> list[str]:
    """The slug of each, a number behind those that are taken.

    >>> distinct([["a b"], ["a-b"], ["c"]])
    ['a-b', 'a-b_2', 'c']
    """
    taken: set[str] = set()
    made = []
    for name in names:
        word, turn = slug(name), 1
        while (free := word if turn == 1 else f"{word}_{turn}") in taken:
            turn += 1
        taken.add(free)
        made.append(free)
    return made


def relative(address: str, page: str) -> str:
    """An address of the site as a link on one of its pages.

    >>> relative("blocks/digits.html", "samples/digits/lrp.html")
    '../../blocks/digits.html'
    """
    path, mark, fragment = address.partition("#")
    return f"{relpath(path, dirname(page) or '.')}{mark}{fragment}"
