"""The demo's texts: our own, about invented institutions; nasa.json comes from NASA's patent portfolio, which is
in the public domain."""

import json
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent / "data"


@cache
def texts(name: str):
    """The content of data/<name>.json. Numbers stay text where they are money."""
    return json.loads((FOLDER / f"{name}.json").read_text("utf-8"))


def listings() -> list[dict]:
    return [row for path in sorted(FOLDER.glob("listings_*.json")) for row in texts(path.stem)]
