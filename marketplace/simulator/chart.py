"""Where things stand in a chart: courses become places on a sheet, which a template draws as SVG. Pure, no float.

One sheet has a scale of money upwards and of days to the right. Bars are what falls due on a day, the stepped line
is the sum so far, dashed lines are caps, numbered lines the days on which something takes hold, shade is free use.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from marketplace.money import Money, exponent
from marketplace.terms import Span

from .course import Course, YearSum, by_year

WIDE, NARROW = 760, 360
MANY = 72  # more bars than this are drawn by month or by year
CAP_IN_SIGHT = 4  # a cap above this many times the highest sum is named, not drawn


@dataclass(frozen=True)
class Sheet:
    """The frame: what lies where."""

    width: int
    height: int
    left: int
    right: int
    top: int
    bottom: int

    @property
    def floor(self) -> int:
        return self.height - self.bottom

    @property
    def end(self) -> int:
        return self.width - self.right

    @property
    def before(self) -> int:
        return self.left - 7

    @property
    def below(self) -> int:
        return self.floor + 4

    @property
    def crowded(self) -> int:
        """Above this the words of a level would meet the numbers of the flags."""
        return self.top + 12

    @property
    def across(self) -> int:
        return self.end - self.left

    @property
    def high(self) -> int:
        return self.floor - self.top


@dataclass(frozen=True)
class Tick:
    at: int
    label: str


@dataclass(frozen=True)
class Bar:
    x: int
    y: int
    width: int
    height: int
    title: str
    which: int = 0
    real: bool = False


@dataclass(frozen=True)
class Level:
    """A line across: a cap or a minimum."""

    x: int
    until: int
    y: int
    kind: str
    label: str = ""


@dataclass(frozen=True)
class Flag:
    """A line upwards on a day, with its number."""

    x: int
    number: int


@dataclass(frozen=True, kw_only=True)
class Chart:
    sheet: Sheet
    rows: tuple[Tick, ...]
    columns: tuple[Tick, ...]
    bars: tuple[Bar, ...]
    paths: tuple[str, ...] = ()  # the sum so far, one of each version
    levels: tuple[Level, ...] = ()
    flags: tuple[Flag, ...] = ()
    free: tuple[int, int] | None = None  # from, width
    today: int | None = None
    beyond: tuple[str, ...] = ()  # caps that lie far above the chart

    @property
    def past(self) -> int:
        """How wide what has happened is."""
        return self.today - self.sheet.left if self.today else 0


def draw(
    courses: Sequence[Course],
    lang: str,
    *,
    width: int = WIDE,
    today: date | None = None,
    beside: Sequence[Course] = (),
) -> Chart:
    """The chart of one course, or of two laid over each other; the first one carries marks and limits. `beside`: what
    stands in another chart next to it, so that both have one scale."""
    main, shown = courses[0], courses[-1]
    together = [*courses, *(course for course in beside if course.currency == main.currency)]
    sheet = _sheet(width, 300 if width >= WIDE else 260)
    first, last = min(c.first for c in together), max(c.last for c in together)
    days = max((last - first).days, 1)

    def x(day: date) -> int:
        inside = min(max((day - first).days, 0), days)
        return sheet.left + inside * sheet.across // days

    little = 100 * 10 ** exponent(main.currency)
    highest = max([little, *(abs(line.minor) for c in together for line in c.lines),
                   *(line.so_far for c in together for line in c.lines)])  # fmt: skip
    caps = {cap.amount for c in (main, shown) for cap in c.caps if cap.span is Span.LIFE}
    near = {amount for amount in caps if amount <= highest * CAP_IN_SIGHT}
    top, step = _scale(max([highest, *near]), 4)

    def y(minor: int) -> int:
        return sheet.floor - max(minor, 0) * sheet.high // top

    currency = main.currency
    return Chart(
        sheet=sheet,
        rows=tuple(Tick(y(n), compact(n, currency, lang)) for n in range(0, top + 1, step)),
        columns=_years(first, last, x, 7 if width >= WIDE else 4),
        bars=tuple(_bars(courses, sheet, x, y)),
        paths=tuple(_steps(c, sheet, x, y) for c in courses),
        levels=tuple(
            Level(sheet.left, sheet.end, y(amount), "cap", Money(amount, currency).format())
            for amount in sorted(near)
        ),
        flags=tuple(Flag(x(on), number) for number, on in enumerate(days_of_marks(shown), 1)),
        free=_free(shown, x),
        today=x(today) if today and first < today <= last else None,
        beyond=tuple(Money(amount, currency).format() for amount in sorted(caps - near)),
    )


def days_of_marks(course: Course) -> list[date]:
    """The days that the numbers on the chart stand for."""
    return sorted({mark.on for mark in course.marks})


def draw_years(courses: Sequence[Course], lang: str, *, width: int = WIDE) -> Chart | None:
    """What falls into each year, against minimum and yearly cap; None where the terms know neither."""
    found = [by_year(course) for course in courses]
    if not found[-1]:
        return None
    sheet = _sheet(width, 220 if width >= WIDE else 200)
    labels = list(dict.fromkeys(year.label for years in found for year in years))
    limits = [limit for years in found for year in years for limit in (year.minimum, year.cap) if limit]
    little = 100 * 10 ** exponent(courses[0].currency)
    highest = max([little, *(year.minor for years in found for year in years)])
    top, step = _scale(max([highest, *(limit for limit in limits if limit <= highest * CAP_IN_SIGHT)]), 4)
    slot = sheet.across // max(len(labels), 1)
    wide = max(min(slot * 3 // 5 // len(found), 48), 2)

    def y(minor: int) -> int:
        return sheet.floor - max(minor, 0) * sheet.high // top

    bars, levels = [], []
    for which, years in enumerate(found):
        for year in years:
            left = sheet.left + labels.index(year.label) * slot
            start = left + (slot - wide * len(found)) // 2 + which * wide
            bars.append(_bar(start, y(year.minor), wide, sheet, _said(year, courses[which]), which))
            if which == len(found) - 1:
                levels += [
                    Level(left, left + slot, y(limit), kind)
                    for limit, kind in ((year.minimum, "least"), (year.cap, "cap"))
                    if limit is not None and limit <= top
                ]
    every = -(-len(labels) // (12 if width >= WIDE else 6))
    columns = [
        Tick(sheet.left + place * slot + slot // 2, label)
        for place, label in enumerate(labels)
        if place % every == 0
    ]
    currency = courses[0].currency
    rows = tuple(Tick(y(n), compact(n, currency, lang)) for n in range(0, top + 1, step))
    return Chart(sheet=sheet, rows=rows, columns=tuple(columns), bars=tuple(bars), levels=tuple(levels))


def compact(minor: int, currency: str, lang: str) -> str:
    """A round sum for an axis: 50 万 or 500k."""
    whole = minor // 10 ** exponent(currency)
    english = lang.startswith("en")
    units = ((10**9, "bn"), (10**6, "m"), (10**3, "k")) if english else ((10**8, " 亿"), (10**4, " 万"))
    for size, word in units:
        if whole >= size:
            tenths = whole * 100 // size
            return f"{tenths // 100}{_decimals(tenths % 100)}{word}"
    return f"{whole:,}"


def _decimals(hundredths: int) -> str:
    return f".{hundredths:02d}".rstrip("0") if hundredths else ""


def _sheet(width: int, height: int) -> Sheet:
    return Sheet(width=width, height=height, left=58 if width >= WIDE else 50, right=12, top=24, bottom=26)


def _scale(highest: int, rows: int) -> tuple[int, int]:
    """A round top and the step of the grid: 1, 2, 2.5 or 5 times a power of ten."""
    size = 10 ** (len(str(highest)) - 1)
    units = [size * 10 * factor // 100 for factor in (10, 20, 25, 50, 100, 200, 250, 500)]
    step = next(unit for unit in [*units, size * 10] if unit and unit * rows >= highest)
    return step * -(-highest // step), step


def _years(first: date, last: date, x, most: int) -> tuple[Tick, ...]:
    years = range(first.year + (first.month > 1 or first.day > 1), last.year + 1)
    every = max(-(-len(years) // most), 1)
    return tuple(Tick(x(date(year, 1, 1)), str(year)) for year in years[::every])


def _steps(course: Course, sheet: Sheet, x, y) -> str:
    """The path of the sum so far, a stair: M, H and V of SVG."""
    parts = [f"M{x(course.first)} {y(0)}"]
    for line in course.payments:
        parts.append(f"H{x(line.due_on)}V{y(line.so_far)}")
    return "".join([*parts, f"H{x(course.last)}"])


def _bars(courses: Sequence[Course], sheet: Sheet, x, y):
    most = max(len({line.due_on for line in course.payments}) for course in courses)
    for which, course in enumerate(courses):
        sums: dict[date, list] = {}
        for line in course.payments:
            day = line.due_on
            if most > MANY * 12:
                day = day.replace(month=7, day=1)
            elif most > MANY:
                day = day.replace(day=15)
            entry = sums.setdefault(day, [0, [], True])
            entry[0] += line.minor
            entry[1].append(f"{line.due_on} {line.title}")
            entry[2] = entry[2] and line.real
        wide = max(min(sheet.across // max(2 * len(sums) * len(courses), 1), 10), 2)
        for day, (minor, said, real) in sums.items():
            left = x(day) - wide * len(courses) // 2 + which * wide
            title = f"{'; '.join(said[:4])}{' …' if len(said) > 4 else ''}: {Money(minor, course.currency)}"
            yield _bar(left, y(abs(minor)), wide, sheet, title, which, real)


def _bar(x: int, y: int, width: int, sheet: Sheet, title: str, which: int, real: bool = False) -> Bar:
    x = min(max(x, sheet.left), sheet.end - width)
    return Bar(x, y, width, sheet.floor - y, title, which, real)


def _said(year: YearSum, course: Course) -> str:
    return f"{year.label}: {Money(year.minor, course.currency)}"


def _free(course: Course, x) -> tuple[int, int] | None:
    if course.trial is None:
        return None
    start, after = x(course.trial.start), x(course.trial.end + timedelta(days=1))
    return start, max(after - start, 1)
