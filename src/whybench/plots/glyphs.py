"""Fonts inside a PDF with nothing but the shapes of their letters."""

import re
import zlib
from io import BytesIO

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

OBJECT = re.compile(rb"(\d+) 0 obj\n(.*?)\nendobj\n", re.DOTALL)
FONT = re.compile(rb"<< /Length1 \d+ /Length \d+ /Filter /FlateDecode >>\nstream\n(.*)\nendstream", re.DOTALL)
NEEDED = {"head", "hhea", "hmtx", "maxp", "loca", "glyf"}
"""The tables that a font of numbered glyphs must have in a PDF."""


def small_fonts(pdf: bytes) -> bytes:
    """A PDF as matplotlib writes it, without the hints and tables that no reader of a PDF uses."""
    start = pdf.rfind(b"xref\n", 0, pdf.rfind(b"startxref"))
    made, places, at = [], {}, 0
    for found in OBJECT.finditer(pdf, 0, start):
        made.append(pdf[at : found.start()])
        at = found.end()
        places[int(found[1])] = sum(map(len, made))
        body = FONT.fullmatch(found[2])
        made.append(found[0] if body is None else found[0].replace(found[2], _thin(body[1])))
    made.append(pdf[at:start])
    written = b"".join(made)
    count = max(places) + 1
    table = [b"xref\n0 %d\n0000000000 65535 f \n" % count]
    table += [b"%010d 00000 n \n" % places[k] for k in range(1, count)]
    trailer = pdf[pdf.index(b"trailer", start) : pdf.rfind(b"startxref")]
    return written + b"".join(table) + trailer + b"startxref\n%d\n%%%%EOF\n" % len(written)


def _thin(packed: bytes) -> bytes:
    """A font file as the stream of a PDF, its glyphs under the numbers that they had."""
    font = TTFont(BytesIO(zlib.decompress(packed)))
    options = Options(retain_gids=True, hinting=False, notdef_outline=True, layout_features=[], glyph_names=False)
    cutter = Subsetter(options)
    cutter.populate(glyphs=font.getGlyphOrder())
    cutter.subset(font)
    for name in set(font.keys()) - NEEDED - {"GlyphOrder"}:
        del font[name]
    out = BytesIO()
    font.recalcTimestamp = False
    font.save(out)
    plain = out.getvalue()
    tight = zlib.compress(plain, 9)
    return b"<< /Length1 %d /Length %d /Filter /FlateDecode >>\nstream\n%s\nendstream" % (len(plain), len(tight), tight)
