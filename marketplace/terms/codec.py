"""Reading and writing terms as JSON, driven by the types of the dataclasses.

Unknown fields are refused with their path; fields with a default may be left out; writing states every
field, so that a document keeps its meaning when a default changes, save those that came later (`contract.LATER`) while
they are at their default, which therefore never changes. Decimals are strings, money whole minor units, dates ISO. Reading what was written gives equal terms, and writing that gives the same document.
"""

from __future__ import annotations

import hashlib
import json
import re
import types
from collections import Counter
from dataclasses import MISSING, fields, is_dataclass
from datetime import date
from decimal import Context, Decimal
from enum import StrEnum
from functools import cache
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints
from unicodedata import category

from .contract import FORMAT, Terms
from .problems import Problem, TermsError

MAX_TEXT, MAX_ITEMS, MAX_DEPTH = 500, 200, 12
MAX_MINOR = 10**17  # a million billion yuan; larger is a slip of the pen
DECIMAL_PATTERN = r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)"
_DECIMAL, _DATE = re.compile(DECIMAL_PATTERN), re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_INVALID, EXACT = object(), Context(prec=100)


def read(document: Any) -> Terms:
    """Terms from a JSON object, text or bytes; raises TermsError naming every field that is wrong.

    Contradictions between readable fields are not looked for here: see `check`.
    """
    if isinstance(document, str | bytes):
        try:
            document = json.loads(document, parse_float=_Float, object_pairs_hook=_unique)
        except _Repeated as repeated:
            raise TermsError([Problem("", "repeated_field", {"field": str(repeated)})]) from None
        except (ValueError, RecursionError) as error:
            raise TermsError([Problem("", "not_json", {"detail": str(error)[:200]})]) from None
    problems: list[Problem] = []
    if isinstance(document, dict) and document.get("format", FORMAT) != FORMAT:
        raise TermsError([Problem("format", "unknown_format", {"value": str(document["format"])[:20]})])
    terms = read_as(Terms, document, "", problems)
    if problems:
        raise TermsError(problems)
    return terms


def write(terms: Any) -> dict[str, Any]:
    """The whole document as plain JSON values; a field that is None by default, or came later, is left out while it is
    at its default."""
    document: dict[str, Any] = {}
    kind = getattr(type(terms), "kind", None)
    if kind is not None:
        document["kind"] = kind
    later = later_of(type(terms))
    for name, (kind_of, _) in shape(type(terms)).items():
        value = getattr(terms, name)
        if name in later and value == later[name]:
            continue
        if value is not None:
            document[name] = plain_value(value, kind_of)
        elif default_of(type(terms))[name] is not None:
            document[name] = None
    return document


def canonical(terms: Any) -> bytes:
    """One sequence of bytes per meaning: keys sorted, no spaces, UTF-8."""
    return json.dumps(write(terms), sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def hash_of(terms: Any) -> str:
    """SHA-256 of the canonical form, in hex."""
    return hashlib.sha256(canonical(terms)).hexdigest()


@cache
def shape(cls: type) -> dict[str, tuple[Any, bool]]:
    """Field name → (type, required), in order."""
    hints = get_type_hints(cls, include_extras=True)
    return {
        field.name: (hints[field.name], field.default is MISSING and field.default_factory is MISSING)
        for field in fields(cls)
    }


@cache
def default_of(cls: type) -> dict[str, Any]:
    """Field name → default; None where there is none."""
    return {field.name: None if field.default is MISSING else field.default for field in fields(cls)}


@cache
def later_of(cls: type) -> dict[str, Any]:
    """Field name → default of the fields that came after terms had been agreed."""
    return {field.name: field.default for field in fields(cls) if field.metadata.get("later")}


@cache
def alternatives(kind_of: Any) -> tuple[Any, ...]:
    """The members of a union, without None."""
    if get_origin(kind_of) in (Union, types.UnionType):
        return tuple(member for member in get_args(kind_of) if member is not type(None))
    return (kind_of,)


def read_as(kind_of: Any, value: Any, path: str, problems: list[Problem], depth: int = 0) -> Any:
    """Read one value as a type, adding to `problems`; the result means nothing if any was added."""
    if depth > MAX_DEPTH:
        return _refuse(problems, path, "too_deep", limit=MAX_DEPTH)
    members = alternatives(kind_of)
    if len(members) > 1 and all(is_dataclass(member) for member in members):
        return _read_tagged(members, value, path, problems, depth)
    kind_of = members[0]
    if get_origin(kind_of) is Annotated:
        return _read_decimal(value, path, problems)
    if get_origin(kind_of) is tuple:
        return _read_list(get_args(kind_of)[0], value, path, problems, depth)
    if is_dataclass(kind_of):
        return _read_object(kind_of, value, path, problems, depth)
    return _read_scalar(kind_of, value, path, problems)


def _read_tagged(members: tuple, value: Any, path: str, problems: list[Problem], depth: int) -> Any:
    if not isinstance(value, dict):
        return _refuse(problems, path, "not_object")
    by_kind = {member.kind: member for member in members}
    kind = value.get("kind")
    if not isinstance(kind, str) or kind not in by_kind:
        return _refuse(problems, f"{path}.kind".lstrip("."), "not_a_choice", choices=", ".join(by_kind))
    return _read_object(by_kind[kind], value, path, problems, depth)


def _read_object(cls: type, value: Any, path: str, problems: list[Problem], depth: int) -> Any:
    if not isinstance(value, dict):
        return _refuse(problems, path, "not_object")
    known = shape(cls)
    before = len(problems)
    tag = getattr(cls, "kind", None)
    for name in value:
        if name not in known and not (name == "kind" and tag is not None):
            _refuse(problems, _join(path, str(name)[:60]), "unknown_field", known=", ".join(known))
    if tag is not None and value.get("kind", tag) != tag:
        _refuse(problems, _join(path, "kind"), "not_a_choice", choices=tag)
    values = {}
    for name, (kind_of, required) in known.items():
        if value.get(name) is not None:
            values[name] = read_as(kind_of, value[name], _join(path, name), problems, depth + 1)
        elif required:
            _refuse(problems, _join(path, name), "missing_field")
        elif name in value:
            if type(None) in get_args(kind_of):
                values[name] = None
            else:
                _refuse(problems, _join(path, name), "null_field")
    return cls(**values) if len(problems) == before else _INVALID


def _read_list(member: Any, value: Any, path: str, problems: list[Problem], depth: int) -> Any:
    if not isinstance(value, list):
        return _refuse(problems, path, "not_list")
    if len(value) > MAX_ITEMS:
        return _refuse(problems, path, "too_many", limit=MAX_ITEMS)
    return tuple(
        read_as(member, item, f"{path}[{place}]", problems, depth + 1) for place, item in enumerate(value)
    )


def _read_scalar(kind_of: Any, value: Any, path: str, problems: list[Problem]) -> Any:
    if kind_of is bool:
        return value if isinstance(value, bool) else _refuse(problems, path, "not_bool")
    if kind_of is int:
        if type(value) is not int:
            return _refuse(problems, path, "not_whole")
        return value if abs(value) <= MAX_MINOR else _refuse(problems, path, "too_large")
    if kind_of is Decimal:
        return _read_decimal(value, path, problems)
    if not isinstance(value, str):
        return _refuse(problems, path, "not_text")
    if kind_of is date:
        try:
            return (
                date.fromisoformat(value) if _DATE.fullmatch(value) else _refuse(problems, path, "not_date")
            )
        except ValueError:
            return _refuse(problems, path, "not_date")
    if issubclass(kind_of, StrEnum):
        choices = [choice.value for choice in kind_of]
        if value not in choices:
            return _refuse(problems, path, "not_a_choice", choices=", ".join(choices))
        return kind_of(value)
    if len(value) > MAX_TEXT:
        return _refuse(problems, path, "too_long", limit=MAX_TEXT)
    if any(category(sign) in ("Cc", "Cs") for sign in value):
        return _refuse(problems, path, "bad_text")
    return value


def _read_decimal(value: Any, path: str, problems: list[Problem]) -> Any:
    """A decimal string or a whole number; normalised, so that 0.030 and 0.03 are the same document."""
    if isinstance(value, bool | float | _Float) or not isinstance(value, str | int):
        return _refuse(problems, path, "not_decimal")
    if isinstance(value, str) and not _DECIMAL.fullmatch(value):
        return _refuse(problems, path, "not_decimal")
    number = Decimal(value)
    if abs(number) > MAX_MINOR or number.as_tuple().exponent < -12 or len(str(value)) > 40:
        return _refuse(problems, path, "too_large")
    return number.normalize(EXACT) if number else Decimal(0)


def plain_value(value: Any, kind_of: Any) -> Any:
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, tuple):
        member = get_args(alternatives(kind_of)[0])[0]
        return [plain_value(item, member) for item in value]
    if isinstance(value, Decimal):
        whole = get_origin(alternatives(kind_of)[0]) is Annotated and value == value.to_integral_value()
        return int(value) if whole else format(value.normalize(EXACT), "f")
    if isinstance(value, date):
        return value.isoformat()
    return write(value) if is_dataclass(value) else value


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _refuse(problems: list[Problem], path: str, code: str, **params: Any) -> Any:
    problems.append(Problem(path, code, params))
    return _INVALID


class _Float(str):
    """A JSON number with a point: kept as its text so that it can be refused, never as a float."""


class _Repeated(Exception):
    """A field that stands twice in one object."""


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) < len(pairs):
        raise _Repeated(Counter(name for name, _ in pairs).most_common(1)[0][0])
    return document
