"""A Chinese font that the PDF engine can read: a TrueType or OpenType file, not a web font."""

import os
import subprocess
import sys
from pathlib import Path

from machine import packages
from machine.place import Missing, cache, locked, say

# Folders of packages that carry simplified Chinese, and a file that shows they are there.
KNOWN = (
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/noto-cjk/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/google-noto-cjk/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/google-noto-sans-cjk-fonts/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
)
WEB_FONT = ("@fontsource/noto-sans-sc", "5.3.0")
CONVERTER = ("fonttools==4.60.1", "brotli==1.1.0")
WEIGHTS = {"400": "Regular", "700": "Bold"}

# Runs with the converter on its path. The web font is cut into pieces for browsers; Chinese and Latin are joined again.
CONVERT = """
import sys
from fontTools.merge import Merger
from fontTools.ttLib import TTFont
target, *sources = sys.argv[1:]
pieces = []
for source in sources:
    font = TTFont(source)
    font.flavor = None
    piece = f"{target}.{len(pieces)}"
    font.save(piece)
    pieces.append(piece)
Merger().merge(pieces).save(target)
"""


def known() -> Path | None:
    """The folder of a font that is on the machine or in the cache already."""
    named = os.environ.get("USEFIRST_FONTS")
    if named:
        return Path(named)
    converted = cache() / "fonts"
    found = next((Path(path) for path in KNOWN if Path(path).exists()), None)
    return found.parent if found else converted if (converted / "complete").exists() else None


def install() -> tuple[Path, str]:
    if found := known():
        return found, f"the folder {found}"
    packages.install_debian(["font"])
    if found := known():
        return found, f"Debian's package in {found}"
    with locked(cache() / "fonts.lock"):
        if _convert(cache() / "fonts"):
            return cache() / "fonts", f"the npm package {WEB_FONT[0]}, converted"
    raise Missing(
        "No Chinese font for PDF documents. Debian: apt-get install fonts-noto-cjk; or set USEFIRST_FONTS."
    )


def _convert(target: Path) -> bool:
    home = packages.npm_package(*WEB_FONT)
    tools = packages.pypi_tools("fonttools", CONVERTER) if home else None
    if not home or not tools:
        return False
    target.mkdir(exist_ok=True)
    for weight, name in WEIGHTS.items():
        pieces = [
            home / "files" / f"noto-sans-sc-{part}-{weight}-normal.woff2"
            for part in ("latin", "chinese-simplified")
        ]
        made = target / f"NotoSansSC-{name}.ttf"
        ran = subprocess.run(
            [sys.executable, "-c", CONVERT, made, *pieces],
            env={**os.environ, "PYTHONPATH": str(tools)}, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if ran.returncode:
            say(f"The font could not be converted:\n{ran.stderr[-1500:]}")
            return False
        for piece in target.glob(f"{made.name}.*"):
            piece.unlink()
    (target / "complete").touch()
    return True
