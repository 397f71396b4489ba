"""Every place of a bundle's papers, and what a cheat could do there: change a value, take a name away, drop or double an
item of a list. All hashes of the file are made anew afterwards; what stays as it was is what the papers say."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from fractions import Fraction
from random import Random

TODAY = "words of today: what a paper stated on its day stands in the paper"
THEN = (
    "words as they were on a day, for which there is nothing else to hold them against but the paper itself"
)
NAME = "a name of a row, to which nothing else of these papers points"
DECIDED = "what people decided (approved, disputed, waived); what was invoiced is on an invoice"
OUTSIDE = "of something that is not in the bundle: a file, the tax authority's number, the events, the bank"
# What nobody could check by what stands in a bundle, and why.
UNCHECKED = {
    "annexes[]": "how many annexes there are is told by nothing else",
    "annexes[].kind": "its content is hashed, its kind is a word",
    "charges[].dated_on": "of a correction of interest: the day on which it was made",
    "charges[].id": NAME,
    "charges[].run": "which of several runs that come to the same for it",
    "charges[].state": DECIDED,
    "contract.parties[].credit_code": TODAY,
    "contract.parties[].name_en": TODAY,
    "contract.parties[].name_zh": TODAY,
    "contract.parties[].id": "the agency's stands on no paper; that of both parties on invoices, where there are any",
    "contract.registration": TODAY,
    "contract.state": TODAY,
    "credit_notes[].pdf_sha256": OUTSIDE,
    "credit_notes[].reason": "somebody's own words, save where a line was written by hand for them",
    "invoices[].pdf_sha256": OUTSIDE,
    "invoices[].stated.contract.registration": THEN,
    "invoices[].tax_invoice": OUTSIDE,
    "invoices[].vat_basis": THEN,
    "rating.result_hash": "of the result as the program writes it; all that it covers is recomputed",
    "rating.runs[].inputs_hash": "of a run that is not told, because its charges are what the last one comes to",
    "rating.runs[].known_at": "a moment that only has to lie between those of its neighbours",
    "rating.runs[].until": "of a run that is not told, as far as the dates of its charges allow",
    "receipts[].method": "how it was paid is told by nothing else",
    "receipts[].payment": NAME,
    "receipts[].reason": "somebody's own words",
    "receipts[].received_on": "decides interest, and nothing where none is due by it",
    "reports[].evidence[].name": OUTSIDE,
    "reports[].evidence[].sha256": OUTSIDE,
    "reports[].evidence[].size": OUTSIDE,
    "reports[].id": NAME,
    "reports[].is_nil": "of a period whose figures come from events, or beside rows that say otherwise",
    "reports[].state": "whether a report came, or is deemed as the terms agree, is told by nothing else",
    "reports[].submitted_at": "a moment that only has to lie before the acceptance",
    "rollups.rows[].digest": OUTSIDE,
    "rollups.rows[].events": OUTSIDE,
    **{
        f"invoices[].stated.{party}.{name}": THEN
        for party in ("issuer", "payer")
        for name in ("address", "credit_code", "name_en", "name_zh")
    },
}

Place = tuple[str, object, object]  # (pattern of the path, container, key)


def places(value, path: str) -> Iterator[Place]:
    """Every name and item below a value. Places in a list share a pattern, those of a working's lines by their code."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in items:
        name = f".{key}" if isinstance(value, dict) else "[]"
        if isinstance(one, dict) and "step" in one:
            name = f"[{one['step']}]"
        yield path + name, value, key
        yield from places(one, path + name)


def chosen(papers, random: Random, each: int = 1) -> list[Place]:
    """So many places of each pattern."""
    found: dict[str, list[Place]] = {}
    for name, paper in papers.items():
        for place in places(paper, name.removesuffix(".json")):
            found.setdefault(place[0], []).append(place)
    return [one for group in found.values() for one in random.sample(group, min(each, len(group)))]


def changes(container, key, form) -> list[tuple[str, object]]:
    """(what, value) of every way to change one place; the value is GONE or a list's new items where it is no value."""
    value = container[key]
    found = [("changed", other) for other in others(value, form)]
    if isinstance(container, dict):
        return [*found, ("removed", GONE)]
    return [*found, ("dropped", GONE), ("doubled", TWICE)]


GONE, TWICE = object(), object()


def others(value, form) -> list:
    """Other values of the same kind, so that the form of the paper stays what it was."""
    if isinstance(form, set):
        return sorted(form - {value})
    if value is None:
        return [1, "2027-01-01", "x", "0" * 64]
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, int):
        return [value + 1, value - 1, -value - 7]
    if isinstance(value, str):
        return _other_texts(value)
    return [None]


def _other_texts(value: str) -> list:
    try:
        return [(date.fromisoformat(value) + timedelta(days=days)).isoformat() for days in (1, -1, 40)]
    except ValueError:
        pass
    if len(value) == 64:
        return [("1" if value[0] == "0" else "0") + value[1:]]
    try:
        number = Fraction(value)
    except (ValueError, ZeroDivisionError):
        return [f"{value}x", None]
    if "T" in value:
        return [value.replace("T0", "T1")]
    return [str(number + 1), str(number + Fraction(1, 10**9))]


@contextmanager
def changed(container, key, value):
    """The papers with one change, and as they were afterwards."""
    before = container.copy()
    if value is GONE:
        del container[key]
    elif value is TWICE:
        container.insert(key, container[key])
    else:
        container[key] = value
    try:
        yield
    finally:
        container.clear()
        container.update(before) if isinstance(container, dict) else container.extend(before)


def form_at(forms, pattern: str):
    """The form of the format at the pattern of a path, None where it has none of its own."""
    name, _, rest = pattern.replace("[", ".[").partition(".")
    form = forms.get(f"{name}.json")
    for part in rest.split(".") if rest else ():
        form = getattr(form, "form", form)
        if part.startswith("[") and isinstance(form, list | tuple):
            form = form[0]
        elif isinstance(form, dict):
            form = form.get(part, form.get(f"{part}?"))
        else:
            return None
    return getattr(form, "form", form)


class Cheat:
    """Changes papers place by place, and asks the verifier each time. What the file's own hashes would tell is left out:
    they were made anew. A check that breaks off breaks the test."""

    INPUTS = ("terms", "facts", "usage", "earlier", "rating")

    def __init__(self, verifier, members: dict[str, bytes], random: Random):
        self.verifier, self.random, self.members = verifier, random, members
        self.papers = {n: json.loads(text) for n, text in members.items() if n.endswith(".json")}
        whole = self._bundle(self.papers)
        for check in verifier.CHECKS:
            check(whole)
        assert whole.wrong == []
        self.rated = whole.ratings() if self.papers["terms.json"] else None
        self.tried = 0

    def _bundle(self, papers):
        bundle = self.verifier.Bundle(b"")
        bundle.members, bundle.papers = self.members, papers
        return bundle

    def is_named(self, papers, pattern: str) -> bool:
        self.tried += 1
        name = pattern.partition(".")[0].partition("[")[0]
        paper = f"{name}.json"
        if any(self.verifier.misfits(papers[paper], self.verifier.FORMS[paper], paper)):
            return True
        bundle = self._bundle(papers)
        bundle.rated = None if name in self.INPUTS else self.rated
        for check in self.verifier.CHECKS:
            check(bundle)
            if bundle.wrong:
                return True
        return False

    def unseen(self, known: dict[str, str], *, each: int = 1, most: int = 99) -> dict[str, tuple]:
        """What is not named, by pattern and what was done there: (before, after). `known` are patterns that nobody could
        check, `most` how many ways to change a place are tried."""
        found = {}
        papers = {name: paper for name, paper in self.papers.items() if name != "manifest.json"}
        for pattern, container, key in chosen(papers, self.random, each):
            if pattern in known:
                continue
            ways = changes(container, key, form_at(self.verifier.FORMS, pattern))
            for what, value in self.random.sample(ways, min(most, len(ways))):
                before = container[key]
                with changed(container, key, value):
                    if not self.is_named(self.papers, pattern):
                        found[f"{pattern} {what}"] = (before, value)
        return found
