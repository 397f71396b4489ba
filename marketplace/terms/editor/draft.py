"""Drafts: trees of what was typed, in the shape of the terms; from terms, from fields, and to fields."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, is_dataclass
from functools import cache
from typing import Any, get_args

from marketplace.money import EXPONENTS

from ..choices import MONEY_METERS
from ..codec import MAX_ITEMS, alternatives, default_of, shape
from ..contract import Terms
from ..elements import Royalty
from ..triggers import Threshold
from .typed import Typed, is_node, is_rows, kind_of_leaf, text_of

MAX_PARTS = 40  # of a name: as deep as the language nests
_NAME = re.compile(r"[a-z_]+(-([a-z_]+|[0-9]{1,3}))*")
Draft = dict[str, Any]
SKIPPED = {"format"}
# What a field that must be chosen starts from.
FIRST = {"commitment": "contingent", "base": "net_sales", "rate": "fixed", "trigger": "after"}


@dataclass(frozen=True)
class Field:
    """One field that a form shows: whose it is, what it takes, what stands in it."""

    name: str
    of: str  # the kind of object: "royalty", "tiers", "terms", …
    attribute: str  # "rate", "kind" or "given" besides the attributes of the language
    typed: Typed
    text: str | list[str]
    choices: tuple[str, ...] = ()  # closed sets only
    required: bool = False


def name_of(path: str) -> str:
    """The field of a path in the document: "elements[0].amount" → "elements-0-amount"."""
    return re.sub(r"\[(\d+)\]", r"-\1", path).replace(".", "-")


def text(node: Any) -> str:
    """What stands in a leaf: of several values (a box and the empty field before it) the last."""
    if isinstance(node, list):
        node = node[-1] if node else ""
    return node.strip() if isinstance(node, str) else ""


def texts(node: Any) -> list[str]:
    """The values of a leaf that takes several."""
    listed = node if isinstance(node, list) else [node]
    return [one.strip() for one in listed if isinstance(one, str) and one.strip()]


def is_on(node: Any) -> bool:
    """Whether a box is ticked."""
    return text(node).lower() not in ("", "0", "false", "off", "no")


def rows(node: Any) -> list[Draft]:
    """The rows of a list of objects."""
    return [one for one in node if isinstance(one, dict)] if isinstance(node, list) else []


def is_given(node: Any, default: Any) -> bool:
    """Whether an object that may be left out is there."""
    if not isinstance(node, dict):
        return default is not None
    return is_on(node["given"]) if "given" in node else True


def chosen(node: Any, members: tuple[type, ...], default: Any, name: str, *, optional: bool) -> type | None:
    """Which of several kinds of object a node is; None for none."""
    by_kind = {member.kind: member for member in members}
    if isinstance(node, dict) and "kind" in node:
        return by_kind.get(text(node["kind"])) if optional else by_kind.get(text(node["kind"]), members[0])
    if default is not None:
        return type(default)
    return None if optional else by_kind.get(FIRST.get(name, ""), members[0])


def counts_money(cls: type, node: Any, money: bool) -> bool:
    """Whether the quantities inside an object are sums: by the meter that it counts."""
    if cls is Royalty:
        return text(node.get("base")) != "units"
    if cls is Threshold:
        return text(node.get("meter")) in MONEY_METERS
    return money


def currency_of(draft: Draft) -> str:
    wanted = text(draft.get("currency"))
    return wanted if wanted in EXPONENTS else "CNY"


@cache
def optional(kind_of: Any) -> bool:
    return type(None) in get_args(kind_of)


@cache
def members_of(kind_of: Any) -> tuple[type, ...]:
    """The kinds of object that a list of objects holds."""
    return alternatives(get_args(alternatives(kind_of)[0])[0])


def draft_of(terms: Any) -> Draft:
    """What one would type for these terms; `understand` makes exactly the same terms of it."""
    currency = terms.currency if terms.currency in EXPONENTS else "CNY"
    return _drafted(terms, currency, money=True)


def _drafted(value: Any, currency: str, *, money: bool) -> Draft:
    cls = type(value)
    node: Draft = {"kind": cls.kind} if getattr(cls, "kind", None) else {}
    if cls is Royalty:
        money = value.base.value != "units"
    elif cls is Threshold:
        money = value.is_money
    for name, (kind_of, _required) in shape(cls).items():
        inner = getattr(value, name)
        if name in SKIPPED:
            continue
        if is_rows(kind_of):
            node[name] = [_drafted(one, currency, money=money) for one in inner]
        elif is_node(kind_of) and len(alternatives(kind_of)) > 1:
            node[name] = {"kind": ""} if inner is None else _drafted(inner, currency, money=money)
        elif is_node(kind_of):
            given = {"given": "" if inner is None else "on"} if optional(kind_of) else {}
            node[name] = given | ({} if inner is None else _drafted(inner, currency, money=money))
        else:
            node[name] = text_of(inner, kind_of_leaf(cls, name, kind_of, money=money), currency)
    return node


def from_fields(posted: Mapping[str, Any]) -> Draft:
    """A draft from the fields of a form: name → text or texts (or a QueryDict). Rows keep their order and
    close up; names that are none of the terms' are ignored."""
    pairs = posted.lists() if hasattr(posted, "lists") else posted.items()
    tree: dict[str, Any] = {}
    known = set(shape(Terms)) - SKIPPED
    for name, value in pairs:
        parts = name.split("-")
        if parts[0] not in known or len(parts) > MAX_PARTS or not _NAME.fullmatch(name):
            continue
        node = tree
        for part in parts[:-1]:
            inner = node.setdefault(part, {})
            if not isinstance(inner, dict):
                inner = node[part] = {}
            node = inner
        if not isinstance(node.get(parts[-1]), dict):
            node[parts[-1]] = value
    return _closed_up(tree)


def is_place(key: str) -> bool:
    """Whether a part of a name is a row's place. (`isdigit` knows signs that `int` does not.)"""
    return key.isascii() and key.isdigit() and len(key) < 10


def _closed_up(node: Any) -> Any:
    """Objects whose keys are numbers become lists, in order."""
    if not isinstance(node, dict):
        return node
    if node and all(is_place(key) for key in node):
        return [_closed_up(node[key]) for key in sorted(node, key=int)][:MAX_ITEMS]
    return {key: _closed_up(value) for key, value in node.items()}


def is_empty(draft: Draft) -> bool:
    return not draft


def fields(draft: Draft) -> dict[str, str | list[str]]:
    """Name → text of every field that a form has to show, so that sending them back gives the same draft."""
    return {field.name: field.text for field in each_field(draft)}


def each_field(draft: Draft) -> Iterator[Field]:
    """Every field in the order of the language; of several kinds only the chosen one's."""
    yield from _fields_of(Terms, draft, "", currency_of(draft), money=True)


def _fields_of(cls: type, node: Any, path: str, currency: str, *, money: bool) -> Iterator[Field]:
    node = node if isinstance(node, dict) else {}
    money = counts_money(cls, node, money)
    of = getattr(cls, "kind", cls.__name__.lower())
    for name, (kind_of, required) in shape(cls).items():
        if name in SKIPPED:
            continue
        where, inner, default = path + name, node.get(name), default_of(cls)[name]
        if is_rows(kind_of):
            for place, row in enumerate(rows(inner)):
                members = members_of(kind_of)
                yield from _kind_fields(members, row, f"{where}-{place}", name, None, False, currency, money)
        elif is_node(kind_of) and len(alternatives(kind_of)) > 1:
            yield from _kind_fields(
                alternatives(kind_of), inner, where, name, default, optional(kind_of), currency, money
            )
        elif is_node(kind_of):
            given = not optional(kind_of) or is_given(inner, default)
            if optional(kind_of):
                yield Field(f"{where}-given", name, "given", Typed.FLAG, "on" if given else "")
            if given:
                member = alternatives(kind_of)[0]
                yield from _fields_of(member, inner, f"{where}-", currency, money=money)
        else:
            typed = kind_of_leaf(cls, name, kind_of, money=money)
            if name in node:
                stands = texts(inner) if typed is Typed.CHOICES else text(inner)
                if typed is Typed.FLAG:
                    stands = "on" if is_on(inner) else ""
            else:
                stands = text_of(default, typed, currency) or FIRST.get(name, "")
            if typed is Typed.CHOICES and not isinstance(stands, list):
                stands = []
            yield Field(where, of, name, typed, stands, _closed(kind_of), required)


def _kind_fields(members, node, where, name, default, is_optional, currency, money) -> Iterator[Field]:
    """The fields of one of several kinds, after the field that says which; a row of one kind has none."""
    if len(members) == 1:
        yield from _fields_of(members[0], node, f"{where}-", currency, money=money)
        return
    member = chosen(node, members, default, name, optional=is_optional)
    kinds = tuple(one.kind for one in members)
    choices = ("", *kinds) if is_optional else kinds
    yield Field(f"{where}-kind", name, "kind", Typed.CHOICE, member.kind if member else "", choices)
    if member is not None:
        yield from _fields_of(member, node, f"{where}-", currency, money=money)


@cache
def _closed(kind_of: Any) -> tuple[str, ...]:
    member = alternatives(kind_of)[0]
    if not isinstance(member, type):
        inner = get_args(member)[0] if get_args(member) else None
        member = inner if isinstance(inner, type) else member
    if isinstance(member, type) and hasattr(member, "__members__") and not is_dataclass(member):
        listed = tuple(one.value for one in member)
        return ("", *listed) if optional(kind_of) else listed
    return ()
