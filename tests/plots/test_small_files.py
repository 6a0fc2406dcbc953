"""Figures in fewer bytes show the same."""

import re
import zlib
from base64 import b64decode, b64encode
from io import BytesIO
from pathlib import Path

import numpy as np
from fontTools.ttLib import TTFont
from matplotlib import rc_context
from PIL import Image

from whybench.plots.glyphs import small_fonts
from whybench.plots.pixels import small_pixels
from whybench.plots.short import short
from whybench.plots.style import new_figure


def pdf(tmp_path: Path) -> bytes:
    with rc_context({"pdf.fonttype": 42, "font.family": ["DejaVu Sans"]}):
        figure = new_figure(2, 2)
        figure.text(0.1, 0.5, "Relevance ± −")
        figure.savefig(tmp_path / "a.pdf", metadata={"CreationDate": None})
    return (tmp_path / "a.pdf").read_bytes()


def fonts(written: bytes) -> list[TTFont]:
    streams = re.finditer(rb"/Length1 \d+ /Length (\d+) /Filter /FlateDecode >>\nstream\n", written)
    return [TTFont(BytesIO(zlib.decompress(written[s.end() : s.end() + int(s[1])]))) for s in streams]


def test_a_pdf_keeps_its_letters_and_loses_the_rest_of_its_fonts(tmp_path: Path) -> None:
    before = pdf(tmp_path)
    after = small_fonts(before)
    assert len(after) < 0.75 * len(before)
    for old, new in zip(fonts(before), fonts(after), strict=True):
        assert old["maxp"].numGlyphs == new["maxp"].numGlyphs
        assert "fpgm" not in new
        for a, b in zip(old.getGlyphOrder(), new.getGlyphOrder(), strict=True):
            assert old["hmtx"][a] == new["hmtx"][b]
            assert list(old["glyf"][a].getCoordinates(old["glyf"])[0]) == list(
                new["glyf"][b].getCoordinates(new["glyf"])[0]
            )


def test_every_object_of_the_pdf_is_where_its_table_says(tmp_path: Path) -> None:
    written = small_fonts(pdf(tmp_path))
    start = int(re.search(rb"startxref\n(\d+)\n%%EOF\n$", written)[1])  # type: ignore[index]
    assert written[start : start + 5] == b"xref\n"
    lines = written[start:].split(b"\n")[2:]
    for k, line in enumerate(lines[: int(written[start:].split()[2])]):
        if line.endswith(b" n "):
            assert written[int(line[:10]) :].startswith(b"%d 0 obj" % k)


def test_pixels_stay_as_they_are() -> None:
    levels = np.random.default_rng(0).integers(0, 2, (64, 64, 3)).astype(np.uint8) * 200
    whole = np.dstack([levels, np.full((64, 64), 255, np.uint8)])
    out = BytesIO()
    Image.fromarray(whole).save(out, format="PNG")
    made = small_pixels(f'<image xlink:href="data:image/png;base64,\n{b64encode(out.getvalue()).decode()}"/>')
    found = re.search(r"base64,([^\"]*)\"", made)
    assert found is not None
    with Image.open(BytesIO(b64decode(found[1]))) as image:
        assert image.mode == "P"
        assert (np.asarray(image.convert("RGB")) == levels).all()


def test_what_clips_a_line_is_said_with_its_look() -> None:
    svg = '<style></style><path d="M0 0" clip-path="url(#a)" style="x: 1"/><path clip-path="url(#a)" style="x: 1"/>'
    assert short(svg).count("url(#a)") == 1
