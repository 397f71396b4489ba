"""A bundle as its verifier reads it: its papers, whether they agree, and the same bundle with one paper forged."""

import io
import json
import zipfile
from random import Random

from .memory import load_verifier, members_of
from .mutations import UNCHECKED, Cheat

VERIFIER = load_verifier()


def papers(content) -> dict:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: json.loads(archive.read(name)) for name in archive.namelist() if name.endswith(".json")}


def agrees(content) -> list[str]:
    bundle = VERIFIER.verify(content)
    assert bundle.wrong == []
    return bundle.seen


def resealed(content: bytes, name: str, change) -> bytes:
    """The bundle with one paper changed and every hash made anew."""
    whole = VERIFIER.Bundle(content)
    VERIFIER.check_file(whole)
    paper = json.loads(whole.members[name])
    change(paper)
    members = {**whole.members, name: VERIFIER.canonical(paper) + b"\n"}
    manifest = json.loads(members["manifest.json"])
    manifest["files"][name] = VERIFIER.sha256(members[name])
    members["manifest.json"] = VERIFIER.canonical(manifest) + b"\n"
    members["manifest.sha256"] = VERIFIER.sha256(members["manifest.json"]).encode() + b"\n"
    return VERIFIER.packed(members)


def every_change_is_named(content, *, each: int = 1, **but: str) -> None:
    """At every kind of place of the papers (mutations.py), with all hashes of the file made anew; `but`: fields of charges
    that cannot be checked here, and why."""
    known = UNCHECKED | {f"charges[].{name}": why for name, why in but.items()}
    assert Cheat(VERIFIER, members_of(content), Random(1)).unseen(known, each=each) == {}
