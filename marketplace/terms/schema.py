"""The JSON Schema of the format (draft 2020-12), made from the same types that read and write it."""

from __future__ import annotations

import types
from dataclasses import is_dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Union, get_args, get_origin

from .codec import (
    DECIMAL_PATTERN,
    MAX_ITEMS,
    MAX_MINOR,
    MAX_TEXT,
    alternatives,
    default_of,
    plain_value,
    shape,
)
from .contract import FORMAT, Terms

IDENTIFIER = "https://schemas.usefirst.example/terms-1.json"
DECIMAL = {
    "anyOf": [
        {"type": "string", "pattern": f"^{DECIMAL_PATTERN}$", "maxLength": 40},
        {"type": "integer", "minimum": -MAX_MINOR, "maximum": MAX_MINOR},
    ]
}
SCALARS: dict[type, dict[str, Any]] = {
    bool: {"type": "boolean"},
    int: {"type": "integer", "minimum": -MAX_MINOR, "maximum": MAX_MINOR},
    str: {"type": "string", "maxLength": MAX_TEXT},
    date: {"type": "string", "format": "date", "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"},
    Decimal: DECIMAL,
}


def json_schema() -> dict[str, Any]:
    """Everything `read` accepts in shape; contradictions are found by `check`, not by a schema."""
    definitions: dict[str, Any] = {}
    root = _object(Terms, definitions)
    root["properties"]["format"] = {"const": FORMAT, "default": FORMAT}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": IDENTIFIER,
        "title": "Terms of a use-first-pay-later licence / 科技成果先使用后付费许可条款",
        **root,
        "$defs": dict(sorted(definitions.items())),
    }


def _of(kind_of: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    members = alternatives(kind_of)
    optional = get_origin(kind_of) in (Union, types.UnionType) and type(None) in get_args(kind_of)
    if len(members) > 1:
        found: dict[str, Any] = {"oneOf": [_of(member, definitions) for member in members]}
    else:
        found = _one(members[0], definitions)
    return {"anyOf": [found, {"type": "null"}]} if optional else found


def _one(member: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    if get_origin(member) is Annotated:
        return dict(DECIMAL)
    if get_origin(member) is tuple:
        return {"type": "array", "maxItems": MAX_ITEMS, "items": _of(get_args(member)[0], definitions)}
    if is_dataclass(member):
        if member.__name__ not in definitions:
            definitions[member.__name__] = {}  # triggers nest: the name must stand before its content
            definitions[member.__name__] = _object(member, definitions)
        return {"$ref": f"#/$defs/{member.__name__}"}
    if issubclass(member, StrEnum):
        return {"enum": [choice.value for choice in member]}
    return dict(SCALARS[member])


def _object(cls: type, definitions: dict[str, Any]) -> dict[str, Any]:
    properties: dict[str, Any] = {}
    required: list[str] = []
    tag = getattr(cls, "kind", None)
    if tag is not None:
        properties["kind"] = {"const": tag}
        required.append("kind")
    for name, (kind_of, needed) in shape(cls).items():
        properties[name] = _of(kind_of, definitions)
        if needed:
            required.append(name)
        elif default_of(cls)[name] is not None:
            properties[name]["default"] = plain_value(default_of(cls)[name], kind_of)
    described = (cls.__doc__ or "").strip().splitlines()
    return {
        "type": "object",
        **({"description": described[0]} if described and not described[0].startswith(cls.__name__) else {}),
        "properties": properties,
        **({"required": required} if required else {}),
        "additionalProperties": False,
    }
