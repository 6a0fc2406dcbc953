"""Names on a page, which may be broken where they have joints and nowhere else."""

import re

from markupsafe import Markup

from whybench.leaderboard.markup import printable


def joints(name: str) -> Markup:
    """`name`, escaped, with a place to break after each joint.

    >>> joints("lrp(composite='a_b')")
    Markup('lrp(<wbr>composite=<wbr>&#39;a_<wbr>b&#39;)')
    """
    return Markup("<wbr>").join(re.findall(r"[^ _/(=,-]*[ _/(=,-]|[^ _/(=,-]+", printable(name)))
