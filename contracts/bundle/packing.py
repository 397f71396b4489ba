"""One file out of many papers: canonical JSON, a manifest of hashes, and a zip with the same bytes every time."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from typing import Any

FORMAT = "usefirst-bundle-1"
MANIFEST, SEAL = "manifest.json", "manifest.sha256"
EPOCH = (1980, 1, 1, 0, 0, 0)  # the first moment that a zip can state


def canonical(document: Any) -> bytes:
    """One sequence of bytes per meaning: keys sorted, no spaces, UTF-8, one newline at the end."""
    text = json.dumps(document, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.encode() + b"\n"


def pack(members: Mapping[str, bytes], about: Mapping[str, Any]) -> bytes:
    """The zip of some members with their manifest (`about` says whose bundle it is) and its seal.

    Names in order, no compression, no clock: packing the same members twice gives the same bytes.
    """
    listed = {name: hashlib.sha256(members[name]).hexdigest() for name in sorted(members)}
    manifest = canonical({**about, "format": FORMAT, "files": listed})
    seal = hashlib.sha256(manifest).hexdigest().encode() + b"\n"
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name, content in sorted({**members, MANIFEST: manifest, SEAL: seal}.items()):
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.create_system, entry.external_attr = 3, 0o644 << 16
            archive.writestr(entry, content)
    return out.getvalue()
