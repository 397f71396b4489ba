"""Texts inside terms that would make two documents out of one meaning."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any

from .problems import Problem


def odd_texts(node: Any, path: str = "") -> Iterator[Problem]:
    """Texts with spaces around them, and entries of lists that say nothing: two documents that read the same
    would have different hashes."""
    if isinstance(node, str):
        if node != node.strip():
            yield Problem(path, "spaces_around")
        elif not node and path.endswith("]"):
            yield Problem(path, "empty_text")
    elif isinstance(node, tuple):
        for place, inner in enumerate(node):
            yield from odd_texts(inner, f"{path}[{place}]")
    elif is_dataclass(node):
        for part in fields(node):
            yield from odd_texts(getattr(node, part.name), f"{path}.{part.name}".removeprefix("."))
