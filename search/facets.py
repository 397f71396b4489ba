"""The facets of the result page: their order, the words of their values, and where a click leads."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, pgettext_lazy

from cms.models import TRL, Exclusivity, Field, IPKind, PaymentForm
from marketplace.bilingual import of_pair
from marketplace.money import Money
from marketplace.organisations import regions
from marketplace.organisations.models import Organisation
from marketplace.programmes.models import PilotProgramme
from search.engines.base import NUMBERS, YUAN
from search.models import Kind
from search.params import FACETS, RANGES, SearchParams, number_range, trl_range

SHOWN = 8  # values shown at once; the rest behind "more"
OPEN = frozenset((*FACETS[1:5], "eligible"))  # the others are folded until something in them is chosen
Words = Mapping[str, str | Promise]

LABELS: dict[str, str | Promise] = {
    "kind": _("Kind"),
    "field": _("Field of science"),
    "trl": _("Technology readiness"),
    "ip": _("Kind of right"),
    "free": _("Free period"),
    "trigger": _("Payment trigger"),
    "payment": _("Payment form"),
    "exclusivity": _("Licence offered"),
    "institution": _("Institution"),
    "region": _("Region"),
    "language": _("Language"),
    "programme": _("Pilot programme"),
    "price": _("Fixed price"),
    "eligible": _("Eligibility"),
}
TRL_RANGES: Words = {
    "1-3": _("TRL 1–3: idea and principle"),
    "4-6": _("TRL 4–6: validation"),
    "7-9": _("TRL 7–9: close to the market"),
}
KINDS: Words = {
    "LISTING": _("Listings"),
    "NEED": _("Technology needs"),
    "SERVICE": _("Services"),
    "INSTITUTION": _("Institutions"),
}
FREE: Words = {
    "NONE": _("no free period"),
    "UP_TO_6": _("up to 6 months"),
    "UP_TO_12": _("7 to 12 months"),
    "UP_TO_24": _("13 to 24 months"),
    "OVER_24": _("more than 24 months"),
}
PRICE: Words = {
    "NONE": _("nothing fixed: pay as it is used"),
    "UP_TO_100K": _("up to ¥100,000"),
    "UP_TO_500K": _("¥100,000 to ¥500,000"),
    "UP_TO_2M": _("¥500,000 to ¥2,000,000"),
    "OVER_2M": _("more than ¥2,000,000"),
}
ELIGIBLE: Words = {"mine": _("open to my organisation under its pilot programme")}
TRIGGERS: Words = {
    "TIME": _("a date or the end of a period"),
    "INCOME": _("first income or sale"),
    "THRESHOLD": _("an amount that is reached"),
    "DECISION": _("the decision to convert"),
    "EVENT": _("another event"),
}
LANGUAGES: Words = {"zh": pgettext_lazy("language", "Chinese"), "en": pgettext_lazy("language", "English")}
_FIXED: dict[str, Words] = {
    "kind": dict(Kind.choices),
    "ip": dict(IPKind.choices),
    "free": FREE,
    "trigger": TRIGGERS,
    "payment": dict(PaymentForm.choices),
    "exclusivity": dict(Exclusivity.choices),
    "language": LANGUAGES,
    "price": PRICE,
    "eligible": ELIGIBLE,
}


@dataclass(frozen=True)
class Value:
    """One value of a facet as the page shows it; `query`, of a tab, is the address that leads there. Facets are ticked
    in a form, and need none."""

    value: str
    label: str
    count: int | None  # None: not counted, a range that was typed
    chosen: bool
    query: str = ""
    below: tuple["Value", ...] = ()


@dataclass(frozen=True)
class Facet:
    name: str
    label: str | Promise
    values: tuple[Value, ...]
    more: tuple[Value, ...] = ()
    low: str = ""  # the range that was typed, for facets that take one
    high: str = ""

    @property
    def takes_range(self) -> bool:
        return self.name in RANGES

    @property
    def chosen(self) -> bool:
        return any(v.chosen or any(b.chosen for b in v.below) for v in (*self.values, *self.more))

    @property
    def is_open(self) -> bool:
        return self.chosen or self.name in OPEN


@dataclass(frozen=True)
class Chip:
    """A choice in force, and the address without it."""

    label: str
    facet: str | Promise
    query: str
    name: str = ""


class KnownField(NamedTuple):
    """The name of a field for this reader, and the code of the category above it, "" for a category."""

    name: str
    above: str


@dataclass
class Names:
    """The words for values that are rows: three small queries for a whole page, of columns alone, since a page asks
    for a hundred names and more."""

    fields: dict[str, KnownField] = field(default_factory=dict)
    institutions: dict[str, str] = field(default_factory=dict)
    programmes: dict[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, counts: Mapping[str, Mapping[str, int]], params: SearchParams) -> "Names":
        def wanted(name: str) -> set[str]:
            return {*counts.get(name, {}), *params.chosen(name)}

        names = cls()
        if wanted("field"):
            rows = Field.objects.values_list("code", "name_zh", "name_en", "parent__code")
            names.fields = {code: KnownField(of_pair(zh, en), above or "") for code, zh, en, above in rows}
        if ids := [int(pk) for pk in wanted("institution")]:
            rows = Organisation.objects.filter(pk__in=ids).values_list("pk", "name_zh", "name_en")
            names.institutions = {str(pk): of_pair(zh, en) for pk, zh, en in rows}
        if codes := wanted("programme"):
            names.programmes = {p.code: p.name for p in PilotProgramme.objects.filter(code__in=codes)}
        return names

    def of(self, name: str, value: str) -> str:
        """The words of a value; the value itself when there are none any more."""
        if name == "field":
            return self.fields[value].name if value in self.fields else value
        if name == "institution":
            return self.institutions.get(value, value)
        if name == "programme":
            return self.programmes.get(value, value)
        if name == "region":
            return region_name(value)
        if name == "trl":
            return trl_name(value)
        if name in NUMBERS and (ends := number_range(value)):
            return range_name(name, *ends)
        return str(_FIXED[name].get(value, value))


def region_name(code: str) -> str:
    """The province of a GB/T 2260 code, whose first two digits are what documents hold."""
    return regions.region_name(code[:2])


def trl_name(value: str) -> str:
    if value in TRL_RANGES:
        return str(TRL_RANGES[value])
    levels = trl_range(value)
    if len(levels) == 1:
        return str(TRL(levels[0]).label)
    return f"TRL {levels[0]}–{levels[-1]}"


def range_name(name: str, low: int | None, high: int | None) -> str:
    """The words of a range that was typed: months, or yuan."""
    if name == "price":
        ends = [None if end is None else Money(end * YUAN).format() for end in (low, high)]
    else:
        ends = [None if end is None else ngettext("%(months)s month", "%(months)s months", end) % {"months": end} for end in (low, high)]  # fmt: skip
    if None not in ends:
        return f"{ends[0]} – {ends[1]}"
    words = _("at least %(end)s") if high is None else _("at most %(end)s")
    return str(words) % {"end": ends[0] or ends[1]}


def facets(
    counts: Mapping[str, Mapping[str, int]],
    params: SearchParams,
    names: Names,
    eligible: Collection[str] = (),
) -> list[Facet]:
    """Every facet that has something to choose, but the kinds, which are tabs. `eligible`: the programmes that are
    open to who asks."""
    mine = sum(counts.get("eligible", {}).get(code, 0) for code in eligible)
    counts = {**counts, "eligible": {"mine": mine} if mine else {}}
    special: dict[str, Callable] = {"field": _fields, "trl": _levels}
    found = []
    for name in FACETS[1:]:
        numbers = {**dict.fromkeys(params.chosen(name), 0), **counts.get(name, {})}
        if not numbers:
            continue
        values = special.get(name, _plain)(name, numbers, params, names)
        shown, more = [], []
        for place, value in enumerate(values):
            is_shown = place < SHOWN or value.chosen or any(b.chosen for b in value.below)
            (shown if is_shown else more).append(value)
        found.append(Facet(name, LABELS[name], tuple(shown), tuple(more), *_range_of(name, params)))
    return found


def tabs(counts: Mapping[str, Mapping[str, int]], params: SearchParams) -> list[Value]:
    """All kinds together, then each by itself; those of which there is nothing only where they are chosen."""
    numbers = counts.get("kind", {})
    chosen = params.chosen("kind")
    found = [Value("", str(_("All")), sum(numbers.values()), not chosen, params.without("kind").to_query())]
    for kind in Kind:
        if numbers.get(kind.value) or kind.value in chosen:
            query = params.but(facets={**params.facets, "kind": (kind.value,)}).to_query()
            label = str(KINDS[kind.value])
            found.append(Value(kind.value, label, numbers.get(kind.value, 0), kind.value in chosen, query))
    return found


def _range_of(name: str, params: SearchParams) -> tuple[str, str]:
    """The ends of the range that is chosen, as the number fields show it."""
    for value in params.chosen(name) if name in RANGES else ():
        if "-" in value and value not in TRL_RANGES:
            low, high = value.split("-")
            return low, high
    return "", ""


def chips(params: SearchParams, names: Names) -> list[Chip]:
    return [
        Chip(names.of(name, value), LABELS[name], params.toggled(name, value).to_query(), name)
        for name in FACETS
        for value in params.chosen(name)
    ]


def _value(
    name: str, value: str, count: int, params: SearchParams, names: Names, below: tuple[Value, ...] = ()
) -> Value:
    chosen = value in params.chosen(name)
    return Value(value, names.of(name, value), count, chosen, below=below)


def _plain(name: str, numbers: Mapping[str, int], params: SearchParams, names: Names) -> list[Value]:
    """By number of hits; free periods by their length."""
    values = [_value(name, value, count, params, names) for value, count in numbers.items()]
    if name in NUMBERS:
        order = list(_FIXED[name])
        values = [v if v.value in order else replace(v, count=None) for v in values]
        return sorted(values, key=lambda v: order.index(v.value) if v.value in order else len(order))
    return sorted(values, key=lambda v: (-v.count, v.label))


def _fields(name: str, numbers: Mapping[str, int], params: SearchParams, names: Names) -> list[Value]:
    """Categories with their disciplines below them."""
    below: dict[str, list[Value]] = {}
    tops: dict[str, int] = {}
    for code, count in numbers.items():
        known = names.fields.get(code)
        if known is None or not known.above:
            tops[code] = count
        else:
            below.setdefault(known.above, []).append(_value(name, code, count, params, names))
    for code in below:
        tops.setdefault(code, numbers.get(code, 0))
    values = []
    for code, count in tops.items():
        children = sorted(below.get(code, ()), key=lambda v: (-v.count, v.label))
        values.append(_value(name, code, count, params, names, tuple(children)))
    return sorted(values, key=lambda v: (-v.count, v.label))


def _levels(name: str, numbers: Mapping[str, int], params: SearchParams, names: Names) -> list[Value]:
    """Three ranges with their levels below them; then ranges of the address that are none of the three."""
    values = []
    for span in TRL_RANGES:
        levels = [str(level) for level in trl_range(span)]
        below = tuple(
            _value(name, level, numbers[level], params, names) for level in levels if level in numbers
        )
        total = sum(value.count for value in below)
        if below or span in params.chosen(name):
            values.append(_value(name, span, total, params, names, below))
    for value in params.chosen(name):
        if "-" in value and value not in TRL_RANGES:
            total = sum(numbers.get(str(level), 0) for level in trl_range(value))
            values.append(_value(name, value, total, params, names))
    return values
