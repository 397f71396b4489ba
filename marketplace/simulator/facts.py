"""What the page says about a course, in words: the days that matter, the sums, and what differs between two."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from marketplace.money import Money
from marketplace.terms import MONEY_METERS

from .course import Course, Line, Mark
from .needs import Meter, Needs, event_label
from .scenario import Scenario


@dataclass(frozen=True)
class Fact:
    label: str
    value: str
    note: str = ""


def by_words(by: str) -> str:
    """Why something took hold on a day."""
    words = {
        "time": _("by the passing of time"),
        "event": _("by an event"),
        "threshold": _("by reaching the threshold"),
    }
    return words.get(by, by)


@dataclass(frozen=True)
class Reported:
    meter: str
    start: date
    end: date
    quantity: str = ""  # nothing where components are reported


def reported(scenario: Scenario, lang: str, currency: str) -> list[Reported]:
    """What an example reports, row by row, in the reader's words."""
    found = []
    for row in scenario.usage:
        meter, said = Meter(row.meter, row.product), ""
        if row.quantity is not None and meter.is_money and row.quantity == int(row.quantity):
            said = Money(int(row.quantity), currency).format()
        elif row.quantity is not None:
            said = f"{row.quantity:,f}"
        found.append(Reported(meter.label(lang), row.start, row.end, said))
    return found


def numbered(course: Course) -> list[tuple[int, date, list[Mark]]]:
    """The numbers on the chart: which day, and what begins on it."""
    days = sorted({mark.on for mark in course.marks})
    return [
        (number, on, [mark for mark in course.marks if mark.on == on]) for number, on in enumerate(days, 1)
    ]


def days_of(course: Course, scenario: Scenario, lang: str) -> list[Fact]:
    """The days that are assumed or follow, in a fixed order."""
    known = scenario.facts
    found = [Fact(_("Effective from"), str(known.effective_on))]
    if known.delivered_on:
        found.append(Fact(_("Delivered"), str(known.delivered_on)))
    if course.trial:
        found.append(Fact(_("Last day of free use"), str(course.trial.end)))
    if known.converted_on:
        found.append(Fact(_("Decision"), _("goes on, %(day)s") % {"day": known.converted_on}))
    elif known.declined_on:
        found.append(Fact(_("Decision"), _("declines, %(day)s") % {"day": known.declined_on}))
    if known.terminated_on:
        found.append(Fact(_("Terminated"), str(known.terminated_on)))
    found += [Fact(event_label(event.name, lang), str(event.on)) for event in scenario.events]
    return found


def sums_of(course: Course) -> list[Fact]:
    """What it comes to."""
    found = [Fact(_("All in all"), Money(course.total, course.currency).format())]
    first = next(iter(course.payments), None)
    if first is None:
        found.append(Fact(_("First payment"), _("nothing falls due")))
    else:
        found.append(_paid(_("First payment"), first, course))
        most = max(course.payments, key=lambda line: line.minor)
        if len(course.payments) > 1:
            found.append(_paid(_("Largest payment"), most, course))
    if course.paid_up_on:
        found.append(Fact(_("Paid up"), str(course.paid_up_on), _("nothing more falls due after that")))
    return found


def _paid(label: str, line: Line, course: Course) -> Fact:
    value = Money(line.minor, course.currency).format()
    return Fact(label, value, _("due %(day)s") % {"day": line.due_on})


def unsold(course: Course | None, needs: Needs, *, more: bool = False) -> list[Fact]:
    """What it comes to where nothing is sold at all; `more`: besides what was sold already."""
    if course is None:
        return []
    note = _("where the licensee goes on after free use all the same") if needs.decides else ""
    label = _("If nothing more is sold") if more else _("If nothing is sold")
    return [Fact(label, Money(course.total, course.currency).format(), note)]


def share_of_sales(course: Course, scenario: Scenario, lang: str) -> Fact | None:
    """The total as a share of what is sold, where one meter of sales says what is sold."""
    meters = {row.meter for row in scenario.usage} - {"third_party_royalties"}
    if len(meters) != 1 or not meters <= MONEY_METERS:
        return None
    rows = [row for row in scenario.usage if row.meter in meters and row.quantity is not None]
    sold = sum(int(row.quantity) for row in rows)
    if sold <= 0 or len(rows) < len([row for row in scenario.usage if row.meter in meters]):
        return None
    hundredths = (course.total * 20_000 + sold) // (2 * sold)  # half up
    name = Meter(meters.pop()).label(lang)
    value = f"{hundredths // 100}.{hundredths % 100:02d} %"
    sum_ = Money(sold, course.currency).format()
    return Fact(_("Share of %(meter)s") % {"meter": name}, value, _("of %(sum)s in all") % {"sum": sum_})


@dataclass(frozen=True)
class Compared:
    label: str
    before: str
    now: str
    difference: str = ""


def compared(before: Course, now: Course) -> list[Compared]:
    """The sums of both versions side by side."""
    rows = [_sums(_("All in all"), before.total, now.total, before.currency, now.currency)]
    for label, pick in (
        (_("First payment"), lambda c: next((line.due_on for line in c.payments), None)),
        (_("Paid up"), lambda c: c.paid_up_on),
    ):
        a, b = pick(before), pick(now)
        if a or b:
            rows.append(Compared(label, _day(a), _day(b), _shift(a, b)))
    years = sorted({line.due_on.year for c in (before, now) for line in c.payments})
    for year in years:
        a, b = (sum(line.minor for line in c.lines if line.due_on.year == year) for c in (before, now))
        label = _("Due in %(year)s") % {"year": year}
        rows.append(_sums(label, a, b, before.currency, now.currency))
    return rows


def _sums(label: str, a: int, b: int, currency: str, other: str) -> Compared:
    before, now = Money(a, currency), Money(b, other)
    if currency != other:
        return Compared(label, before.format(), now.format())
    gap = Money(b - a, currency)
    said = "–" if not gap else f"{'+' if gap.minor > 0 else ''}{gap.format()}"
    return Compared(label, before.format(), now.format(), said)


def _day(day: date | None) -> str:
    return str(day) if day else _("never")


def _shift(a: date | None, b: date | None) -> str:
    if not a or not b or a == b:
        return "–" if a == b else ""
    days = (b - a).days
    if days > 0:
        return ngettext("%(days)s day later", "%(days)s days later", days) % {"days": days}
    return ngettext("%(days)s day earlier", "%(days)s days earlier", -days) % {"days": -days}


def in_words(before: Course, now: Course) -> str:
    """The difference in one sentence."""
    if before.currency != now.currency:
        return _("The two versions are in different currencies.")
    gap = Money(abs(now.total - before.total), now.currency).format()
    if now.total == before.total:
        said = _("Under this scenario both versions cost the same in all.")
    elif now.total > before.total:
        said = _("Under this scenario the changed terms cost %(gap)s more.") % {"gap": gap}
    else:
        said = _("Under this scenario the changed terms cost %(gap)s less.") % {"gap": gap}
    return said


def doubts(scenario: Scenario) -> list[str]:
    """What does not fit together in what is assumed."""
    found = []
    begins = [event.on for event in scenario.events if event.name in ("first_income", "first_sale")]
    sold = [row.start for row in scenario.usage if row.quantity is None or row.quantity > 0]
    if begins and sold and min(sold) < min(begins):
        found.append(
            _("Something is sold from %(sold)s on, before the first income on %(income)s.")
            % {"sold": min(sold), "income": min(begins)}
        )
    if scenario.facts.declined_on and any(day > scenario.facts.declined_on for day in sold):
        found.append(_("Something is sold after the licensee declines; what is owed then stays owed."))
    return found
