"""Drawings in fewer bytes: what nobody sees is left out of an SVG."""

import re
from collections import Counter

PATH = re.compile(r' d="([^"]*)"')
STRAIGHT = re.compile(r"(?:[ML] -?[\d.]+ -?[\d.]+\s*|z\s*)+")
STEP = re.compile(r"([MLz])([^MLz]*)")
PLACE = re.compile(r' (x|y|width|height)="(-?\d+\.\d{3,})"')
LEVEL = re.compile(r' transform="rotate\(-?0 [^)]*\)"')
NAME = re.compile(r' id="([^"]*)"')
USED = re.compile(r"#([^\"')]+)[\"')]")
CLIPPED = re.compile(r' clip-path="(url\(#\w+\))" style="([^"<&]*)"')
LOOK = re.compile(r' style="([^"<&]*)"')
SHEET = "</style>"
ABOUT = re.compile(r"<!DOCTYPE.*?>\n?|<metadata>.*?</metadata>\n?", re.DOTALL)
GROUP = re.compile(r"<(/?)g( [^>]*)?>\n?")
INDENT = re.compile(r">\n\s*<")


def short(svg: str) -> str:
    """A drawing with places to a hundredth of a point, lines step by step, each style said once, no unused names.

    >>> short('<path id="line_1" d="M 46.812345 201.6 \\nL 46.9 211.25 \\nL 0 3 \\nz"/>')
    '<path d="M46.81 201.6l.09 9.65l-46.9-208.25z"/>'
    """
    used = set(USED.findall(svg))
    svg = PATH.sub(lambda found: f' d="{_path(found[1])}"', LEVEL.sub("", svg))
    svg = PLACE.sub(lambda found: f' {found[1]}="{_plain(round(100 * float(found[2])))}"', svg)
    svg = NAME.sub(lambda found: found[0] if found[1] in used else "", svg)
    return _styled(_flat(INDENT.sub(">\n<", ABOUT.sub("", svg, count=2))))


def _flat(svg: str) -> str:
    """Without groups that say nothing of what is in them.

    >>> _flat("<g><g class='a'><g></g>b</g></g>")
    "<g class='a'>b</g>"
    """
    told: list[bool] = []

    def kept(found: re.Match[str]) -> str:
        if not found[1]:
            told.append(bool(found[2]))
            return found[0] if found[2] else ""
        return found[0] if told.pop() else ""

    return GROUP.sub(kept, svg)


def _styled(svg: str) -> str:
    """Styles that several elements have as classes, in the drawing's own style sheet where it has one."""
    svg = CLIPPED.sub(r' style="\2; clip-path: \1"', svg)
    times = Counter(LOOK.findall(svg))
    classes = {look: f"s{k}" for k, look in enumerate(look for look, n in times.items() if n > 1)}
    if SHEET not in svg:
        return svg
    svg = LOOK.sub(lambda found: f' class="{classes[found[1]]}"' if found[1] in classes else found[0], svg)
    return svg.replace(SHEET, "".join(f".{name}{{{look}}}" for look, name in classes.items()) + SHEET, 1)


def _path(path: str) -> str:
    """Straight lines from place to place as steps; any other path as it is."""
    if not STRAIGHT.fullmatch(path):
        return path
    made, at = [], [0, 0]
    for letter, numbers in STEP.findall(path):
        place = [round(100 * float(number)) for number in numbers.split()]
        if letter == "L":
            made.append("l" + _joined([place[0] - at[0], place[1] - at[1]]))
        else:
            made.append(letter + _joined(place))
        at = place or at
    return "".join(made)


def _joined(hundredths: list[int]) -> str:
    """Numbers with a blank where no sign parts them."""
    return "".join(_plain(n) if n < 0 or not k else f" {_plain(n)}" for k, n in enumerate(hundredths))


def _plain(hundredths: int) -> str:
    text = f"{abs(hundredths) / 100:.2f}".rstrip("0").rstrip(".")
    return "-" * (hundredths < 0) + (text.removeprefix("0") or "0")
