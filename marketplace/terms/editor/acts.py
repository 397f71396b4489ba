"""What buttons do to a draft: rows more, less, moved and copied; parts that may be left out; conditions joined."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

from ..contract import DailyInterest, MonthlyInterest
from ..elements import Minimum, Royalty
from .draft import Draft, is_place, text

ACTS = ("add", "remove", "up", "down", "copy", "give", "drop", "join", "show")
_TIER = {"up_to": "", "rate": ""}
_PART = {"share": "", "trigger": {"kind": "after", "months": "", "days": "0", "anchor": "effect"}}
_LISTS = frozenset({"elements", "caps", "tiers", "parts", "combinations", "of"})
_LEAF = {"kind": "event", "name": "first_income"}


def act(draft: Draft, wanted: str) -> Draft:
    """A new draft after one act: "add elements royalty", "remove elements-1", "up elements-1", "copy caps-0",
    "give elements-0-baseline", "drop trial", "join elements-0-trigger all"; "show" only fills what must not be
    empty. What cannot be done changes nothing."""
    draft = deepcopy(draft)
    verb, _, rest = wanted.strip().partition(" ")
    path, _, word = rest.partition(" ")
    parts = [part for part in path.split("-") if part]
    doing: dict[str, Callable[[Draft, list[str], str], None]] = {
        "add": _add,
        "remove": _remove,
        "up": lambda d, p, _w: _move(d, p, -1),
        "down": lambda d, p, _w: _move(d, p, 1),
        "copy": _copy,
        "give": _give,
        "drop": _drop,
        "join": _join,
    }
    if parts and verb in doing:
        doing[verb](draft, parts, word)
    _settle(draft)
    return draft


def without_other_rate(draft: Draft) -> tuple[Draft, str]:
    """Late interest that was drawn per day and is now chosen per month, or the other way round, loses its rate: the same
    figure would mean thirty times as much or as little. Also tells the rate that is gone; "" where nothing changed.
    What was drawn is known by the box of part months, which only a rate per month has."""
    interest = draft.get("interest")
    if not isinstance(interest, dict) or not text(interest.get("rate")):
        return draft, ""
    kind = text(interest.get("kind"))
    if kind not in (MonthlyInterest.kind, DailyInterest.kind):
        return draft, ""
    if (kind == MonthlyInterest.kind) == ("part_months" in interest):
        return draft, ""
    return draft | {"interest": interest | {"rate": ""}}, text(interest["rate"])


def _at(draft: Draft, parts: list[str]) -> Any:
    node: Any = draft
    for part in parts:
        if isinstance(node, list) and is_place(part) and int(part) < len(node):
            node = node[int(part)]
        elif isinstance(node, dict):
            node = node.get(part)
        else:
            return None
    return node


def _list(draft: Draft, parts: list[str]) -> list | None:
    """The list of rows at a path, made where it is missing."""
    holder = _at(draft, parts[:-1])
    if not isinstance(holder, dict) or parts[-1] not in _LISTS:
        return None
    if not isinstance(holder.get(parts[-1]), list):
        holder[parts[-1]] = []
    return holder[parts[-1]]


def _row(draft: Draft, parts: list[str]) -> tuple[list | None, int]:
    listed = _at(draft, parts[:-1])
    if isinstance(listed, list) and is_place(parts[-1]) and int(parts[-1]) < len(listed):
        return listed, int(parts[-1])
    return None, 0


def _add(draft: Draft, parts: list[str], word: str) -> None:
    listed = _list(draft, parts)
    if listed is None:
        return
    if parts == ["elements"]:
        listed.append(_element(draft, word))
    elif parts == ["caps"]:
        span = word if word in ("life", "year") else "life"
        counted = [text(one.get("id")) for one in draft.get("elements") or [] if _costs(one, span)]
        listed.append({"id": _free_id(draft, f"cap_{span}"), "counts": counted, "amount": "", "span": span})
    elif parts[-1] == "tiers":
        is_open = bool(listed) and isinstance(listed[-1], dict) and not text(listed[-1].get("up_to"))
        listed.insert(len(listed) - 1 if is_open else len(listed), dict(_TIER))
    elif parts[-1] == "parts":
        listed.append(deepcopy(listed[-1]) if listed else deepcopy(_PART))
        listed[-1]["share"] = ""
    elif parts[-1] == "combinations":
        listed.append({"product": "", "own": "", "other": ""})
    elif parts[-1] == "of":
        listed.append(dict(_LEAF))


def _element(draft: Draft, kind: str) -> Draft:
    elements = [one for one in draft.get("elements") or [] if isinstance(one, dict)]
    known = elements[0] if elements else {}
    royalties = [text(one.get("id")) for one in elements if text(one.get("kind")) == Royalty.kind]
    element: Draft = {
        "kind": kind,
        "id": _free_id(draft, kind),
        "commitment": text(known.get("commitment")) or "contingent",
    }
    if kind == Minimum.kind:
        element |= {"counts": royalties, "due": {"kind": "fixed_day", "month": "1", "day": "31"}}
        element["commitment"] = "contingent"
    elif kind == "entry_fee":
        element["credit_against"] = []
    elif kind == "milestone":
        element |= {
            "commitment": "contingent",
            "trigger": {"kind": "event", "name": "", "attested_by": "both"},
        }
    return element


def _costs(element: Any, span: str) -> bool:
    """Whether a cap counts an element unless somebody says otherwise."""
    kind = text(element.get("kind")) if isinstance(element, dict) else ""
    return kind in ("royalty", "yearly_fee") or (span == "life" and bool(kind))


def _free_id(draft: Draft, stem: str) -> str:
    taken = {
        text(one.get("id"))
        for name in ("elements", "caps")
        for one in draft.get(name) or []
        if isinstance(one, dict)
    }
    number = 1
    while (name := stem if number == 1 else f"{stem}_{number}") in taken:
        number += 1
    return name


def _remove(draft: Draft, parts: list[str], _word: str) -> None:
    listed, place = _row(draft, parts)
    if listed is None:
        return
    gone = listed.pop(place)
    if parts[0] == "elements" and len(parts) == 2 and isinstance(gone, dict):
        _forget(draft, text(gone.get("id")))
    elif parts[-2] == "of" and len(listed) == 1:
        _replace(draft, parts[:-2], listed[0])


def _forget(draft: Draft, name: str) -> None:
    """An element that is gone is counted no longer."""
    for listed in ("elements", "caps"):
        for one in draft.get(listed) or []:
            for key in ("counts", "credit_against"):
                if isinstance(one, dict) and isinstance(one.get(key), list):
                    one[key] = [target for target in one[key] if target != name]


def _replace(draft: Draft, parts: list[str], node: Any) -> None:
    holder = _at(draft, parts[:-1])
    if isinstance(holder, dict):
        holder[parts[-1]] = node
    elif isinstance(holder, list):
        holder[int(parts[-1])] = node


def _move(draft: Draft, parts: list[str], by: int) -> None:
    listed, place = _row(draft, parts)
    if listed is not None and 0 <= place + by < len(listed):
        listed[place], listed[place + by] = listed[place + by], listed[place]


def _copy(draft: Draft, parts: list[str], _word: str) -> None:
    listed, place = _row(draft, parts)
    if listed is None:
        return
    again = deepcopy(listed[place])
    if isinstance(again, dict) and "id" in again:
        again["id"] = _free_id(draft, text(again["id"]) or "element")
    listed.insert(place + 1, again)


def _give(draft: Draft, parts: list[str], _word: str) -> None:
    holder = _at(draft, parts[:-1])
    if isinstance(holder, dict) and isinstance(holder.get(parts[-1], {}), dict):
        holder[parts[-1]] = holder.get(parts[-1], {}) | {"given": "on"}


def _drop(draft: Draft, parts: list[str], _word: str) -> None:
    holder = _at(draft, parts[:-1])
    if isinstance(holder, dict) and isinstance(holder.get(parts[-1], {}), dict):
        holder[parts[-1]] = {"kind": ""} if "kind" in holder.get(parts[-1], {}) else {"given": ""}


def _join(draft: Draft, parts: list[str], word: str) -> None:
    """A condition becomes one of several; without one there is a first."""
    node = _at(draft, parts)
    if parts[-1] != "trigger" and not (is_place(parts[-1]) and parts[-2:-1] == ["of"]):
        return
    if not isinstance(node, dict) or not text(node.get("kind")):
        _replace(draft, parts, {"kind": "after", "months": "12", "days": "0", "anchor": "effect"})
    else:
        _replace(draft, parts, {"kind": "all" if word == "all" else "any", "of": [node, dict(_LEAF)]})


def _settle(node: Any) -> None:
    """Lists that must not be empty have the rows to begin with."""
    if isinstance(node, list):
        for one in node:
            _settle(one)
    if not isinstance(node, dict):
        return
    kind = text(node.get("kind"))
    if kind == "tiers" and not node.get("tiers"):
        first = text(node.get("rate"))
        node["tiers"] = [{"up_to": "", "rate": first}, dict(_TIER)]
    elif kind in ("any", "all") and not node.get("of"):
        node["of"] = [{"kind": "after", "months": "12", "days": "0", "anchor": "effect"}, dict(_LEAF)]
    elif kind == "instalments" and not node.get("parts"):
        node["parts"] = [deepcopy(_PART), deepcopy(_PART)]
    for inner in node.values():
        if isinstance(inner, dict | list):
            _settle(inner)
