"""What a draft means: the terms, or every finding at the field that it is about."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from marketplace.money import EXPONENTS

from ..check import check
from ..codec import alternatives, default_of, read, shape
from ..contract import Terms
from ..problems import ERROR, WARNING, Problem, TermsError
from .draft import (
    SKIPPED,
    Draft,
    chosen,
    counts_money,
    currency_of,
    fields,
    is_given,
    is_on,
    members_of,
    name_of,
    optional,
    rows,
    text,
    texts,
)
from .typed import Typed, Unreadable, is_node, is_rows, kind_of_leaf, value_of


@dataclass(frozen=True)
class Understood:
    """`terms` where the draft can be read, contradictions or not; `problems` by the name of the field ("" for
    the whole). `partial` says as much as can be said: without the rows and fields that cannot be read."""

    terms: Terms | None
    problems: dict[str, list[Problem]] = field(default_factory=dict)
    partial: Terms | None = None

    def _of(self, severity: str) -> dict[str, list[Problem]]:
        found = {
            name: [problem for problem in problems if problem.severity == severity]
            for name, problems in self.problems.items()
        }
        return {name: problems for name, problems in found.items() if problems}

    @property
    def errors(self) -> dict[str, list[Problem]]:
        return self._of(ERROR)

    @property
    def warnings(self) -> dict[str, list[Problem]]:
        """Ceilings and the like: they do not refuse, and each names its source."""
        return self._of(WARNING)

    @property
    def is_sound(self) -> bool:
        return self.terms is not None and not self.errors


def understand(draft: Draft, also: Callable[[Terms], list[Problem]] | None = None) -> Understood:
    """Read a draft and look for contradictions; `also` finds what only the page knows (an amendment's limits,
    the patents' end)."""
    problems: list[Problem] = []
    wanted = text(draft.get("currency")) if "currency" in draft else "CNY"
    if wanted not in EXPONENTS:
        problems.append(Problem("currency", "unknown_currency", {"value": wanted[:20]}))
    document = _document(Terms, draft, "", currency_of(draft), problems, money=True)
    if not problems:
        try:
            terms = read(document)
        except TermsError as error:
            problems = error.problems
        else:
            found = [*check(terms), *(also(terms) if also else ())]
            return Understood(terms, _by_field(draft, found), terms)
    return Understood(None, _by_field(draft, problems), _readable(document, problems))


def _document(
    cls: type, node: Any, path: str, currency: str, problems: list[Problem], *, money: bool
) -> dict:
    node = node if isinstance(node, dict) else {}
    money = counts_money(cls, node, money)
    document: dict[str, Any] = {"kind": cls.kind} if getattr(cls, "kind", None) else {}
    for name, (kind_of, required) in shape(cls).items():
        where, inner, default = f"{path}{name}", node.get(name), default_of(cls)[name]
        if name in SKIPPED:
            continue
        if is_rows(kind_of):
            members = members_of(kind_of)
            document[name] = [
                _one_of(members, row, f"{where}[{place}]", name, None, currency, problems, money=money)
                for place, row in enumerate(rows(inner))
            ]
        elif is_node(kind_of):
            members = alternatives(kind_of)
            is_optional = optional(kind_of)
            if len(members) == 1:
                there = not is_optional or is_given(inner, default)
            else:
                there = chosen(inner, members, default, name, optional=is_optional) is not None
                if not there and isinstance(inner, dict) and text(inner.get("kind")):
                    kinds = ", ".join(member.kind for member in members)
                    problems.append(Problem(f"{where}.kind", "not_a_choice", {"choices": kinds}))
            if there:
                document[name] = _one_of(
                    members,
                    inner,
                    where,
                    name,
                    default,
                    currency,
                    problems,
                    money=money,
                    optional_=is_optional,
                )
            elif is_optional:
                document[name] = None
        elif name in node:
            typed = kind_of_leaf(cls, name, kind_of, money=money)
            value = _value(inner, typed, where, currency, problems, required or default is not None)
            if value is not None:
                document[name] = value
        elif required:
            problems.append(Problem(where, "missing_field"))
    return document


def _one_of(members, node, where, name, default, currency, problems, *, money, optional_=False) -> dict:
    if len(members) == 1:
        return _document(members[0], node, f"{where}.", currency, problems, money=money)
    if isinstance(node, dict) and "kind" in node and not optional_:
        kinds = [member.kind for member in members]
        if text(node["kind"]) not in kinds:
            problems.append(Problem(f"{where}.kind", "not_a_choice", {"choices": ", ".join(kinds)}))
            return {}
    member = chosen(node, members, default, name, optional=optional_)
    return _document(member, node, f"{where}.", currency, problems, money=money)


def _value(leaf: Any, typed: Typed, path: str, currency: str, problems: list[Problem], needed: bool) -> Any:
    if typed is Typed.FLAG:
        return is_on(leaf)
    if typed is Typed.CHOICES:
        return texts(leaf)
    said = text(leaf)
    if not said:
        if typed in (Typed.TEXT, Typed.LINES, Typed.SUMS, Typed.PERCENTS, Typed.PRICES):
            return "" if typed is Typed.TEXT else []
        if needed:
            problems.append(Problem(path, "missing_field"))
        return None
    try:
        return value_of(said, typed, currency)
    except Unreadable as unreadable:
        problems.append(Problem(path, unreadable.code))
        return None


def _readable(document: dict, problems: list[Problem]) -> Terms | None:
    """The terms without the rows and fields that cannot be read."""
    for problem in problems:
        head, _, rest = problem.path.replace("[", ".").replace("]", "").partition(".")
        place, _, _ = rest.partition(".")
        if head in ("elements", "caps") and place.isdigit():
            document[head][int(place)] = None
        else:
            document.pop(head, None)
    for head in ("elements", "caps"):
        document[head] = [one for one in document.get(head) or [] if one is not None]
    try:
        return read(document)
    except TermsError:
        return None


def _by_field(draft: Draft, problems: list[Problem]) -> dict[str, list[Problem]]:
    """Each finding at its field; one about a whole object at the first field there that says something."""
    names = list(fields(draft))
    found: dict[str, list[Problem]] = {}
    for problem in problems:
        found.setdefault(_nearest(name_of(problem.path), names), []).append(problem)
    return found


_SILENT = ("-kind", "-given", "-id", "-commitment")  # they say what an object is, not how much


def _nearest(wanted: str, names: list[str]) -> str:
    while wanted:
        if wanted in names:
            return wanted
        inside = [name for name in names if name.startswith(f"{wanted}-")]
        telling = [
            name for name in inside if not name.endswith(_SILENT) and "-trigger-" not in name[len(wanted) :]
        ]
        if inside:
            return (telling or inside)[0]
        wanted, _, _ = wanted.rpartition("-")
    return ""
