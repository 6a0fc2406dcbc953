"""Names as figures can show them: printable, not too long, broken where names have joints."""

import re
from collections.abc import Sequence

from whybench.leaderboard.markup import printable

LONGEST = 32


def label(name: str, longest: int = LONGEST) -> str:
    """`name` on one line, its middle left out where it is longer than `longest`.

    >>> label("integrated_gradients", 12)
    'integr…ients'
    """
    text = printable(name).lstrip("_ ") or "unnamed"
    if len(text) <= longest:
        return text
    head = longest // 2
    return f"{text[:head]}…{text[-(longest - head - 1) :]}"


def broken(name: str, width: int) -> str:
    """`label(name)` on lines of at most `width` characters, broken after spaces and joints where there are any.

    >>> broken("lrp(composite='epsilon_plus')", 16)
    "lrp(composite=\\n'epsilon_plus')"
    """
    lines = [""]
    for piece in re.findall(r"[^ _/(=,-]*[ _/(=,-]?", label(name)):
        if len(lines[-1]) + len(piece.rstrip()) > width and lines[-1]:
            lines.append("")
        while len(piece) > width + 1:
            lines[-1], piece = piece[:width], piece[width:]
            lines.append("")
        lines[-1] += piece
    return "\n".join(line.rstrip() for line in lines if line.strip())


def listed(names: Sequence[str], most: int = 4) -> str:
    """Names as a list for reading, the rest of them counted.

    >>> listed(["a", "b", "c"]), listed(["a", "b", "c"], most=2)
    ('a, b and c', 'a, b and 1 more')
    """
    shown = [label(name) for name in names[:most]]
    if len(names) > most:
        shown = [*shown, f"{len(names) - most} more"]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
