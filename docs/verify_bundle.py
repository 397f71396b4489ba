#!/usr/bin/env python3
"""Recompute every bill of a contract from its bundle: no network, no database, nothing but Python (3.9 or newer).

    python3 verify_bundle.py BUNDLE.zip               checks everything, prints what was checked
    python3 verify_bundle.py BUNDLE.zip EVENTS.json   and holds the daily sums against events that you sent (a JSON list
                                                      of CloudEvents, one object a line, or several such files)
    exit status 0: all agrees · 1: something differs (each difference is named) · 2: no bundle

It was written from the conventions of the contract terms (docs/terms.md, docs/bundle.md), apart from the program
that made the bills, so that the two can be held against each other. All sums are exact fractions; an amount is
rounded once, half up, to the minor unit. What a bundle can and cannot prove stands in docs/bundle.md.
"""

import hashlib
import io
import json
import os
import re
import sys
import zipfile
from bisect import bisect_right
from calendar import monthrange
from datetime import date, datetime, timedelta, timezone
from fractions import Fraction

FORMAT = "usefirst-bundle-1"
DAY = timedelta(days=1)
WHOLE_UNITS = {"JPY", "KRW"}  # currencies without minor units; every other one here has hundredths
MONEY = ("net_sales", "gross_sales")
SALES = ("sales", *MONEY)
DEDUCTIONS = (
    "vat",
    "returns",
    "freight",
    "insurance",
    "discounts",
    "customs",
    "packaging",
)  # as workings list them
NOT_CHARGED = (None, 0, Fraction(0))  # day, amount, exact amount
LARGEST = 1 << 30  # bytes of a file that is read at all
LONGEST = 2_000  # signs of a number
WORDS = 400  # signs of what a finding quotes
YEARS = range(1900, 2300)  # the years of a contract
DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
NUMBER = re.compile(r"-?[0-9]+(/[0-9]+|(\.[0-9]+)?([eE][+-]?[0-9]{1,3})?)")


# --- days and numbers ------------------------------------------------------------------------------------


def day(text):
    if text is None:
        return None
    if not DATE.fullmatch(text):
        raise ValueError("no day: %r" % text)
    found = date.fromisoformat(text)
    if found.year not in YEARS:
        raise ValueError("a day too far away: %s" % text)
    return found


def number(value):
    """A whole number, a decimal or a fraction as exact text; never a float, nor one so long that it costs hours."""
    if type(value) is int:
        return Fraction(value)
    if isinstance(value, str) and len(value) <= LONGEST and NUMBER.fullmatch(value):
        try:
            return Fraction(value)
        except ZeroDivisionError:
            pass
    raise ValueError("no number: %.60r" % (value,))


def plain(value):
    """A figure as workings state it: a whole number, a decimal or a fraction as exact text; a day or a word as it is."""
    if isinstance(value, date):
        return value.isoformat()
    if not isinstance(value, Fraction):
        return value
    if value.denominator == 1:
        return value.numerator
    rest, places = value.denominator, [0, 0]
    for place, prime in enumerate((2, 5)):
        while rest % prime == 0:
            rest //= prime
            places[place] += 1
    if rest != 1:
        return "%d/%d" % (value.numerator, value.denominator)
    digits = str(abs(value.numerator) * 10 ** max(places) // value.denominator).rjust(max(places) + 1, "0")
    return "%s%s.%s" % ("-" if value < 0 else "", digits[: -max(places)], digits[-max(places) :])


def plus_months(start, months):
    """The same day months later, clamped to the month's last day, always from the original date."""
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    return date(year, month + 1, min(start.day, monthrange(year, month + 1)[1]))


def year_number(kind, on, effect):
    """The calendar year, or the licence's year from 0 (it begins on the effective date's anniversaries)."""
    if kind == "calendar":
        return on.year
    number = on.year - effect.year
    return number if plus_months(effect, 12 * number) <= on else number - 1


def year_days(kind, number, effect):
    if kind == "calendar":
        return date(number, 1, 1), date(number, 12, 31)
    return plus_months(effect, 12 * number), plus_months(effect, 12 * number + 12) - DAY


def months_of(rule, kind, effect, first, last):
    """Months of a broken year that count: touched ones ("month_counts") or whole ones ("full_months")."""
    begin = date(first.year, 1, 1) if kind == "calendar" else effect
    count = 0
    number = (first.year - begin.year) * 12 + first.month - begin.month - 1
    while plus_months(begin, number) <= last:
        opens, closes = plus_months(begin, number), plus_months(begin, number + 1) - DAY
        if rule == "month_counts":
            count += closes >= first
        else:
            count += opens >= first and closes <= last
        number += 1
    return min(count, 12)


def half_up(value):
    value = Fraction(value)
    size = (2 * abs(value.numerator) + value.denominator) // (2 * value.denominator)
    return size if value >= 0 else -size


# --- the contract as the bundle tells it -----------------------------------------------------------------


class Contract:
    """Versions of the terms by date, facts, accepted usage, and the last day that is looked at."""

    def __init__(self, versions, facts, usage, until):
        self.versions = sorted(((day(v["effective_on"]), v["terms"]) for v in versions), key=lambda v: v[0])
        self.facts, self.until = facts, until
        self.effect = day(facts["effective_on"])
        self.happened = [(event["name"], day(event["on"])) for event in facts["events"]]
        latest = self.versions[-1][1]
        self.end = day(facts["expires_on"]) or plus_months(self.effect, latest["term_months"]) - DAY
        self.stopped = day(facts["terminated_on"])
        if self.stopped and self.stopped < self.end:
            self.end = self.stopped
        self.sold_off = max(day(facts["sell_off_until"]) or self.end, self.end)
        self.rows = sorted(
            (Row(row) for row in usage if day(row["end"]) <= until), key=lambda row: (row.end, row.start)
        )
        self.periods = self._periods()
        self.metered = {meter for _, terms in self.versions for meter in terms["report"]["metered"]}
        self.rows_in = {}
        self.cut = self._cut()
        self.gaps = {}

    def version_on(self, on):
        place = 0
        for number, (since, _) in enumerate(self.versions):
            if since <= on:
                place = number
        return place

    def element(self, name, version):
        """An element of a version; one dropped since, as it last stood."""
        for place in [*range(version, -1, -1), *range(len(self.versions))]:
            for element in self.versions[place][1]["elements"]:
                if element["id"] == name:
                    return element
        return None

    def present(self, name, version):
        return any(element["id"] == name for element in self.versions[version][1]["elements"])

    def of_versions(self, name):
        """An element as each version that has it states it."""
        places = range(len(self.versions))
        return [self.element(name, place) for place in places if self.present(name, place)]

    def first(self, name):
        known = {"effect": "effective_on", "delivery": "delivered_on", "conversion": "converted_on"}.get(name)
        if known and self.facts[known]:
            return day(self.facts[known])
        return min((on for event, on in self.happened if event == name), default=None)

    def trial(self, terms):
        """(first, last free day)."""
        if not terms.get("trial"):
            return None
        start = day(self.facts["trial_starts_on"])
        if start is None:
            start = self.effect if terms["trial"]["starts"] == "effect" else self.first("delivery")
        if start is None:
            return None
        months = terms["trial"]["months"] + self.facts["extension_months"]
        return start, day(self.facts["trial_ends_on"]) or plus_months(start, months) - DAY

    def _periods(self):
        """Reporting periods, broken at the licence's end and where an amendment changes their rhythm."""
        length = {"month": 1, "quarter": 3, "half": 6, "year": 12}
        found, start = [], self.effect
        while start <= self.sold_off and start <= self.until:
            rhythm = self._rhythm(self.version_on(start))
            months = length[rhythm[0]]
            if rhythm[1] == "calendar":
                ends = (
                    plus_months(date(start.year, 1, 1), (start.month - 1) // months * months + months) - DAY
                )
            else:
                number = 0
                while plus_months(self.effect, number + months) <= start:
                    number += months
                ends = plus_months(self.effect, number + months) - DAY
            for place, (since, _) in enumerate(self.versions):
                if start < since <= ends and self._rhythm(place) != rhythm:
                    ends = since - DAY
                    break
            ends = min(ends, self.end if start <= self.end else self.sold_off)
            found.append((start, ends))
            start = ends + DAY
        return found

    def _rhythm(self, place):
        report = self.versions[place][1]["report"]
        return report["every"], report["year"]

    def period_of(self, on):
        place = bisect_right(self.periods, (on, date.max)) - 1
        return self.periods[place] if place >= 0 and on <= self.periods[place][1] else None

    def _cut(self):
        """Put each row into its period. Periods with rows that reach beyond them, and where the first of these must be
        split."""
        found = {}
        for row in self.rows:
            period = self.period_of(row.end)
            if period is not None and period == self.period_of(row.start):
                self.rows_in.setdefault(period, []).append(row)
                continue
            for begins, ends in self.periods:
                if row.start <= ends and row.end >= begins:
                    found.setdefault((begins, ends), begins if row.start < begins else ends + DAY)
        return found

    def missing(self, meter):
        """The periods that are over and wait for a report, for its rows to be split, or on a metered meter for being
        closed."""
        key = meter if meter in self.metered else ""
        if key not in self.gaps:
            through = None if key else day(self.facts["reported_through"])
            told = [c for c in self.facts["closed"] if c["meter"] == key] if key else self.facts["accepted"]
            stretches = sorted((day(one["start"]), day(one["end"])) for one in told)
            self.gaps[key] = [
                period
                for period in self.periods
                if period[1] <= self.until
                and (period in self.cut or not is_covered(period, stretches, through))
            ]
        return self.gaps[key]

    def missing_from(self, meter):
        return min((begins for begins, _ in self.missing(meter)), default=None)


def is_covered(period, stretches, through):
    reach = max(period[0], through + DAY) if through else period[0]
    for begins, ends in stretches:
        if begins <= reach <= ends:
            reach = ends + DAY
    return reach > period[1]


class Row:
    """One accepted figure."""

    def __init__(self, row):
        self.meter, self.start, self.end = row["meter"], day(row["start"]), day(row["end"])
        self.product, self.parts = row.get("product", ""), row.get("components")
        self.quantity = number(row["quantity"]) if row.get("quantity") is not None else Fraction(0)

    def value(self, meter, terms):
        """What the row says about a meter, or None. Net sales: invoiced less what the terms deduct; gross: less VAT."""
        if self.parts is None:
            return self.quantity if self.meter == meter else None
        if meter not in MONEY or self.meter not in SALES:
            return None
        return number(self.parts.get("invoiced_incl_vat", 0)) - sum(self.less(meter, terms).values())

    def less(self, meter, terms):
        """What a meter of sales takes off this row, by name."""
        names = terms["report"]["deductions"] if meter == "net_sales" else ["vat"]
        return {name: number(self.parts[name]) for name in names if self.parts.get(name)}


# --- triggers --------------------------------------------------------------------------------------------


class Trigger:
    """When an element becomes chargeable under one version: (day, "time" | "event" | "threshold", part above, whether a
    missing report could still bring the day forward)."""

    def __init__(self, contract, terms):
        self.contract, self.terms = contract, terms

    def first_day(self, element, tree):
        contract, option = self.contract, element["commitment"] == "option"
        if tree is not None:
            found = self.of(tree)
        elif option:
            found = None
        elif not self.terms.get("trial"):
            found = (contract.effect, "time", None, False)
        else:
            found = self.of({"kind": "after", "months": 0, "days": 0, "anchor": "trial_end"})
        if option:
            converted = contract.first("conversion")
            if converted is None or converted > contract.end:
                return None
            if tree is None or (found is not None and found[0] < converted):
                return converted, "event", None, tree is not None and found[3]
        if found is None:
            return None
        owed = element["commitment"] == "deferred_obligation" and found[1] == "time"
        return found if found[0] <= contract.end or owed else None

    def of(self, tree):
        kind = tree["kind"]
        if kind in ("any", "all"):
            parts = [self.of(part) for part in tree["of"]]
            if kind == "any":
                return self.first_of(tree, [part for part in parts if part])
            if not parts or None in parts:
                return None
            return max(parts, key=lambda part: (part[0], part[1] != "threshold"))
        if kind == "date":
            return day(tree["on"]), "time", None, False
        if kind == "event":
            on = self.contract.first(tree["name"])
            return (on, "event", None, False) if on and on <= self.contract.end else None
        return self.after(tree) if kind == "after" else self.threshold(tree)

    def first_of(self, tree, known):
        """A date or event comes before a threshold of the same day; one that is not reported yet may come before both."""
        if not known:
            return None
        on, how, above, waits = min(known, key=lambda part: (part[0], part[1] == "threshold"))
        since = [self.contract.missing_from(leaf["meter"]) for leaf in thresholds(tree)]
        return on, how, above, waits or any(one is not None and one < on for one in since)

    def after(self, tree):
        anchor, trial = tree["anchor"], self.contract.trial(self.terms)
        if anchor in ("trial_start", "trial_end"):
            start = None if trial is None else trial[0] if anchor == "trial_start" else trial[1] + DAY
        else:
            start = self.contract.first(anchor)
        if start is None:
            return None
        counted = tree["months"] or tree["days"]
        on = plus_months(start, tree["months"]) + timedelta(days=tree["days"])
        if counted and self.terms["trigger_day"] == "last_free":
            on += DAY
        return on, "event" if anchor == "conversion" and not counted else "time", None, False

    def threshold(self, tree):
        """Reached at ≥ on the last day of the rows that reach it."""
        contract, bound = self.contract, number(tree["at_least"])
        trial = contract.trial(self.terms)
        sums = {}
        for row in contract.rows:
            free = not tree["free_use_counts"] and trial is not None and row.end <= trial[1]
            value = row.value(tree["meter"], self.terms)
            if row.end <= contract.end and not free and value is not None:
                sums[row.end] = sums.get(row.end, 0) + value
        windows = {}
        for on in sorted(sums):
            if tree["per"] == "life":
                key = None
            elif tree["per"] == "year":
                key = year_number(tree["year"], on, contract.effect)
            else:
                key = contract.period_of(on) or on
            before = windows.get(key, 0)
            windows[key] = before + sums[on]
            if windows[key] >= bound:
                since = contract.missing_from(tree["meter"])
                waits = since is not None and since <= on
                return on, "threshold", (windows[key] - bound) / sums[on], waits
        return None


def thresholds(tree):
    """The thresholds in a tree of triggers."""
    if tree is None:
        return []
    if tree["kind"] in ("any", "all"):
        return [leaf for part in tree["of"] for leaf in thresholds(part)]
    return [tree] if tree["kind"] == "threshold" else []


def first_day(contract, name, part=0):
    """((day, how, part above, waits), version) or None, and since when a missing report may have brought it: an amendment
    takes hold on its own day, not before."""
    doubts = []
    for place, (since, terms) in enumerate(contract.versions):
        if not contract.present(name, place):
            continue
        element, trigger = contract.element(name, place), Trigger(contract, terms)
        trees = [element.get("trigger")]
        if not part:
            found = trigger.first_day(element, element.get("trigger"))
        elif part > len(element["parts"]):
            found = None
        else:
            trees.append(element["parts"][part - 1]["trigger"])
            found = trigger.first_day(element, trees[1])
            if found and element.get("trigger"):
                whole = trigger.first_day(element, element["trigger"])
                found = whole and (found if found[0] >= whole[0] else whole)
        open_option = element["commitment"] == "option" and contract.first("conversion") is None
        if (found is None or found[3]) and not open_option:
            leaves = [leaf for tree in trees for leaf in thresholds(tree)]
            doubts += [on for on in (contract.missing_from(leaf["meter"]) for leaf in leaves) if on]
        if found is None:
            continue
        if place and found[0] < since:
            found = (since, "time", None, found[3])
        if place + 1 == len(contract.versions) or found[0] < contract.versions[place + 1][0]:
            return (found, place), min(doubts, default=None)
    return None, min(doubts, default=None)


# --- royalties -------------------------------------------------------------------------------------------


class Royalty:
    """One royalty through its periods, with the lines of its working. Everything is exact here; rounding, credits and
    caps come after."""

    def __init__(self, contract, name, found):
        self.contract, self.name, (self.start, self.how, self.above, self.waits) = contract, name, found
        element = contract.element(name, contract.version_on(self.start))
        self.mode = element.get("straddling") or ("part_above" if self.how == "threshold" else "split")
        if self.mode == "part_above" and self.above is None:
            self.mode = "split"
        self.filled = {}  # base that fills tiers: by None (life) or year
        self.given = {}  # base seen by a baseline or an allowance, by its window
        self.earned, self.charged, self.base_in = {}, {}, {}  # by window
        self.loss = self.offset = Fraction(0)
        self.window = None  # (key, version) of the window that is open
        self.lines = []  # (code, value, figures) of the period that is being taken
        self.every = contract.of_versions(name)
        rates = [one["rate"] for one in self.every]
        self.tier_years = sorted({r["year"] for r in rates if r["kind"] == "tiers" and r["span"] == "year"})
        self.reads = set()
        for one in self.every:
            self.reads |= {meter_of(one), *(SALES if one["base"] in MONEY else ())}
        self.gaps = contract.missing(meter_of(element))
        self.open_life, self.open_years = (
            False,
            set(),
        )  # earlier periods wait: what is remembered of them is not known

    def note(self, code, value, **figures):
        self.lines.append(line(code, value, **figures))

    def terms(self, version):
        return self.contract.versions[version][1]

    def is_charged(self, period):
        if self.mode == "next_period":
            return period[0] >= self.start
        return period[1] >= self.start

    def is_whole(self, period):
        return period[0] >= self.start or self.mode == "whole_period"

    def rows(self, period):
        """(row, version, share that is charged or None, share that is free) of the rows in a period."""
        whole = self.is_whole(period)
        for row in self.contract.rows_in.get(period, ()):
            version = self.contract.version_on(row.end)
            if not self.contract.present(self.name, version):
                continue
            if not self.is_charged(period) or (not whole and row.end < self.start):
                yield row, version, None, Fraction(1)
            elif not whole and self.mode == "part_above" and row.end == self.start:
                yield row, version, self.above, 1 - self.above
            else:
                yield row, version, Fraction(1), Fraction(0)

    def worth(self, row, version):
        """What a row adds to the base: its value, for these products, times the combination factor."""
        element = self.contract.element(self.name, version)
        value = row.value(self.meter(version), self.terms(version))
        if value is None or (element["products"] and row.product not in element["products"]):
            return None
        factor = self.combination(row, version)
        return value * Fraction(factor["own"], factor["own"] + factor["other"]) if factor else value

    def meter(self, version):
        return meter_of(self.contract.element(self.name, version))

    def combination(self, row, version):
        """The factor of a product: its own, else the one for all."""
        every = self.contract.element(self.name, version)["combinations"]
        own = [c for c in every if row.product and c["product"] == row.product]
        return next(iter(own or [c for c in every if not c["product"]]), None)

    def free(self, rows):
        for row, version, _, share in rows:
            element = self.contract.element(self.name, version)
            value = self.worth(row, version)
            if share and value and element["free_use_fills"]:
                self.fill(element["rate"], row.end, value * share)

    def fill(self, rate, on, value):
        """Add to what fills tiers; returns the sums before and after in the window of the rate."""
        years = [(kind, year_number(kind, on, self.contract.effect)) for kind in ("calendar", "licence")]
        for key in [None, *years]:
            self.filled[key] = self.filled.get(key, 0) + value
        key = None
        if rate["kind"] == "tiers" and rate["span"] == "year":
            key = next(year for year in years if year[0] == rate["year"])
        return self.filled[key] - value, self.filled[key]

    def take(self, period, version):
        """The exact royalty of a period, and what else its window was already charged by it."""
        self.lines = []
        rows = list(self.rows(period))
        read = [row for row in self.contract.rows_in.get(period, ()) if row.meter in self.reads]
        if not self.is_whole(period) and read and read[0].end < self.start:
            self.note("free_rows", "", before=self.start)
        self.free(rows)
        counted = [
            (row, place, share)
            for row, place, share, _ in rows
            if share is not None and self.worth(row, place) is not None
        ]
        self.read(counted)
        stretches = [stretch[:3] for stretch in self.stretches(counted)] or [
            (version, period[1], Fraction(0))
        ]
        self.given.pop("period", None)
        element = self.contract.element(self.name, version)
        charged_base = Fraction(0)
        if self.is_windowed(element):
            exact, charged_base = self.by_window(stretches)
        else:
            exact = Fraction(0)
            self.close()
            total = sum(base for _, _, base in stretches)
            if total < 0 and element["loss_carry"]:
                self.loss += -total
                self.note("loss_kept", 0, result=total, carried=self.loss)
            elif total < 0:
                self.note("loss_lost", 0, result=total)
            else:
                for place, on, base in self.less_loss(stretches, total):
                    cost, used = self.cost(place, on, base)
                    exact, charged_base = exact + cost, charged_base + used
            self.rests = []
        if exact < 0:
            self.note("not_negative", 0, exact=exact)
            exact = Fraction(0)
        if element.get("stacking"):
            exact = self.stack(element, exact, max(charged_base, 0), rows)
        return exact

    def read(self, counted):
        """The first lines: one row as it was reported; of several their sums, and what was deducted by name."""
        if not counted:
            self.note("nil", 0)
        elif len(counted) > 1:
            for _, _, base, rows in self.stretches(counted):
                self.note("rows", base, rows=rows)
            sums = {}
            for row, version, _ in counted:
                for name, value in self.less(row, version).items():
                    sums[name] = sums.get(name, 0) + value
            for name in DEDUCTIONS:
                if sums.get(name):
                    self.note("deduction", sums[name], name=name)
        else:
            ((row, version, share),) = counted
            value = row.value(self.meter(version), self.terms(version))
            if row.parts is None:
                self.note("reported", value)
            else:
                invoiced = row.parts.get("invoiced_incl_vat", 0)
                self.note("sales", value, invoiced=invoiced, parts=self.less(row, version))
            factor = self.combination(row, version)
            if factor:
                self.note("combination", self.worth(row, version), own=factor["own"], other=factor["other"])
            if share != 1:
                self.note("part_above", self.worth(row, version) * share, part=share)

    def less(self, row, version):
        return row.less(self.meter(version), self.terms(version)) if row.parts is not None else {}

    def stretches(self, counted):
        """(version, day, base, number of rows) of rows that are rated alike, added up, in order of time: a new version
        begins anew, and a new year of the rate, of what is deducted, or of yearly tiers in any version."""
        merged = {}
        for row, version, share in counted:
            element = self.contract.element(self.name, version)
            less = element.get("baseline") or element.get("free")
            years = [] if element["rate"]["kind"] == "fixed" else [element["rate"]["year"]]
            years += [less["year"]] if less else []
            years += self.tier_years if len(self.contract.versions) > 1 else []
            alike = (version, *(year_number(kind, row.end, self.contract.effect) for kind in years))
            _, _, base, rows = merged.get(alike, (0, 0, 0, 0))
            merged[alike] = version, row.end, base + self.worth(row, version) * share, rows + 1
        return list(merged.values())

    def is_windowed(self, element):
        rate, less = element["rate"], element.get("baseline") or element.get("free")
        tiers = rate["kind"] == "tiers" and (rate["span"] == "year" or rate["mode"] == "whole")
        return tiers or (less is not None and less["span"] == "year")

    def window_of(self, element, on):
        rate, less = element["rate"], element.get("baseline") or element.get("free")
        if rate["kind"] == "tiers" and rate["span"] == "year":
            return "rate", year_number(rate["year"], on, self.contract.effect)
        if less is not None and less["span"] == "year":
            return less["year"], year_number(less["year"], on, self.contract.effect)
        return "life", 0

    def by_window(self, stretches):
        """The cumulative royalty of each window touched, less what the window was charged, never below zero."""
        touched, charged_base = [], Fraction(0)
        for place, on, base in stretches:
            key = self.window_of(self.contract.element(self.name, place), on)
            if self.window is None or self.window[0] != key:
                self.close()
                if self.loss:
                    base -= self.loss
                    self.note("loss_brought", base, loss=self.loss)
                    self.loss = Fraction(0)
                touched.append(key)
            elif not touched:
                touched.append(key)
            self.window = (key, place)
            self.base_in[key] = self.base_in.get(key, 0) + base
            cost, used = self.cost(place, on, base)
            self.earned[key] = self.earned.get(key, 0) + cost
            charged_base += used
        self.rests = []
        for key in touched:
            rest = self.earned[key] - self.charged.get(key, 0)
            self.note("window", rest, cumulative=self.earned[key], charged=self.charged.get(key, 0))
            self.rests.append((key, max(rest, Fraction(0))))
        return sum(rest for _, rest in self.rests), charged_base

    def close(self):
        """A window that ends below zero leaves a loss, carried where that is agreed."""
        if self.window is None:
            return
        (key, place), self.window = self.window, None
        left = self.base_in.get(key, 0)
        if left < 0:
            self.base_in[key] = 0
            if self.contract.element(self.name, place)["loss_carry"]:
                self.loss -= left

    def less_loss(self, stretches, total):
        used = min(self.loss, total)
        if self.loss:
            self.note("loss_used", total - used, result=total, used=used, left=self.loss - used)
        self.loss -= used
        for place, on, base in stretches:
            part = min(max(base, 0), used)
            used -= part
            yield place, on, base - part

    def cost(self, place, on, base):
        """(royalty on a stretch, base after baseline or allowance)."""
        element = self.contract.element(self.name, place)
        less = element.get("baseline") or element.get("free")
        if less is not None:
            base = self.beyond("baseline" if element.get("baseline") else "free", less, on, base)
        rate = element["rate"]
        scale = 1
        if element["base"] == "units":  # a price in major units
            scale = 1 if self.terms(0)["currency"] in WHOLE_UNITS else 100
        low, high = self.fill(rate, on, base)
        if rate["kind"] == "fixed":
            price = number(rate["rate"])
            self.note("rate", base * price * scale, base=base, rate=price)
            return base * price * scale, base
        if rate["kind"] == "yearly":
            place = year_number(rate["year"], on, self.contract.effect)
            if rate["year"] == "calendar":
                place -= self.contract.effect.year
            listed = rate["rates"]
            price = number(listed[min(max(place, 0), len(listed) - 1)])
            self.note("rate_of_year", base * price * scale, base=base, year=place + 1, rate=price)
            return base * price * scale, base
        tiers = [(number(t["up_to"]) if t.get("up_to") is not None else None, number(t["rate"])) for t in rate["tiers"]]  # fmt: skip
        if rate["mode"] == "whole":
            value = (whole(tiers, high) - whole(tiers, low)) * scale
            self.note("whole", value, cumulative=high, before=low, rate=reached(tiers, high))
            return value, base
        for begins, ends, price in inside(tiers, *sorted((low, high))):
            value = (ends - begins) * price * scale
            self.note("tier", value if high > low else -value, **{"from": begins, "to": ends, "rate": price})
        return (excess(tiers, high) - excess(tiers, low)) * scale, base

    def beyond(self, name, less, on, base):
        """The part of a stretch above a baseline or allowance ("free") of its window."""
        key, quantity = less["span"], number(less["quantity"])
        if key == "year":
            place = year_number(less["year"], on, self.contract.effect)
            key = (less["year"], place)
            if less["pro_rate"] != "none":
                first, last = year_days(less["year"], place, self.contract.effect)
                begins, ends = max(first, self.start), min(last, self.contract.end)
                months = 12
                if (begins, ends) != (first, last):
                    months = months_of(less["pro_rate"], less["year"], self.contract.effect, begins, ends)
                self.note("pro_rated_quantity", quantity * months / 12, quantity=quantity, months=months)
                quantity = quantity * months / 12
        before = self.given.get(key, Fraction(0))
        after = self.given[key] = before + base
        value = max(after - quantity, Fraction(0)) - max(before - quantity, Fraction(0))
        self.note(name, value, **{"cumulative": after, "before": before, name: quantity})
        return value

    def stack(self, element, exact, base, rows):
        """Royalties owed to others lower this one down to floor × base; what is not used is carried, exact."""
        rule = element["stacking"]
        owed = Fraction(0)
        for row, version, share, _ in rows:
            products = self.contract.element(self.name, version)["products"]
            if row.meter == "third_party_royalties" and (
                not products or not row.product or row.product in products
            ):
                owed += row.quantity * (share or 0)
        scale = 1
        if element["base"] == "units" and self.terms(0)["currency"] not in WHOLE_UNITS:
            scale = 100
        available = self.offset + owed * number(rule["offset"])
        floor = base * scale * number(rule["floor"])
        used = max(min(available, exact - floor), Fraction(0))
        self.offset = available - used if rule["carry"] else Fraction(0)
        self.note(
            "stacking", exact - used, royalty=exact, available=available, floor=floor, carried=self.offset
        )
        return exact - used

    # -- waiting --

    def split_on(self, period):
        """The day on which a row must be split before it can be rated: the first chargeable one, or a version's."""
        sums = ["third_party_royalties"] if any(one.get("stacking") for one in self.every) else []
        for meters in (self.reads, sums):
            for row in self.contract.rows_in.get(period, ()):
                if row.meter not in meters:
                    continue
                if not self.is_whole(period):
                    if row.end < self.start:
                        continue
                    if row.start < self.start and not (self.mode == "part_above" and row.end == self.start):
                        return self.start
                began, ended = self.contract.version_on(row.start), self.contract.version_on(row.end)
                if began != ended and self.differ(began, ended):
                    return self.contract.versions[ended][0]
        return None

    def differ(self, *versions):
        """Whether two versions would rate the same row differently."""
        stated = [
            (self.contract.present(self.name, v) and self.contract.element(self.name, v), self.terms(v)["report"]["deductions"])
            for v in versions
        ]  # fmt: skip
        return stated[0] != stated[1]

    def remember(self, period):
        """A period waits: so do later ones whose sums run on from it."""
        for one in self.every:
            less, rate = one.get("baseline") or one.get("free"), one["rate"]
            self.open_life |= bool(
                one["loss_carry"]
                or (one.get("stacking") and one["stacking"]["carry"])
                or (less and less["span"] == "life")
                or (rate["kind"] == "tiers" and rate["span"] == "life")
            )
            self.open_years |= self.years_of(one, period)

    def years_of(self, element, period):
        """The yearly windows that a royalty of a period depends on."""
        less, rate = element.get("baseline") or element.get("free"), element["rate"]
        kinds = [("rate", rate["year"])] if rate["kind"] == "tiers" and rate["span"] == "year" else []
        kinds += [("base", less["year"])] if less and less["span"] == "year" else []
        effect = self.contract.effect
        return {(what, kind, year_number(kind, on, effect)) for what, kind in kinds for on in period}

    def is_open(self, element, period):
        return self.open_life or bool(self.open_years & self.years_of(element, period))

    def opens_by_free_use(self, period, version):
        """Whether free use that is not reported yet would fill tiers."""
        if period not in self.gaps or not self.contract.present(self.name, version):
            return False
        fills = any(one["rate"]["kind"] == "tiers" for one in self.every) and any(
            one["free_use_fills"] for one in self.every
        )
        if len(self.contract.versions) == 1 and self.mode != "next_period" and not fills:
            return False
        return self.contract.element(self.name, version)["free_use_fills"]

    # -- windows --

    def book(self, rounded, version):
        """Remember what the windows of a period were charged: the last one takes the rounding."""
        if not self.rests:
            return
        stacked = bool(self.contract.element(self.name, version).get("stacking"))
        others = sum(rest for _, rest in self.rests[:-1])
        for key, rest in self.rests[:-1]:
            self.charged[key] = self.charged.get(key, 0) + rest
        key, rest = self.rests[-1]
        self.charged[key] = self.charged.get(key, 0) + (rest if stacked else rounded - others)


def meter_of(element):
    return (element["meter"] or "units") if element["base"] == "units" else element["base"]


def line(code, value, parts=None, **figures):
    """One line of a working: what it is called, what it comes to, its figures, and the deductions that it sums up."""
    return code, value, figures, parts or {}


def excess(tiers, amount):
    """Each rate for the part inside its tier; below zero the first rate goes on."""
    total, low = Fraction(0), Fraction(0)
    if amount <= 0:
        return amount * tiers[0][1]
    for high, rate in tiers:
        top = amount if high is None else min(amount, high)
        if top > low:
            total += (top - low) * rate
        if high is None or amount <= high:
            break
        low = high
    return total


def inside(tiers, low, high):
    """(from, to, rate) of the tiers between two sums; the first one goes on below zero."""
    for place, (top, rate) in enumerate(tiers):
        begins = max(low, tiers[place - 1][0]) if place else low
        ends = high if top is None else min(high, top)
        if begins < ends:
            yield begins, ends, rate


def reached(tiers, amount):
    return next((rate for high, rate in tiers if high is None or amount <= high), tiers[-1][1])


def whole(tiers, amount):
    """The rate of the tier reached, for everything."""
    return amount * reached(tiers, amount)


# --- credits, caps, and the rating from start to end -----------------------------------------------------

DOUBT, ORDINARY, LAST = (
    0,
    1,
    2,
)  # on one day: what a missing report may have brought, elements as listed, minima


class Credit:
    """What is left of an entry fee; `open`: a charge that uses it, or itself, waits."""

    def __init__(self, name, against, left, is_open):
        self.name, self.against, self.left, self.open = name, against, left, is_open


class Rating:
    """Every charge by its key (element, part, first day, last day): (date, amount, exact), with the version of the terms
    and the lines of its working; what waits, and why."""

    def __init__(self, contract):
        self.contract = contract
        self.charges, self.lines, self.version = {}, {}, {}
        self.waiting = []  # (element, part, first day, last day, reason, detail)
        self.credits = []
        self.counted = []  # (element, date, amount): what caps and minima look at
        self.parts = {}
        self.nominal = {}
        self.settled = {}  # single sums and instalments: the day of their charge
        self.doubts = {}  # elements that a missing report may have brought: since when
        self.doubts_seen = set()
        self.open_years = {}  # caps of which something waits: in these years
        self.open_from = {}  # … or in every year from this one on
        points = []
        for order, name in enumerate(self.names()):
            points += self.points(name, order)
        points += [(since, DOUBT, 0, 0, self.doubt(name)) for name, since in self.doubts.items()]
        for *_, work in sorted(points, key=lambda point: point[:4]):
            work()

    def names(self):
        latest = [element["id"] for element in self.contract.versions[-1][1]["elements"]]
        every = []
        for _, terms in self.contract.versions:
            every += [e["id"] for e in terms["elements"] if e["id"] not in latest and e["id"] not in every]
        return every + latest

    def first_day(self, name, part=0):
        found, doubt = first_day(self.contract, name, part)
        if doubt is not None:
            self.doubts[name] = min(doubt, self.doubts.get(name, doubt))
        return found

    def points(self, name, order):
        """(day, minima last, order of listing, part, what to do)."""
        contract = self.contract
        element = contract.element(name, len(contract.versions) - 1)
        if element["kind"] == "instalments":
            most = max(len(one["parts"]) for one in contract.of_versions(name))
            for part in range(1, most + 1):
                found = self.first_day(name, part)
                if found and found[0][0] <= contract.until:
                    yield found[0][0], ORDINARY, order, part, self.once(name, part, *found)
            return
        found = self.first_day(name)
        if not found or found[0][0] > contract.until:
            return
        if element["kind"] == "royalty":
            royalty = Royalty(contract, name, found[0])
            for period in contract.periods:
                if period[1] <= contract.until:
                    if royalty.is_charged(period):
                        yield period[1], ORDINARY, order, 0, self.period(royalty, period)
                        continue
                    royalty.free(list(royalty.rows(period)))
                    if royalty.opens_by_free_use(period, contract.version_on(period[1])):
                        royalty.remember(period)
        elif element["kind"] in ("yearly_fee", "minimum"):
            yield from self.years(name, order, found[0])
        else:
            yield found[0][0], ORDINARY, order, 0, self.once(name, 0, *found)

    def once(self, name, part, found, version):
        def work():
            (on, how, _, waits), element = found, self.contract.element(name, version)
            waits = waits or self.is_open(name, on)
            lines = [line("trigger", on, on=on, by=how)]
            exact = self.instalment(element, part, lines) if part else element["amount"]
            if not part:
                lines.append(line("agreed", exact))
            credit = element.get("credit_against") if element["kind"] == "entry_fee" else None
            if waits:
                if credit:
                    self.credits.append(Credit(name, credit, element["amount"], True))
                self.wait(name, part, (on, on), "earlier_period")
                return
            amount = self.capped(name, on, exact, version, lines)
            if credit and amount:
                self.credits.append(
                    Credit(name, credit, amount, any(one in self.doubts_seen for one in credit))
                )
            self.settled[name, part] = on
            self.add((name, part, on, on), amount, exact, version, lines)

        return work

    def instalment(self, element, part, lines):
        """Half up each; the last one brings the sum to the amount."""
        total = element["amount"]
        shares = [number(p["share"]) if p.get("share") is not None else Fraction(1, len(element["parts"])) for p in element["parts"]]  # fmt: skip
        plan = [half_up(total * share) for share in shares]
        charged = self.parts.setdefault(element["id"], {})
        if part == len(plan):
            others = sum(charged.get(place, plan[place - 1]) for place in range(1, part))
            plan[part - 1] = max(total - others, 0)
            lines.append(line("last_instalment", plan[part - 1], total=total, before=others))
        else:
            lines.append(line("instalment", plan[part - 1], total=total, share=shares[part - 1]))
        charged[part] = plan[part - 1]
        return plan[part - 1]

    def period(self, royalty, period):
        def work():
            contract, name = self.contract, royalty.name
            version = contract.version_on(period[1])
            if not contract.present(name, version):
                version = contract.version_on(period[0])
                if not contract.present(name, version):
                    return
            if self.paid_up(name, version):
                return
            reason, detail = self.why_it_waits(royalty, period, version)
            if reason:
                royalty.remember(period)
                self.wait(name, 0, period, reason, detail)
                return
            exact = royalty.take(period, version)
            amount = half_up(exact)
            royalty.book(amount, version)
            lines = [*royalty.lines, line("round", amount)]
            for credit in self.credits:
                if name in credit.against and credit.left and amount > 0:
                    used = min(credit.left, amount)
                    credit.left -= used
                    lines.append(line("credit", amount - used, before=amount, used=used, left=credit.left, fee=credit.name))  # fmt: skip
                    amount -= used
            amount = self.capped(name, period[1], amount, version, lines)
            begins = period[0]
            if royalty.mode in ("split", "part_above"):
                begins = max(begins, royalty.start)
            self.add((name, 0, begins, period[1]), amount, exact, version, lines)

        return work

    def why_it_waits(self, royalty, period, version):
        contract = self.contract
        if period in royalty.gaps:
            cut = contract.cut.get(period)
            return ("split_needed", cut.isoformat()) if cut else ("report_missing", "")
        element = contract.element(royalty.name, version)
        if royalty.waits or royalty.is_open(element, period) or self.is_open(royalty.name, period[1]):
            return "earlier_period", ""
        cut = royalty.split_on(period)
        return ("split_needed", cut.isoformat()) if cut else ("", "")

    def years(self, name, order, found):
        """One point at the end of each year from the first day on; the licence's end and an amendment break it."""
        contract, start, waits = self.contract, found[0], found[3]
        element = contract.element(name, contract.version_on(start))
        place, count = year_number(element["year"], start, contract.effect), 0
        while True:
            days = year_days(element["year"], place, contract.effect)
            begins, ends = max(days[0], start), min(days[1], contract.end)
            gone = [since for at, (since, _) in enumerate(contract.versions) if since >= begins and not contract.present(name, at)]  # fmt: skip
            if len(contract.versions) > 1 and gone and gone[0] <= ends:
                ends = gone[0] - DAY
            if begins > ends or ends > contract.until:
                return
            minimum = element["kind"] == "minimum"
            work = (self.minimum if minimum else self.fee)(name, days, (begins, ends), count, waits)
            yield ends, LAST if minimum else ORDINARY, order, 0, work
            if ends < days[1]:
                return
            place, count = place + 1, count + 1

    def fee(self, name, days, used, count, waits):
        def work():
            contract, version = self.contract, self.contract.version_on(used[1])
            if self.paid_up(name, version):
                return
            if waits or self.is_open(name, used[1]):
                self.wait(name, 0, used, "earlier_period")
                return
            cuts = [since for since, _ in contract.versions[1:] if used[0] < since <= used[1]]
            exact, lines = Fraction(0), []
            for begins, ends in zip([used[0], *cuts], [*(cut - DAY for cut in cuts), used[1]]):
                element = contract.element(name, contract.version_on(begins))
                amount = element["amounts"][min(count, len(element["amounts"]) - 1)]
                # the day of termination is free
                counted = (ends - begins).days + (ends != contract.stopped)
                of = 365 if element["day_count"] == "365" else (days[1] - days[0]).days + 1
                exact += Fraction(amount * counted, of)
                lines.append(line("days", Fraction(amount * counted, of), amount=amount, days=counted, of=of))
            lines.append(line("round", half_up(exact)))
            amount = self.capped(name, used[1], half_up(exact), version, lines)
            self.add((name, 0, *used), amount, exact, version, lines)

        return work

    def minimum(self, name, days, used, count, waits):
        def work():
            contract, version = self.contract, self.contract.version_on(used[1])
            if self.paid_up(name, version):
                return
            element = contract.element(name, version)
            amounts, kind = element["amounts"], element["year"]
            before = None
            if element["carry_excess"] and count:
                before = year_days(kind, year_number(kind, days[0], contract.effect) - 1, contract.effect)
            unsettled = self.unsettled(element["counts"], before[0] if before else days[0], used[1])
            if waits or unsettled or self.is_open(name, used[1]):
                self.wait(name, 0, used, "earlier_period")
                return
            lines = []
            nominal = amounts[min(count, len(amounts) - 1)]
            if used != days and element["pro_rate"] != "none":
                months = months_of(element["pro_rate"], kind, contract.effect, *used)
                part = half_up(Fraction(nominal * months, 12))
                lines.append(line("pro_rated_minimum", part, minimum=nominal, months=months))
                nominal = part
            self.nominal[name, count] = nominal
            if before:
                of_before = self.nominal.get((name, count - 1), amounts[min(count - 1, len(amounts) - 1)])
                carried = max(self.sum_of(element["counts"], *before) - of_before, 0)
                if carried:
                    lines.append(line("excess", max(nominal - carried, 0), minimum=nominal, carried=carried))
                    nominal = max(nominal - carried, 0)
            charged = self.sum_of(element["counts"], days[0], used[1])
            short = max(nominal - charged, 0)
            lines.append(line("shortfall", short, minimum=nominal, charged=charged))
            amount = self.capped(name, used[1], short, version, lines)
            self.add((name, 0, *used), amount, short, version, lines)

        return work

    def add(self, key, amount, exact, version, lines):
        self.charges[key] = (key[3], amount, Fraction(exact))
        self.version[key], self.lines[key] = version, lines
        self.counted.append((key[0], key[3], amount))

    def sum_of(self, names, first, last):
        return sum(amount for name, on, amount in self.counted if name in names and first <= on <= last)

    def caps(self, name, version):
        """Yearly caps first, then caps for life."""
        caps = [cap for cap in self.contract.versions[version][1]["caps"] if name in cap["counts"]]
        return sorted(caps, key=lambda cap: cap["span"] != "year")

    def capped(self, name, on, amount, version, lines):
        """Each cap counts what its elements were charged, whoever was in force."""
        for cap in self.caps(name, version):
            yearly, window = cap["span"] == "year", (date.min, date.max)
            if yearly:
                window = year_days(cap["year"], self.year_of(cap, on), self.contract.effect)
            charged = self.sum_of(cap["counts"], *window)
            if charged + amount > cap["amount"]:
                left = max(cap["amount"] - charged, 0)
                code = "yearly_cap" if yearly else "life_cap"
                lines.append(
                    line(code, left, before=amount, cap=cap["amount"], charged=charged, id=cap["id"])
                )
                amount = left
        return amount

    def year_of(self, cap, on):
        return year_number(cap["year"], on, self.contract.effect) if cap["span"] == "year" else 0

    def paid_up(self, name, version):
        return any(
            cap["span"] != "year" and self.sum_of(cap["counts"], date.min, date.max) >= cap["amount"]
            for cap in self.caps(name, version)
        )

    # -- waiting: a charge that cannot be made yet holds up all that shares a credit, a cap or a minimum with it --

    def wait(self, name, part, period, reason, detail=""):
        self.hold(name, period[1])
        self.waiting.append((name, part, *period, reason, detail))

    def of_caps(self, name):
        """Every cap of any version that counts an element, by what makes it the same cap."""
        found = {}
        for _, terms in self.contract.versions:
            for cap in terms["caps"]:
                if name in cap["counts"]:
                    found.setdefault((cap["id"], frozenset(cap["counts"]), cap["span"], cap["year"]), cap)
        return found.items()

    def hold(self, name, on):
        for credit in self.credits:
            credit.open |= name in credit.against
        for key, cap in self.of_caps(name):
            self.open_years.setdefault(key, set()).add(self.year_of(cap, on))

    def doubt(self, name):
        """From a missing report on that may have brought an element, nothing is sure that shares a limit with it."""

        def work():
            since = self.doubts[name]
            self.doubts_seen.add(name)
            self.hold(name, since)
            for key, cap in self.of_caps(name):
                year = self.year_of(cap, since)
                self.open_from[key] = min(year, self.open_from.get(key, year))
            element = self.contract.of_versions(name)[0]
            known = any(credit.name == name for credit in self.credits)
            if element["kind"] == "entry_fee" and element["credit_against"] and not known:
                self.credits.append(Credit(name, element["credit_against"], element["amount"], True))

        return work

    def is_open(self, name, on):
        if any(credit.open and credit.left and name in credit.against for credit in self.credits):
            return True
        for key, cap in self.of_caps(name):
            year = self.year_of(cap, on)
            if year in self.open_years.get(key, ()) or (
                key in self.open_from and year >= self.open_from[key]
            ):
                return True
        return False

    def unsettled(self, names, since, until):
        """Whether something that a minimum counts still waits."""
        waits = any(name in names and ends >= since for name, _, _, ends, _, _ in self.waiting)
        return waits or any(name in names and on <= until for name, on in self.doubts.items())

    # -- what follows from all of it --

    def paid_up_on(self):
        """The day from which nothing more can arise: each element of the terms was charged in full, ended with the option,
        or stands under a cap for life that was reached."""
        contract, latest = self.contract, len(self.contract.versions) - 1
        if self.waiting or self.doubts or not any(amount > 0 for _, amount, _ in self.charges.values()):
            return None
        declined = contract.first("conversion") is None and contract.facts["declined_on"] is not None
        days = []
        for element in contract.versions[-1][1]["elements"]:
            name = element["id"]
            if element["commitment"] == "option" and declined:
                continue
            capped = self.capped_on(name, latest)
            if capped is not None:
                days.append(capped)
                continue
            kind = element["kind"]
            parts = range(1, len(element["parts"]) + 1) if kind == "instalments" else [0]
            if kind in ("royalty", "yearly_fee", "minimum") or any(
                (name, p) not in self.settled for p in parts
            ):
                return None
            days += [self.settled[name, part] for part in parts]
        return max(days, default=None)

    def capped_on(self, name, version):
        """The day on which the first cap for life that was reached was reached, at the earliest when it was agreed or
        lowered that far."""
        versions = self.contract.versions
        for cap in self.caps(name, version):
            charged = self.sum_of(cap["counts"], date.min, date.max)
            if cap["span"] == "year" or charged < cap["amount"]:
                continue
            agreed = version
            while agreed and any(same_cap(one, cap) and charged >= one["amount"] for one in self.caps(name, agreed - 1)):  # fmt: skip
                agreed -= 1
            days = [on for one, on, amount in self.counted if one in cap["counts"] and amount]
            return max(days[-1] if days else versions[version][0], versions[agreed][0])
        return None


def same_cap(one, other):
    return (one["id"], set(one["counts"]), one["span"], one["year"]) == (
        other["id"], set(other["counts"]), other["span"], other["year"],
    )  # fmt: skip


# --- reading: nothing of a bundle is trusted before its form is known --------------------------------------


class Unratable(Exception):
    """Terms, facts or usage are not what a contract can be rated from."""


class Bundle:
    """The members of a bundle, and what was found wrong with them."""

    def __init__(self, content):
        self.content, self.members, self.papers, self.wrong, self.seen = content, {}, {}, [], []
        self.rated, self.unfit = None, False

    def differs(self, where, said, found):
        self.wrong.append("%s: the bundle says %s, computed %s" % (where, quoted(said), quoted(found)))

    def equal(self, where, said, found):
        if said != found or type(said) is bool is not type(found):
            self.differs(where, said, found)

    def tell(self, what, *counts):
        self.seen.append(what % counts if counts else what)

    def paper(self, name):
        if name not in self.papers:
            self.papers[name] = read_json(self.members[name]) if name in self.members else []
        return self.papers[name]

    def ratings(self):
        """(rating of what is known now, ratings of earlier runs by their number), worked out once."""
        if self.rated is None:
            try:
                versions = self.paper("terms.json")
                now = Contract(versions, self.paper("facts.json"), self.paper("usage.json"), day(self.paper("rating.json")["until"]))  # fmt: skip
                self.rated = Rating(now), rated_by_run(self, versions)
            except Exception as error:  # terms and facts of any kind may come here
                self.rated = Unratable(
                    "the contract cannot be rated from terms.json, facts.json, usage.json and earlier.json (%s: %s)"
                    % (type(error).__name__, error)
                )
        if isinstance(self.rated, Unratable):
            raise self.rated
        return self.rated

    def of_run(self, run):
        """What a run came to: an earlier one from what it knew, where that differs, else as of now."""
        now, earlier = self.ratings()
        return earlier.get(run, now)


def quoted(value):
    text = str(value)
    return text if len(text) <= WORDS else text[:WORDS] + " …"


def read_json(content):
    """JSON as a bundle holds it: no fractions of binary numbers, no NaN, no number without end, no name twice."""

    def refuse(text):
        raise ValueError("%.40s is no number of a bundle" % text)

    def whole(text):
        return int(text) if len(text) <= 40 else refuse(text)

    def once(pairs):
        found = dict(pairs)
        if len(found) < len(pairs):
            raise ValueError("a name stands twice in one object")
        return found

    return json.loads(content, object_pairs_hook=once, parse_float=refuse, parse_int=whole, parse_constant=refuse)  # fmt: skip


def canonical(document):
    return json.dumps(document, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def sha256(content):
    return hashlib.sha256(content).hexdigest()


def packed(members):
    """The zip as it must be: names in order, nothing compressed, no clock."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(members):
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.create_system, entry.external_attr = 3, 0o644 << 16
            archive.writestr(entry, members[name])
    return out.getvalue()


# The form of each paper. A name with "?" may be missing; a set is a choice; a list holds any number of its one form.

TEXT, WHOLE, FLAG, ON, MOMENT, HASH = (
    "text",
    "a whole number",
    "true or false",
    "a day",
    "a moment",
    "a SHA-256",
)
EXACT, DUE, ENTRY, ANY = "an exact number", "a due rule", "the text of an entry", "anything"


class Maybe:
    """A value of a form, or null."""

    def __init__(self, form):
        self.form = form


class Each:
    """An object with any names, every value of one form."""

    def __init__(self, form):
        self.form = form


PARTY = {"id": WHOLE, "name_zh": TEXT, "name_en": TEXT, "credit_code": TEXT}
STATED = {
    "issuer": {**PARTY, "address": TEXT},
    "payer": {**PARTY, "address": TEXT},
    "contract": {"number": TEXT, "registration": TEXT},
    "ledger_head": TEXT,
    "ledger_sequence": WHOLE,
}
PAPER = {
    "id": WHOLE, "number": TEXT, "issued_on": ON, "currency": TEXT, "net": WHOLE, "vat": WHOLE, "total": WHOLE,
    "lines": [{"charge": Maybe(WHOLE), "text_zh": TEXT, "text_en": TEXT, "price": WHOLE}],
    "pdf_sha256": Maybe(HASH),
}  # fmt: skip
FACTS = {
    "effective_on": ON,
    **dict.fromkeys(
        ("delivered_on", "trial_starts_on", "trial_ends_on", "converted_on", "declined_on", "reported_through",
         "terminated_on", "expires_on", "sell_off_until"), Maybe(ON),
    ),
    "extension_months": WHOLE,
    "events": [{"name": TEXT, "on": ON}],
    "accepted": [{"start": ON, "end": ON}],
    "closed": [{"meter": TEXT, "start": ON, "end": ON}],
}  # fmt: skip
USAGE = [
    {"meter": TEXT, "start": ON, "end": ON, "product": TEXT, "components?": Each(WHOLE), "quantity?": EXACT}
]
STEP = {"step": TEXT, "inputs": Each(ANY), "formula": TEXT, "value": ANY, "rounding?": TEXT, "source?": TEXT}
CHARGE = {
    "id": WHOLE, "kind": {"CHARGE", "ADJUSTMENT", "INTEREST", "AUDIT"},
    "state": {"HELD", "REFUSED", "ACCRUED", "DISPUTED", "APPROVED", "CARRIED", "INVOICED", "WAIVED"},
    "element": TEXT, "part": WHOLE, "start": ON, "end": ON, "sequence": WHOLE, "dated_on": ON, "minor": WHOLE,
    "currency": TEXT, "exact": EXACT, "version": WHOLE, "terms_hash": HASH, "due": DUE,
    "working": Maybe({"currency": TEXT, "unit": TEXT, "steps": [{**STEP, "parts?": [STEP]}]}),
    "before": Maybe(WHOLE), "now": Maybe(WHOLE), "of_invoice": Maybe(TEXT), "run": Maybe(WHOLE),
}  # fmt: skip
RUN = {"run": WHOLE, "until": ON, "known_at": MOMENT, "inputs_hash": HASH}
FORMS = {
    "manifest.json": {
        "format": TEXT, "contract": TEXT, "for": {"licensor", "licensee"}, "files": Each(HASH),
        "chain": {"sequence": WHOLE, "hash": HASH},
    },
    "contract.json": {
        "number": TEXT, "state": TEXT, "for": {"licensor", "licensee"}, "effective_on": ON, "registration": TEXT,
        "parties": [{"side": {"licensor", "licensee", "agency"}, **PARTY}],
    },
    "terms.json": [
        {"version": WHOLE, "effective_on": ON, "hash": HASH, "terms": Each(ANY)}
    ],
    "facts.json": FACTS,
    "usage.json": USAGE,
    "rollups.json": {
        "rows": [{"meter": TEXT, "product": TEXT, "day": ON, "quantity": EXACT, "events": WHOLE, "digest": HASH}],
        "deemed": [{"figure": TEXT, "start": ON, "end": ON}],
    },
    "reports.json": [
        {
            "id": WHOLE, "start": ON, "end": ON, "state": {"ACCEPTED", "SUPERSEDED", "DEEMED"},
            "is_nil": FLAG, "amends": Maybe(WHOLE), "submitted_at": Maybe(MOMENT), "accepted_at": MOMENT,
            "evidence": [{"name": TEXT, "size": WHOLE, "sha256": HASH}],
        }
    ],
    "earlier.json": [
        {**RUN, "versions": [{"effective_on": ON, "hash": HASH}], "facts": FACTS, "usage": USAGE}
    ],
    "rating.json": {
        "until": ON, "currency": TEXT, "total": WHOLE, "paid_up_on": Maybe(ON), "run": Maybe(WHOLE),
        "known_at": Maybe(MOMENT), "inputs_hash": TEXT, "result_hash": TEXT, "runs": [RUN],
        "waiting": [
            {"element": TEXT, "part": WHOLE, "start": ON, "end": ON, "detail": TEXT,
             "reason": {"report_missing", "earlier_period", "split_needed"}}
        ],
    },
    "charges.json": [CHARGE],
    "invoices.json": [
        {**PAPER, "stated": STATED, "due_on": ON, "vat_rate": EXACT, "vat_basis": TEXT, "tax_invoice": TEXT}
    ],
    "credit_notes.json": [{**PAPER, "stated": {**STATED, "invoice": TEXT}, "invoice": TEXT, "reason": TEXT}],
    "receipts.json": [
        {
            "id": WHOLE, "invoice": TEXT, "payment": WHOLE, "method": TEXT, "received_on": ON, "allocated_on": ON,
            "minor": WHOLE, "currency": TEXT, "undoes": Maybe(WHOLE), "reason": TEXT,
        }
    ],
    "ledger.json": {
        "issuer": WHOLE, "head": {"sequence": WHOLE, "hash": HASH}, "first": WHOLE, "previous": HASH,
        "contents": [HASH], "entries": [{"sequence": WHOLE, "key": TEXT, "body": ENTRY}],
        "waiting": {"invoice": [WHOLE], "credit_note": [WHOLE], "allocation": [WHOLE]},
    },
    "annexes.json": [{"kind": TEXT, "content": ANY, "hash": HASH}],
}  # fmt: skip
SEAL = "manifest.sha256"
MEMBERS = {*FORMS, SEAL, "README.txt", "verify_bundle.py"}
LICENSORS = {"annexes.json"}  # not in the licensee's bundle


def is_exact(value):
    try:
        number(value)
    except ValueError:
        return False
    return True


def is_day(value):
    try:
        return isinstance(value, str) and day(value) is not None
    except ValueError:
        return False


def is_moment(value):
    try:
        return isinstance(value, str) and moment(value).tzinfo is not None
    except ValueError:
        return False


def is_due(value):
    numbers = {"after_invoice": ["days"], "after_charge": ["days"], "fixed_day": ["day", "month"]}
    if not isinstance(value, dict) or not isinstance(value.get("kind"), str) or value["kind"] not in numbers:
        return False
    names = numbers[value["kind"]]
    return sorted(value) == sorted(["kind", *names]) and all(
        type(value[n]) is int and 0 <= value[n] < 10_000 for n in names
    )


def is_entry(value):
    """JSON as the book hashes it, with lines of account, amount, currency and contract."""
    form = {"issuer": WHOLE, "sequence": WHOLE, "key": TEXT, "booked_on": ON, "created_at": MOMENT, "text": TEXT, "reverses": TEXT, "lines": [ANY]}  # fmt: skip
    try:
        body = read_json(value) if isinstance(value, str) else None
    except (ValueError, RecursionError):
        return False
    if any(misfits(body, form, "")) or value != json.dumps(body, sort_keys=True, separators=(",", ":")):
        return False
    kinds = [str, int, str, str]
    return all(isinstance(one, list) and [type(x) for x in one] == kinds for one in body["lines"])


def moment(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


FITS = {
    TEXT: lambda value: isinstance(value, str),
    WHOLE: lambda value: type(value) is int,
    FLAG: lambda value: type(value) is bool,
    ON: is_day,
    MOMENT: is_moment,
    HASH: lambda value: isinstance(value, str) and re.fullmatch("[0-9a-f]{64}", value) is not None,
    EXACT: is_exact,
    DUE: is_due,
    ENTRY: is_entry,
    ANY: lambda value: True,
}


def misfits(value, form, where):
    """What is not as the format has it, place by place."""
    if isinstance(form, Maybe):
        if value is not None:
            yield from misfits(value, form.form, where)
    elif isinstance(form, set):
        if not isinstance(value, str) or value not in form:
            yield "%s: must be one of %s, is %.80r" % (where, ", ".join(sorted(form)), value)
    elif isinstance(form, list):
        if not isinstance(value, list):
            yield "%s: must be a list" % where
            return
        for place, one in enumerate(value):
            yield from misfits(one, form[0], "%s[%d]" % (where, place))
    elif isinstance(form, (dict, Each)):
        if not isinstance(value, dict):
            yield "%s: must be an object" % where
            return
        yield from misfitting_names(value, form, where)
    elif not FITS[form](value):
        yield "%s: must be %s, is %.80r" % (where, form, value)


def misfitting_names(value, form, where):
    forms = dict.fromkeys(value, form.form) if isinstance(form, Each) else form
    needed = (
        {name.rstrip("?"): name for name in forms}
        if isinstance(form, dict)
        else {name: name for name in forms}
    )
    for name in sorted({*value, *needed}):
        if name not in needed:
            yield "%s.%.80s: is no part of the format" % (where, name)
        elif name in value:
            yield from misfits(value[name], forms[needed[name]], "%s.%.80s" % (where, name))
        elif not needed[name].endswith("?"):
            yield "%s.%s: is missing" % (where, name)


def check_file(bundle):
    """Every byte: the container, the seal of the manifest, the hash, the canonical form and the fields of each member."""
    try:
        with zipfile.ZipFile(io.BytesIO(bundle.content)) as archive:
            read_members(bundle, archive)
    except Exception as error:  # a damaged container fails in many ways; each is the same finding
        bundle.wrong.append("the file: cannot be read whole (%s)" % error)
        bundle.unfit = True
        return
    members = bundle.members
    for name in sorted(name for name in members if name.endswith(".json")):
        try:
            paper = bundle.paper(name)
            if canonical(paper) + b"\n" != members[name]:
                bundle.wrong.append("%s: is not in canonical form" % name)
            wrong = list(misfits(paper, FORMS[name], name))
            bundle.wrong += wrong[:100]
            bundle.unfit |= bool(wrong)
        except (ValueError, RecursionError) as error:
            bundle.wrong.append("%s: is no JSON of a bundle (%s)" % (name, quoted(error)))
            bundle.papers[name], bundle.unfit = None, True
    check_manifest(bundle)
    if packed(members) != bundle.content:
        bundle.wrong.append("the file: differs from what its members make when packed again")
    bundle.tell("%d members, each with its hash", len(members))
    bundle.tell("seal of the manifest: %s", sha256(members.get("manifest.json", b"")))


def read_members(bundle, archive):
    """Known names, each once, stored as they are: what is packed tighter could grow without end."""
    room = len(bundle.content)
    for entry in archive.infolist()[: 2 * len(MEMBERS)]:
        name = entry.filename
        room -= entry.file_size
        if name not in MEMBERS:
            bundle.wrong.append("%.80r: is no member of a bundle" % name)
        elif name in bundle.members:
            bundle.wrong.append("%s: stands twice in the file" % name)
        elif entry.compress_type != zipfile.ZIP_STORED or room < 0:
            bundle.wrong.append("%s: is compressed, or said to be larger than the file" % name)
        else:
            bundle.members[name] = archive.read(entry)


def check_manifest(bundle):
    members, manifest = bundle.members, bundle.paper("manifest.json") or {}
    manifest = manifest if isinstance(manifest, dict) else {}
    bundle.equal("manifest.json: format", manifest.get("format"), FORMAT)
    seal = members.get(SEAL, b"").decode("ascii", "replace")
    bundle.equal(SEAL, seal, sha256(members.get("manifest.json", b"")) + "\n")
    listed = manifest.get("files", {})
    listed = listed if isinstance(listed, dict) else {}
    for name in sorted({*listed, *members} - {"manifest.json", SEAL}):
        if name in members and name in listed:
            bundle.equal("%s: SHA-256" % name, listed[name], sha256(members[name]))
        elif name in listed:
            bundle.wrong.append("%.80r: is listed in the manifest and missing" % name)
        elif name in members:
            bundle.wrong.append("%s: is not listed in the manifest" % name)
    for name in sorted(MEMBERS - LICENSORS - set(members)):
        bundle.wrong.append("%s: is missing" % name)
        bundle.unfit |= name in FORMS


def check_contract(bundle):
    """Whose bundle it is: the same in every paper that says so."""
    contract, manifest, ledger = bundle.paper("contract.json"), bundle.paper("manifest.json"), bundle.paper("ledger.json")  # fmt: skip
    bundle.equal("manifest.json: contract", manifest["contract"], contract["number"])
    bundle.equal("manifest.json: for", manifest["for"], contract["for"])
    bundle.equal("manifest.json: chain", manifest["chain"], ledger["head"])
    if "annexes.json" in bundle.members and contract["for"] != "licensor":
        bundle.wrong.append("annexes.json: is the licensor's own, in a bundle of the licensee's")
    facts, versions = bundle.paper("facts.json"), bundle.paper("terms.json")
    bundle.equal("contract.json: effective on", contract["effective_on"], facts["effective_on"])
    if versions:
        bundle.equal("terms.json: in force since", versions[0]["effective_on"], facts["effective_on"])
    sides = [party["side"] for party in contract["parties"]]
    if sides not in (["licensor", "licensee"], ["licensor", "licensee", "agency"]):
        bundle.wrong.append("contract.json: parties are not a licensor, a licensee and perhaps an agency")
        return
    bundle.equal("ledger.json: issuer", ledger["issuer"], contract["parties"][0]["id"])
    for name in ("invoices.json", "credit_notes.json"):
        for paper in bundle.paper(name):
            stated = paper["stated"]
            ids = [stated["issuer"]["id"], stated["payer"]["id"], stated["contract"]["number"]]
            wanted = [party["id"] for party in contract["parties"][:2]]
            bundle.equal("%s: issuer, payer, contract" % paper["number"], ids, [*wanted, contract["number"]])
    program = bundle.members.get("verify_bundle.py")
    if program is not None and program != own_text():
        bundle.tell("by another verify_bundle.py than the one in this bundle")


def own_text():
    try:
        with open(__file__, "rb") as file:
            return file.read()
    except OSError:
        return None


def check_terms(bundle):
    versions = bundle.paper("terms.json")
    for place, version in enumerate(versions, 1):
        where = "terms.json: version %s" % version["version"]
        bundle.equal(where, version["version"], place)
        bundle.equal(where + ": hash", version["hash"], sha256(canonical(version["terms"])))
        bundle.equal(
            where + ": currency", version["terms"].get("currency"), versions[0]["terms"].get("currency")
        )
        bundle.tell("terms in force from %s: SHA-256 %s", version["effective_on"], version["hash"])
    days = [version["effective_on"] for version in versions]
    bundle.equal("terms.json: order", days, sorted(set(days)))
    bundle.tell("%d versions of the terms, each with its hash", len(versions))


# --- charges and their workings ----------------------------------------------------------------------------


def key_of(charge):
    return charge["element"], charge["part"], day(charge["start"]), day(charge["end"])


def name_of(key):
    part = "#%d" % key[1] if key[1] else ""
    return "%s%s %s – %s" % (key[0], part, key[2], key[3])


def row_name(charge):
    correction = ": correction %d" % charge["sequence"] if charge["sequence"] else ""
    return "charge %s%s" % (name_of(key_of(charge)), correction)


def rated_by_run(bundle, versions):
    """What earlier runs came to, each from what was known when it ran: those whose rows state another exact amount, or
    another way to it, than the last one comes to, because a report, a fact or the terms were changed since."""
    terms, found = {version["hash"]: version["terms"] for version in versions}, {}
    for run in bundle.paper("earlier.json"):
        known = [v for v in run["versions"] if v["hash"] in terms]
        if len(known) < len(run["versions"]):
            bundle.wrong.append("earlier.json: run %s: its terms are not here" % run["run"])
        if known:
            of_then = [{"effective_on": v["effective_on"], "terms": terms[v["hash"]]} for v in known]
            contract = Contract(of_then, run["facts"], run["usage"], day(run["until"]))
            found[run["run"]] = Rating(contract)
    return found


def inputs_hash(versions, facts, usage, until):
    """The hash that a run states over everything that it was told."""
    rows = []
    for row in usage:
        told = {"meter": row["meter"], "period_start": row["start"], "period_end": row["end"], "product": row["product"],
                "quantity": row.get("quantity"), "components": row.get("components")}  # fmt: skip
        rows.append(json.dumps({k: v for k, v in told.items() if v is not None and v != ""}, sort_keys=True))
    in_force = sorted([version["effective_on"], version["hash"]] for version in versions)
    document = {"versions": in_force, "facts": facts, "usage": sorted(rows), "until": until}
    return sha256(json.dumps(document, sort_keys=True).encode())


def check_runs(bundle):
    """The runs that made charges, in order; what the last one, and each earlier one that is told, was made from."""
    answer, runs = bundle.paper("rating.json"), bundle.paper("rating.json")["runs"]
    of_run = {}
    for charge in bundle.paper("charges.json"):
        of_run.setdefault(charge["run"], []).append(charge)
    for before, run in zip([None, *runs], runs):
        where = "rating.json: run %d" % run["run"]
        if before and not (
            before["run"] < run["run"] and moment(before["known_at"]) < moment(run["known_at"])
        ):
            bundle.wrong.append("%s: is not after the one before it" % where)
        if before and before["until"] > run["until"]:
            bundle.wrong.append("%s: looked less far than the one before it" % where)
        if run["run"] not in of_run:
            bundle.wrong.append("%s: made no charge" % where)
    last = runs[-1] if runs else {"run": None, "known_at": None, "inputs_hash": ""}
    for name, value in last.items():
        bundle.equal("rating.json: %s" % name, answer[name], value)
    if runs:
        told = inputs_hash(*(bundle.paper(name) for name in ("terms.json", "facts.json", "usage.json")), answer["until"])  # fmt: skip
        bundle.equal("rating.json: what the last run was told (inputs_hash)", answer["inputs_hash"], told)
        bundle.tell("what the last run was told: %s", told)
    stated, in_force = {run["run"]: run for run in runs[:-1]}, {(v["effective_on"], v["hash"]) for v in bundle.paper("terms.json")}  # fmt: skip
    seen = set()
    for run in bundle.paper("earlier.json"):
        where = "earlier.json: run %d" % run["run"]
        if run["run"] in seen or run["run"] not in stated:
            bundle.wrong.append("%s: is no earlier run, or stands twice" % where)
            continue
        seen.add(run["run"])
        for name, value in stated[run["run"]].items():
            bundle.equal("%s: %s" % (where, name), run[name], value)
        told = inputs_hash(run["versions"], run["facts"], run["usage"], run["until"])
        bundle.equal(where + ": what it was told (inputs_hash)", run["inputs_hash"], told)
        if not {(v["effective_on"], v["hash"]) for v in run["versions"]} <= in_force:
            bundle.wrong.append("%s: its terms are not those of the contract" % where)


def check_rating(bundle):
    """What the last run says of all of it: the total, what waits and why, since when nothing more can arise."""
    answer, versions = bundle.paper("rating.json"), bundle.paper("terms.json")
    if not versions:
        return
    rating, _ = bundle.ratings()
    bundle.equal("rating.json: currency", answer["currency"], versions[0]["terms"]["currency"])
    bundle.equal(
        "rating.json: total", answer["total"], sum(amount for _, amount, _ in rating.charges.values())
    )
    paid_up = rating.paid_up_on()
    bundle.equal("rating.json: paid up on", answer["paid_up_on"], paid_up and paid_up.isoformat())
    stated = [
        (one["element"], one["part"], day(one["start"]), day(one["end"]), one["reason"], one["detail"])
        for one in answer["waiting"]
    ]
    for one in stated:
        if one not in rating.waiting:
            told = [other[4] for other in rating.waiting if other[:4] == one[:4]]
            why = "waits, but for another reason (%s)" % told[0] if told else "has nothing to wait for: its report is there, nothing earlier is missing"  # fmt: skip
            bundle.wrong.append("waiting %s (%s): %s" % (name_of(one[:4]), one[4], why))
    for one in rating.waiting:
        if stated.count(one) != 1:
            bundle.wrong.append("waiting %s (%s): must be told once" % (name_of(one[:4]), one[4]))
    if stated:
        bundle.tell("%d charges wait for a report, as they must", len(stated))


def check_charges(bundle):
    """Rate the contract again and hold every charge against it: amount, exact amount, day, terms, due rule."""
    versions = bundle.paper("terms.json")
    charges = [c for c in bundle.paper("charges.json") if c["kind"] in ("CHARGE", "ADJUSTMENT")]
    if not versions:
        if charges:
            bundle.wrong.append("charges.json: there are charges without terms in force")
        return
    rating, earlier = bundle.ratings()
    rated, stated = rating.charges, {}
    for charge in charges:
        stated.setdefault(key_of(charge), []).append(charge)
    untils = {run["run"]: run["until"] for run in bundle.paper("rating.json").get("runs", ())}
    for key, rows in sorted(stated.items(), key=lambda item: (item[0][3], str(item[0]))):
        rows.sort(key=lambda charge: charge["sequence"])
        where = "charge %s" % name_of(key)
        check_sequence(bundle, where, rows)
        waits = is_waiting(key, rating.waiting)
        check_exact(bundle, where, key, rows, earlier, None if waits else rated)
        for charge in rows:
            check_row(bundle, charge, rows[0], bundle.of_run(charge.get("run")), untils)
        if not waits:  # else it was issued before, and a report that it needs is missing now
            bundle.equal(where, sum(charge["minor"] for charge in rows), rated.get(key, NOT_CHARGED)[1])
    for key, (on, amount, _) in rated.items():
        if key not in stated:
            bundle.wrong.append("charge %s: is missing, computed %s on %s" % (name_of(key), amount, on))
    total = sum(charge["minor"] for charge in charges)
    bundle.tell("%d charges and corrections recomputed, together %s", len(charges), total)


def check_row(bundle, charge, first, rating, untils):
    """The day, the terms and the due rule of one row, by the run that made it; one that takes a charge back altogether
    has those of the first."""
    where, key, run = row_name(charge), key_of(charge), charge.get("run")
    version = rating.version.get(key)
    if version is not None:
        terms = rating.contract.versions[version][1]
        bundle.equal(where + ": version", charge["version"], version + 1)
        bundle.equal(where + ": terms", charge["terms_hash"], sha256(canonical(terms)))
        bundle.equal(where + ": due rule", charge["due"], rating.contract.element(key[0], version)["due"])
    else:
        for name in ("version", "terms_hash", "due"):
            bundle.equal("%s: %s" % (where, name), charge[name], first[name])
    if untils and run not in untils:
        bundle.wrong.append("%s: its run %s is not in rating.json" % (where, run))
    elif charge["kind"] == "ADJUSTMENT":
        bundle.equal(where + ": date", charge["dated_on"], untils.get(run, charge["dated_on"]))
    else:
        bundle.equal(where + ": date", charge["dated_on"], charge["end"])
        if charge["dated_on"] > untils.get(run, charge["dated_on"]):
            bundle.wrong.append("%s: is dated after its run" % where)


def check_exact(bundle, where, key, rows, earlier, rated):
    """Each row's exact amount, and what its key came to by then: by what its own run knew where the bundle holds that,
    else by what is known now (None: it waits now, and its own run must be here)."""
    minor = 0
    for place, charge in enumerate(rows):
        minor += charge["minor"]
        of_run = earlier[charge["run"]].charges if charge.get("run") in earlier else rated
        if of_run is None:
            bundle.wrong.append("%s: what it was charged by before it had to wait is not here" % where)
            continue
        _, amount, exact = of_run.get(key, NOT_CHARGED)
        if number(charge["exact"]) != exact:
            bundle.differs(row_name(charge) + ": exact", charge["exact"], exact)
        later = [row.get("run") for row in rows[place + 1 :]]
        if charge.get("run") in earlier and charge["run"] not in later:
            bundle.equal(row_name(charge) + ": by then", minor, amount)


def check_sequence(bundle, where, rows):
    """A charge, then its corrections, each after the other, with both sides."""
    before, run = 0, None
    for place, charge in enumerate(rows):
        row = "%s: correction %d" % (where, place) if place else where
        bundle.equal(row + ": sequence", charge["sequence"], place)
        if charge["kind"] != "INTEREST":
            bundle.equal(row + ": kind", charge["kind"], "ADJUSTMENT" if place else "CHARGE")
        both = [before, before + charge["minor"]] if place else [None, None]
        bundle.equal(row + ": before and now", [charge["before"], charge["now"]], both)
        if place and not charge["minor"]:
            bundle.wrong.append("%s: corrects nothing" % row)
        if run is not None and charge.get("run") is not None and charge["run"] < run:
            bundle.wrong.append("%s: its run came before that of what it corrects" % row)
        before, run = before + charge["minor"], charge.get("run")


def is_waiting(key, waiting):
    return any(one[:2] == key[:2] and one[2] <= key[3] and one[3] >= key[2] for one in waiting)


def check_ids(bundle):
    """Every row has a name of its own, in the order in which it arose; of one kind and key there is one sequence."""
    for name in ("charges.json", "invoices.json", "credit_notes.json", "receipts.json"):
        ids = [one["id"] for one in bundle.paper(name)]
        if ids != sorted(set(ids)):
            bundle.wrong.append("%s: a row stands twice, or not in its order" % name)
    currency = bundle.paper("rating.json")["currency"]
    for name in ("charges.json", "invoices.json", "credit_notes.json", "receipts.json"):
        for one in bundle.paper(name):
            bundle.equal("%s: %s: currency" % (name, one["id"]), one["currency"], currency)
    runs = [charge["run"] for charge in bundle.paper("charges.json") if charge["run"] is not None]
    if runs != sorted(runs):
        bundle.wrong.append("charges.json: a charge of a later run stands before one of an earlier run")
    for charge in bundle.paper("charges.json"):
        rated = charge["kind"] in ("CHARGE", "ADJUSTMENT")
        if rated != (charge["run"] is not None) or (charge["kind"] == "INTEREST") != (
            charge["of_invoice"] is not None
        ):
            bundle.wrong.append("%s: %s states a run or an invoice that it cannot have" % (row_name(charge), charge["kind"]))  # fmt: skip


# What each line of a working says of itself: the formula; with the source, where it is not the terms, and the rounding.
AGREED, ART_846 = "Agreed terms / 合同约定", "Civil Code art. 846 / 《民法典》第八百四十六条"
MINOR_UNIT, BEFORE_CREDIT = "half up to the minor unit, once per charge", "half up to the minor unit, before anything is credited"  # fmt: skip
FORMULAS = {
    "trigger": ("trigger",),
    "agreed": ("amount", ART_846),
    "instalment": ("total × share", ART_846),
    "last_instalment": ("total − before", ART_846),
    "nil": ("0",),
    "reported": ("reported",),
    "rows": ("Σ rows",),
    "sales": ("invoiced − deductions", ART_846),
    "deduction": ("− deduction", ART_846),
    "combination": ("base × A ÷ (A + B)",),
    "part_above": ("base × part above the threshold",),
    "free_rows": ("rows before the first chargeable day",),
    "pro_rated_quantity": ("quantity × months ÷ 12",),
    "baseline": ("max(cumulative − baseline, 0) − max(before − baseline, 0)", ART_846),
    "free": ("max(cumulative − free, 0) − max(before − free, 0)",),
    "loss_kept": ("carried loss + loss of the period",),
    "loss_lost": ("max(result, 0)",),
    "loss_used": ("result − carried loss",),
    "loss_brought": ("result − carried loss",),
    "rate": ("base × rate", ART_846),
    "rate_of_year": ("base × rate of the year", ART_846),
    "tier": ("(to − from) × rate",),
    "whole": ("R(cumulative) − R(before)",),
    "window": ("royalty of the window − already charged",),
    "not_negative": ("max(exact, 0)",),
    "stacking": ("max(royalty − offset, floor)",),
    "days": ("amount × days ÷ year",),
    "round": ("round half up", AGREED, MINOR_UNIT),
    "credit": ("max(before − credit, 0)", ART_846),
    "yearly_cap": ("min(before, cap − charged)",),
    "life_cap": ("min(before, cap − charged)",),
    "pro_rated_minimum": ("minimum × months ÷ 12, rounded", AGREED, BEFORE_CREDIT),
    "excess": ("max(minimum − excess of the year before, 0)",),
    "shortfall": ("max(minimum − charged, 0)",),
    "interest_months": ("amount × rate × months",),
    "interest_days": ("amount × rate × days",),
    "interest_parts": ("own + others",),
    "interest_before": ("total − before",),
    "interest_settled": ("charged − back",),
    "gap": ("(found − reported) ÷ found",),
    "audit_cost": ("cost where the gap reaches the threshold, else 0",),
}


def check_workings(bundle):
    """Every line of every working is what the contract comes to, by what its run knew; none is left out."""
    count = 0
    for charge in bundle.paper("charges.json"):
        if charge["kind"] in ("CHARGE", "ADJUSTMENT"):
            check_working(bundle, charge)
        count += len(charge["working"]["steps"]) if charge["working"] else 0
    if count:
        bundle.tell("%d lines of workings recomputed", count)


def check_working(bundle, charge):
    rating, key = bundle.of_run(charge.get("run")), key_of(charge)
    lines, unit = rating.lines.get(key), ""
    if lines is not None:
        element = rating.contract.element(key[0], rating.version[key])
        if element["kind"] == "royalty" and element["base"] == "units":
            unit = meter_of(element)
    elif is_waiting(key, rating.waiting):
        return  # named with the charge: what it was charged by is not here
    compare_working(bundle, row_name(charge) + ": working", charge, lines, unit)


def compare_working(bundle, where, charge, lines, unit=""):
    """One for one, each figure and each sum; `lines` None: there is nothing to compute, and nothing is said."""
    working = charge["working"]
    if working is None or lines is None:
        if (working is None) != (lines is None):
            bundle.wrong.append(
                "%s: %s" % (where, "is missing" if working is None else "there is nothing to work out")
            )
        return
    bundle.equal(where + ": currency", working["currency"], charge["currency"])
    bundle.equal(where + ": unit", working["unit"], unit)
    said, computed = [step["step"] for step in working["steps"]], [one[0] for one in lines]
    if said != computed:
        bundle.differs(where + ": lines", said, computed)
        return
    for place, (step, one) in enumerate(zip(working["steps"], lines), 1):
        compare_step(bundle, "%s, line %d (%s)" % (where, place, one[0]), step, one)


def compare_step(bundle, where, step, computed):
    code, value, figures, parts = computed
    same(bundle, where, step["value"], value)
    bundle.equal(where + ": figures", sorted(step["inputs"]), sorted(figures))
    for name in sorted(set(figures) & set(step["inputs"])):
        same(bundle, "%s: %s" % (where, name), step["inputs"][name], figures[name])
    formula, source, rounding = (*FORMULAS[code], *(AGREED, None)[len(FORMULAS[code]) - 1 :])
    said = [step["formula"], step.get("source"), step.get("rounding")]
    bundle.equal(where + ": formula, source, rounding", said, [formula, source, rounding])
    listed = step.get("parts", [])
    if [part["step"] for part in listed] != ["deduction"] * len(parts) or ("parts" in step and not parts):
        bundle.differs(where + ": parts", [part["step"] for part in listed], ["deduction"] * len(parts))
        return
    for part, (name, amount) in zip(listed, parts.items()):
        compare_step(bundle, "%s, less %s" % (where, name), part, line("deduction", amount, name=name))


def same(bundle, where, said, figure):
    """A figure as it is written: 1 is neither true nor "1"."""
    figure = plain(figure)
    if type(said) is not type(figure) or said != figure:
        bundle.differs(where, said, figure)


# --- invoices, credit notes, receipts --------------------------------------------------------------------


def tax(price, rate, inclusive):
    """(net, VAT): contained in the price, or added to it; each rounded half up once."""
    if inclusive:
        net = half_up(Fraction(price) / (1 + rate))
        return net, price - net
    return price, half_up(price * rate)


def terms_on(bundle, on):
    """(number, terms) in force on a day (text); the first ones before they were."""
    versions = bundle.paper("terms.json")
    in_force = [v for place, v in enumerate(versions) if v["effective_on"] <= on or not place]
    return (in_force[-1]["version"], in_force[-1]["terms"]) if in_force else (None, None)


def due_on(charge, issued):
    """The day to pay by, after the charge's own rule, never before the invoice."""
    rule, on = charge["due"], day(charge["dated_on"])
    if rule["kind"] == "after_invoice":
        found = issued + timedelta(days=rule["days"])
    elif rule["kind"] == "after_charge":
        found = on + timedelta(days=rule["days"])
    else:
        years = [on.year, on.year + 1]
        days = [date(y, rule["month"], min(rule["day"], monthrange(y, rule["month"])[1])) for y in years]
        found = next(one for one in days if one > on)
    return max(found, issued)


KINDS = {
    "lump_sum": ("许可使用费（一次总付）", "Licence fee (lump sum)"),
    "entry_fee": ("入门费", "Entry fee"),
    "milestone": ("里程碑付款", "Milestone payment"),
    "instalments": ("许可使用费分期", "Licence fee instalment"),
    "royalty": ("提成", "Royalty"),
    "yearly_fee": ("年费", "Yearly fee"),
    "minimum": ("最低年提成差额", "Shortfall of the minimum annual royalty"),
    "AUDIT": ("查账费用", "Cost of the audit"),
    "INTEREST": ("逾期利息", "Late-payment interest"),
}


def texts_of(bundle, charge):
    """What a line says of a charge, in both languages: for what, and for which days."""
    kind, name, zh, en = charge["kind"], "", "", ""
    if kind in ("CHARGE", "ADJUSTMENT"):
        terms = [v["terms"] for v in bundle.paper("terms.json") if v["hash"] == charge["terms_hash"]]
        elements = [e for t in terms for e in t["elements"] if e["id"] == charge["element"]]
        if not elements:
            return None
        kind = elements[0]["kind"]
        name = elements[0].get("name") if kind == "milestone" else ""
    if name:
        zh = en = " · %s" % name
    if charge["part"]:
        zh, en = "%s（第 %d 期）" % (zh, charge["part"]), "%s %d" % (en, charge["part"])
    if kind == "INTEREST":
        zh, en = "%s（%s）" % (zh, charge["of_invoice"]), "%s on %s" % (en, charge["of_invoice"])
    start, end = charge["start"], charge["end"]
    zh = "%s%s，%s" % (KINDS[kind][0], zh, start if start == end else "%s 至 %s" % (start, end))
    en = "%s%s, %s" % (KINDS[kind][1], en, start if start == end else "%s – %s" % (start, end))
    if charge["before"] is not None:
        zh, en = "调整：%s" % zh, "Correction: %s" % en
    return [zh, en]


def check_numbers(bundle, name, series):
    """Numbers rise with the days; each states its year. (They have no gaps over all contracts of the issuer.)"""
    before, numbers = None, []
    for paper in bundle.paper(name):
        found = re.fullmatch("%s-([0-9]{4})-([0-9]{6,})" % series, paper["number"])
        if not found or found.group(1) != paper["issued_on"][:4]:
            bundle.wrong.append(
                "%s: is no number of its year (%s)" % (quoted(paper["number"]), paper["issued_on"])
            )
            continue
        numbers.append((found.group(1), int(found.group(2))))
        if before and paper["issued_on"] < before:
            bundle.wrong.append("%s: is issued before the one with the number before" % paper["number"])
        before = paper["issued_on"]
    if numbers != sorted(set(numbers)):
        bundle.wrong.append("%s: a number stands twice, or not in its order" % name)


def check_invoices(bundle):
    """Each line is a charge of its own, in its own words; net and VAT after the terms; the day to pay by after the charges;
    what is marked as invoiced is on an invoice, less what was credited."""
    charges = {charge["id"]: charge for charge in bundle.paper("charges.json")}
    check_numbers(bundle, "invoices.json", "INV")
    check_numbers(bundle, "credit_notes.json", "CN")
    billed = set()
    for invoice in bundle.paper("invoices.json"):
        where, price, dues = "invoice %s" % invoice["number"], 0, []
        issued = day(invoice["issued_on"])
        for line_of in invoice["lines"]:
            charge = charges.get(line_of["charge"])
            price += line_of["price"]
            if charge is None or line_of["charge"] in billed:
                bundle.wrong.append(
                    "%s: a line states no charge of its own (%s)" % (where, line_of["charge"])
                )
                continue
            billed.add(line_of["charge"])
            of_line = "%s: line of %s" % (where, name_of(key_of(charge)))
            bundle.equal(of_line, line_of["price"], charge["minor"])
            bundle.equal(
                of_line + ": text", [line_of["text_zh"], line_of["text_en"]], texts_of(bundle, charge)
            )
            bundle.equal(of_line + ": state of the charge", charge["state"], "INVOICED")
            if charge["minor"] > 0:
                dues.append(due_on(charge, issued))
            if charge["kind"] != "ADJUSTMENT" and day(charge["dated_on"]) > issued:
                bundle.wrong.append("%s: is dated after the invoice" % of_line)
        check_tax(bundle, where, invoice, price)
        bundle.equal(where + ": due date", day(invoice["due_on"]), max(dues, default=None))
    check_credits(bundle, charges)
    check_balance(bundle, charges)
    bundle.tell("%d invoices and %d credit notes added up", len(bundle.paper("invoices.json")), len(bundle.paper("credit_notes.json")))  # fmt: skip


def check_tax(bundle, where, invoice, price):
    rate = number(invoice["vat_rate"])
    if not 0 <= rate < 1 or (rate * 10_000).denominator != 1:
        bundle.wrong.append("%s: no rate of VAT: %s" % (where, rate))
    inclusive = terms_on(bundle, invoice["issued_on"])[1]["vat"] == "inclusive"
    bundle.equal(where + ": net and VAT of %s" % price, [invoice["net"], invoice["vat"]], list(tax(price, rate, inclusive)))  # fmt: skip
    bundle.equal(where + ": total", invoice["total"], invoice["net"] + invoice["vat"])
    if invoice["total"] <= 0:
        bundle.wrong.append("%s: asks for nothing" % where)


def check_credits(bundle, charges):
    """Credit notes: on an invoice that is here, in its terms, never more than is left of it; each line is a correction of
    what stands on it, or was written by hand for the reason that is stated."""
    invoices = {invoice["number"]: invoice for invoice in bundle.paper("invoices.json")}
    given = {}
    for note in bundle.paper("credit_notes.json"):
        where, invoice = "credit note %s" % note["number"], invoices.get(note["invoice"])
        if invoice is None:
            bundle.wrong.append("%s: its invoice %s is not here" % (where, quoted(note["invoice"])))
            continue
        bundle.equal(where + ": total", note["total"], note["net"] + note["vat"])
        before = given.get(note["invoice"], [0, 0, 0])
        price = sum(one["price"] for one in note["lines"])
        sums = [before[0] + price, before[1] + note["net"], before[2] + note["total"]]
        stated = sum(one["price"] for one in invoice["lines"])
        if sums[0] == stated:  # used up: the last one takes exactly the rest
            bundle.equal(where + ": the rest of its invoice", sums[1:], [invoice["net"], invoice["total"]])
        else:
            net, vat = tax(price, number(invoice["vat_rate"]), stated == invoice["total"])
            bundle.equal(where + ": amounts", [note["net"], note["vat"]], [net, vat])
        if sums[0] > stated or sums[2] > invoice["total"] or note["total"] <= 0:
            bundle.wrong.append("%s: more is given back than %s asked for" % (where, note["invoice"]))
        if note["issued_on"] < invoice["issued_on"]:
            bundle.wrong.append("%s: is issued before its invoice" % where)
        own = {name: note["stated"][name] for name in ("ledger_head", "ledger_sequence", "invoice")}
        bundle.equal(where + ": what it states", note["stated"], {**invoice["stated"], **own, "invoice": note["invoice"]})  # fmt: skip
        on_invoice = {key_of(charges[one["charge"]]) for one in invoice["lines"] if one["charge"] in charges}
        for one in note["lines"]:
            check_credit_line(bundle, where, note, one, charges, on_invoice)
        given[note["invoice"]] = sums


def check_credit_line(bundle, where, note, one, charges, on_invoice):
    said, charge = [one["text_zh"], one["text_en"]], charges.get(one["charge"])
    if one["price"] <= 0:
        bundle.wrong.append("%s: a line gives nothing back" % where)
    if one["charge"] is None:
        bundle.equal(where + ": text", said, [note["reason"][:300]] * 2)
    elif charge is None or charge["minor"] >= 0 or key_of(charge) not in on_invoice:
        bundle.wrong.append("%s: a line states no correction of what stands on %s" % (where, note["invoice"]))
    else:
        bundle.equal(where + ": text", said, texts_of(bundle, charge))
        bundle.equal(where + ": state of the correction", charge["state"], "INVOICED")


def check_balance(bundle, charges):
    """Of one element and period, invoices less credit notes ask for what its charges that are marked as invoiced come to:
    for more only as far as somebody gave back by hand what a correction would have given back, never for less."""
    asked, by_hand, keys = {}, 0, {charge["id"]: key_of(charge) for charge in charges.values()}
    for name, sign in (("invoices.json", 1), ("credit_notes.json", -1)):
        for paper in bundle.paper(name):
            for one in paper["lines"]:
                if one["charge"] in keys:
                    asked[keys[one["charge"]]] = asked.get(keys[one["charge"]], 0) + sign * one["price"]
                elif one["charge"] is None and sign < 0:
                    by_hand += one["price"]
    for charge in charges.values():
        if charge["state"] == "INVOICED":
            asked[keys[charge["id"]]] = asked.get(keys[charge["id"]], 0) - charge["minor"]
            if not charge["minor"]:
                bundle.wrong.append("%s: is marked as invoiced, and nothing is due" % row_name(charge))
    more = 0
    for key, left in sorted(asked.items(), key=str):
        more += left
        if left < 0:
            bundle.wrong.append("charge %s: %s of it is marked as invoiced and stands on no invoice" % (name_of(key), -left))  # fmt: skip
    if more > by_hand:
        bundle.wrong.append("invoices ask for %s more than their charges and what was given back by hand" % (more - by_hand))  # fmt: skip


def check_receipts(bundle):
    """Allocations: to invoices that are here, never more than their total, each undone once at most, by its mirror image."""
    invoices = {invoice["number"]: invoice for invoice in bundle.paper("invoices.json")}
    paid, seen, undone, payments = {}, {}, set(), {}
    for one in bundle.paper("receipts.json"):
        where = "receipt %s to %s" % (one["id"], quoted(one["invoice"]))
        if one["invoice"] not in invoices:
            bundle.wrong.append("%s: its invoice is not here" % where)
            continue
        seen[one["id"]] = one
        of_payment = [one["method"], one["received_on"]]
        bundle.equal(where + ": its payment", of_payment, payments.setdefault(one["payment"], of_payment))
        if one["undoes"] is not None:
            other, same_as = seen.get(one["undoes"]), ("invoice", "payment")
            said = [-one["minor"], *(one[name] for name in same_as)]
            found = other and [other["minor"], *(other[name] for name in same_as)]
            bundle.equal(where + ": what it undoes", said, found)
            if one["undoes"] in undone or not one["reason"] or one["minor"] >= 0:
                bundle.wrong.append("%s: undoes what is undone, for no reason, or adds" % where)
            undone.add(one["undoes"])
        elif one["minor"] <= 0:
            bundle.wrong.append("%s: takes money and undoes nothing" % where)
        paid[one["invoice"]] = paid.get(one["invoice"], 0) + one["minor"]
    for number_of, minor in paid.items():
        if not 0 <= minor <= invoices[number_of]["total"]:
            bundle.wrong.append(
                "invoice %s: %s received of %s" % (number_of, minor, invoices[number_of]["total"])
            )
    bundle.tell("%d allocations of receipts added up", len(bundle.paper("receipts.json")))


# --- interest and audits ---------------------------------------------------------------------------------

AFTER_INVOICE = {"kind": "after_invoice", "days": 30}  # how what no element brings is due


def check_interest(bundle):
    """Interest that was charged: with each late receipt of an invoice, or month by month, after the terms in force on
    its day, with its working."""
    invoices = {invoice["number"]: invoice for invoice in bundle.paper("invoices.json")}
    rows = {}
    for charge in bundle.paper("charges.json"):
        if charge["kind"] == "INTEREST" and charge["of_invoice"] is not None:
            rows.setdefault(charge["of_invoice"], {}).setdefault(charge["end"], []).append(charge)
    count = 0
    for name, by_day in sorted(rows.items()):
        if name not in invoices:
            bundle.wrong.append("interest of %s: its invoice is not here" % quoted(name))
            continue
        count += len(by_day)
        check_interest_of(bundle, invoices[name], by_day)
    for name, invoice in sorted(invoices.items()):
        if name not in rows:
            check_uncharged(bundle, invoice)
    if rows:
        bundle.tell("%d sums of late-payment interest recomputed", count)


def check_uncharged(bundle, invoice):
    """What came late and is not charged yet is told: a run may still have to come, or somebody left it out."""
    late = {
        one["received_on"]: [] for one in bundle.paper("receipts.json") if one["invoice"] == invoice["number"]
    }
    if not late:
        return
    notes = credits_of(bundle, invoice)[-1]
    due = course_of(bundle, invoice, notes, late, stopped=True).due
    if due:
        minor = sum(amount for _, amount, *_ in due.values())
        bundle.tell(
            "interest of %s: %s by receipts that came late; nothing of it is charged (yet)",
            invoice["number"],
            minor,
        )


def check_interest_of(bundle, invoice, by_day):
    courses = [
        course_of(bundle, invoice, notes, by_day, stopped=stopped)
        for stopped in (True, False)
        for notes in credits_of(bundle, invoice)
    ]
    sums = {on: sum(charge["minor"] for charge in rows) for on, rows in by_day.items()}

    def agrees(course):
        return all(course.due.get(day(on), NO_INTEREST)[1] == minor for on, minor in sums.items())

    # credit notes that came since the last charge do not count yet; no month does once an invoice was written off
    course = next((one for one in reversed(courses) if agrees(one)), courses[-1])
    last, made = max(map(day, by_day)), max(charge["dated_on"] for rows in by_day.values() for charge in rows)
    for on, (_, minor, *_) in sorted(course.due.items()):
        if on < last and on.isoformat() not in by_day and not came_after(bundle, invoice, on, made):
            bundle.wrong.append("interest of %s: %s for %s is not charged" % (invoice["number"], minor, on))
    settled = len(courses) == 2 and not course.is_late and all(len(of_day) == 1 for of_day in by_day.values())
    for on, rows in sorted(by_day.items()):
        since, minor, exact, lines = course.due.get(day(on), NO_INTEREST)
        where = "interest of %s, charged for %s" % (invoice["number"], on)
        bundle.equal(where, sums[on], minor)
        check_sequence(bundle, where, rows)
        for charge in rows:
            check_interest_row(bundle, where, invoice, charge, rows[0])
        if settled and since is not None:
            charge = rows[0]
            bundle.equal(where + ": from", charge["start"], (since + DAY).isoformat())
            bundle.equal(where + ": exact", number(charge["exact"]), exact)
            compare_working(bundle, where + ": working", charge, lines)
        else:  # what came in or was taken back since is known, what was known then is not
            for charge in rows:
                check_lines(bundle, where + ": working", charge, course)


def came_after(bundle, invoice, on, made):
    """Whether a receipt of a day was told after the last charge of interest was made."""
    return any(
        one["received_on"] == on.isoformat() and one["allocated_on"] >= made
        for one in bundle.paper("receipts.json")
        if one["invoice"] == invoice["number"]
    )


def check_interest_row(bundle, where, invoice, charge, first):
    bundle.equal(
        where + ": name", [charge["element"], charge["part"]], ["interest:%s" % invoice["number"], 0]
    )
    bundle.equal(where + ": from", charge["start"], first["start"])
    bundle.equal(where + ": due rule", charge["due"], AFTER_INVOICE)
    version, terms = terms_on(bundle, invoice["issued_on"])
    said = [charge["version"], charge["terms_hash"]]
    bundle.equal(where + ": terms", said, [version, sha256(canonical(terms))])
    if charge["start"] > charge["end"] or charge["start"] <= invoice["issued_on"]:
        bundle.wrong.append("%s: runs from before the invoice, or backwards" % where)
    if charge["sequence"]:
        if charge["dated_on"] < charge["end"]:
            bundle.wrong.append("%s: is corrected before it was charged" % where)
    else:
        bundle.equal(where + ": date", charge["dated_on"], charge["end"])


def credits_of(bundle, invoice):
    """What counted of the credit notes of an invoice: the first none, the first, the first two … of them."""
    notes = [note for note in bundle.paper("credit_notes.json") if note["invoice"] == invoice["number"]]
    return [notes[:count] for count in range(len(notes) + 1)]


class Course:
    """One invoice through its days: what bears interest, what came in late, and what was charged by day: (last day that
    was charged before, amount, exact amount, lines)."""

    def __init__(self, rule, since, debt, received, ends):
        self.rule, self.since, self.left, self.due = rule, since, debt, {}
        self.asked, self.month, self.of_paid, self.charged, self.is_late = debt, since, 0, 0, False
        for on in sorted({*received, *ends}):
            self.go(on, received.get(on, ()), on in ends)

    def go(self, on, receipts, ends_month):
        parts, before, others = [], self.month, self.of_paid
        for minor in receipts:
            part = min(minor, self.left)
            self.left -= part
            if on > self.since and part > 0:
                parts.append(self.interest(part, on))
        own = sum(amount for *_, amount in parts)
        self.of_paid += own
        if ends_month:
            self.month = on
        if self.left > 0 and self.month > self.since:
            rest = self.interest(self.left, self.month)
            if ends_month:
                parts.append(rest)
                own += rest[-1]
            else:
                others += rest[-1]
        amount = own + others - self.charged
        if amount > 0:
            self.due[on] = (before, amount, *self.told(parts, own, others, amount))
            self.charged += amount
        elif self.left == 0:
            self.take_back(-amount)

    def told(self, parts, own, others, amount):
        parts = [part for part in parts if part[-1]]
        lines = [one for part in parts for one in (part[0], line("round", part[-1]))]
        exact = (
            sum((part[1] for part in parts), Fraction(amount - own)) if len(parts) == 1 else Fraction(amount)
        )
        others = 0 if self.charged == others else others
        if others or len(parts) > 1:
            lines.append(line("interest_parts", own + others, own=own, others=others))
        if own + others != amount:
            lines.append(line("interest_before", amount, total=own + others, before=self.charged))
        return exact, lines

    def take_back(self, minor):
        """Settled: parts that were each rounded come to less than the whole; the last days give it back."""
        self.charged -= minor
        while minor:
            on = max(self.due)
            since, amount, exact, lines = self.due.pop(on)
            back = min(minor, amount)
            minor -= back
            if amount > back:
                lines = [*lines, line("interest_settled", amount - back, charged=amount, back=back)]
                self.due[on] = since, amount - back, exact - back, lines

    def interest(self, minor, on):
        """(line, exact, rounded half up): by days, or by full months (a part month counts where the rule says so)."""
        rate, count, code, unit = number(self.rule["rate"]), (on - self.since).days, "interest_days", "days"
        if self.rule["kind"] == "monthly":
            count, code, unit = 0, "interest_months", "months"
            while plus_months(self.since, count + 1) <= on:
                count += 1
            if self.rule["part_months"] and plus_months(self.since, count) < on:
                count += 1
        exact = minor * rate * count
        return line(code, exact, amount=minor, rate=rate, **{unit: count}), exact, half_up(exact)


NO_INTEREST = (None, 0, Fraction(0), None)


def course_of(bundle, invoice, notes, by_day, *, stopped):
    """The later of due date and invoice date is where interest begins; interest bears none, nor what was credited. With
    `stopped` no month is charged after the last one that was."""
    charges = {charge["id"]: charge for charge in bundle.paper("charges.json")}
    rule = (terms_on(bundle, invoice["issued_on"])[1] or {}).get("interest")
    since = max(day(invoice["due_on"]), day(invoice["issued_on"]))
    if not rule:
        return Course(None, since, 0, {}, ())  # (nothing bears interest)

    def of_interest(lines):
        return sum(one["price"] for one in lines if charges.get(one["charge"], {}).get("kind") == "INTEREST")

    price = sum(one["price"] for one in invoice["lines"])
    bearing = price - of_interest(invoice["lines"])
    debt = invoice["total"] if bearing == price else invoice["total"] * bearing // price
    for note in notes:
        of_note = sum(one["price"] for one in note["lines"])
        debt -= note["total"] - note["total"] * of_interest(note["lines"]) // of_note
    allocations = [one for one in bundle.paper("receipts.json") if one["invoice"] == invoice["number"]]
    undone = {one["undoes"] for one in allocations}
    received, ends, last = {}, [], max(day(on) for on in by_day)
    for one in allocations:
        if one["undoes"] is None and one["id"] not in undone:
            received.setdefault(day(one["received_on"]), []).append(one["minor"])
    if rule.get("charged") == "monthly":
        while plus_months(since, len(ends) + 1) <= last:
            ends.append(plus_months(since, len(ends) + 1))
    if stopped:
        ends = [on for on in ends if any(other.isoformat() in by_day for other in ends if other >= on)]
    course = Course(rule, since, max(debt, 0), received, ends)
    course.asked = invoice["total"]
    told_late = [one for one in allocations for on in ends if one["received_on"] <= on.isoformat() <= one["allocated_on"]]  # fmt: skip
    course.is_late = bool(told_late) or len(undone) > 1
    return course


# What a line of interest that was charged by other receipts than those of now comes to by the figures in it.
LINES = {
    "round": ((), None),
    "interest_months": (("amount", "rate", "months"), lambda amount, rate, months: amount * rate * months),
    "interest_days": (("amount", "rate", "days"), lambda amount, rate, days: amount * rate * days),
    "interest_parts": (("own", "others"), lambda own, others: own + others),
    "interest_before": (("total", "before"), lambda total, before: total - before),
    "interest_settled": (("charged", "back"), lambda charged, back: charged - back),
}
ORDER = re.compile(
    "((interest_months|interest_days) round )+(interest_parts )?(interest_before )?(interest_settled )*"
)


def check_lines(bundle, where, charge, course):
    """Each line follows from its own figures and the lines before it; at the rate, and for a time that can be."""
    working = charge["working"]
    if working is None:
        if number(charge["exact"]) or not charge["sequence"]:
            bundle.wrong.append("%s: is missing" % where)
        return
    bundle.equal(
        where + ": currency and unit", [working["currency"], working["unit"]], [charge["currency"], ""]
    )
    codes = "".join("%s " % step["step"] for step in working["steps"])
    if not ORDER.fullmatch(codes):
        bundle.wrong.append("%s: its lines do not follow each other (%s)" % (where, quoted(codes)))
        return
    before, rounded, parts = Fraction(0), 0, []
    for place, step in enumerate(working["steps"], 1):
        code, of_line = step["step"], "%s, line %d (%s)" % (where, place, quoted(step["step"]))
        names, come_to = LINES.get(code, ((), None))
        if (
            code not in LINES
            or set(step["inputs"]) != set(names)
            or not all(map(is_exact, step["inputs"].values()))
        ):
            bundle.wrong.append("%s: the contract comes to no such line" % of_line)
            continue
        own = {name: number(value) for name, value in step["inputs"].items()}
        computed = come_to(**own) if come_to else Fraction(half_up(before))
        if code == "round":
            rounded += computed
        elif code == "interest_parts":
            bundle.equal(of_line, own["own"], rounded)
        elif code in ("interest_before", "interest_settled"):
            bundle.equal(of_line, own[names[0]], before)
        else:
            check_time(bundle, of_line, code, own, charge, course)
            parts.append(computed)
        compare_step(bundle, of_line, step, (code, computed, own, {}))
        before = computed
    bundle.equal(
        where + ": exact", number(charge["exact"]), parts[0] + before - rounded if len(parts) == 1 else before
    )
    if not charge["sequence"]:
        bundle.equal(where + ": end", before, charge["minor"])


def check_time(bundle, where, code, own, charge, course):
    """No part bears interest at another rate than the terms', on more than was due, or for longer than it was open."""
    if (
        course.rule is None
        or own["rate"] != number(course.rule["rate"])
        or not 0 < own["amount"] <= course.asked
    ):
        bundle.wrong.append("%s: not at the rate of the terms, or on more than was due" % where)
        return
    last, _, _ = course.interest(1, day(charge["end"]))
    if code != last[0] or not 0 < own[code[9:]] <= last[2][code[9:]]:
        bundle.wrong.append("%s: for longer than it was open" % where)


def check_audits(bundle):
    """The cost of an audit: charged where the gap between what was found and what was reported reaches the share that
    the terms agree."""
    count, seen = 0, set()
    for charge in bundle.paper("charges.json"):
        if charge["kind"] != "AUDIT":
            continue
        count += 1
        where = "audit %s – %s" % (charge["start"], charge["end"])
        if not re.fullmatch("audit:[0-9]+", charge["element"]) or charge["element"] in seen:
            bundle.wrong.append(
                "%s: is no audit, or one that was charged before (%s)" % (where, quoted(charge["element"]))
            )
        seen.add(charge["element"])
        check_sequence(bundle, where, [{**charge, "kind": "CHARGE"}])
        version, terms = terms_on(bundle, charge["dated_on"])
        said = [charge["part"], charge["due"], charge["version"], charge["terms_hash"]]
        bundle.equal(
            where + ": part, due rule, terms", said, [0, AFTER_INVOICE, version, sha256(canonical(terms))]
        )
        if not day(charge["start"]) <= day(charge["end"]) <= day(charge["dated_on"]):
            bundle.wrong.append("%s: is dated before the end of what was audited" % where)
        steps = {step["step"]: step["inputs"] for step in (charge["working"] or {"steps": []})["steps"]}
        found, reported, cost = (steps.get(of, {}).get(name) for of, name in (("gap", "found"), ("gap", "reported"), ("audit_cost", "cost")))  # fmt: skip
        if not all(type(value) is int for value in (found, reported, cost)) or not terms["audit"]:
            bundle.wrong.append(
                "%s: nothing is agreed, or it does not say what was found, reported and spent" % where
            )
            continue
        share, threshold = Fraction(found - reported, found) if found > 0 else Fraction(0), number(terms["audit"]["cost_shift_at"])  # fmt: skip
        borne = cost if found > reported and share >= threshold else 0
        lines = [
            line("gap", found - reported, found=found, reported=reported, share=share),
            line("audit_cost", borne, cost=cost, threshold=threshold),
        ]
        compare_working(bundle, where + ": working", charge, lines)
        bundle.equal(where + ": cost", [charge["minor"], number(charge["exact"])], [borne, borne])
        if not borne:
            bundle.wrong.append("%s: the gap does not reach the share that shifts the cost" % where)
    if count:
        bundle.tell("%d costs of audits held against the agreed share", count)


# --- usage -----------------------------------------------------------------------------------------------


def check_usage(bundle):
    """What was rated was reported: rows lie in accepted periods, and accepted periods have reports; one that is deemed only
    where the terms agree that."""
    terms = [version["terms"] for version in bundle.paper("terms.json")]
    metered = {meter for one in terms for meter in one["report"]["metered"]}
    reports, facts = bundle.paper("reports.json"), bundle.paper("facts.json")
    of_period = {}
    for report in reports:
        of_period.setdefault((report["start"], report["end"]), []).append(report)
    accepted = [(one["start"], one["end"]) for one in facts["accepted"]]
    if len(accepted) != len(set(accepted)):
        bundle.wrong.append("facts.json: a period was accepted twice")
    for period in accepted:
        if period not in of_period:
            bundle.wrong.append("facts.json: %s – %s was accepted without a report" % period)
    until, ran = bundle.paper("rating.json")["until"], bundle.paper("rating.json")["run"] is not None
    for report in reports:
        known = (report["start"], report["end"]) in accepted or shanghai_day(report["accepted_at"]) >= until
        if ran and not known:
            bundle.wrong.append(
                "report %d: was accepted before the last run, which was not told of it" % report["id"]
            )
    for row in bundle.paper("usage.json"):
        where = "usage of %s %s – %s" % (quoted(row["meter"]), row["start"], row["end"])
        if ("components" in row) == ("quantity" in row):
            bundle.wrong.append("%s: states either a quantity or components" % where)
        for name, minor in row.get("components", {}).items():
            if row["meter"] not in SALES or name not in (*DEDUCTIONS, "invoiced_incl_vat"):
                bundle.wrong.append("%s: %s of %s is no component of sales" % (where, quoted(name), minor))
        if row["meter"] in metered or (row["meter"] == "sales" and metered & set(SALES)):
            continue  # from events: check_rollups
        home = [period for period in accepted if period[0] <= row["start"] <= row["end"] <= period[1]]
        if not home:
            bundle.wrong.append("%s: lies in no period of which a report was accepted" % where)
        elif of_period.get(home[0]) and all(report["is_nil"] for report in of_period[home[0]]):
            bundle.wrong.append("%s: the report of its period says that nothing was used" % where)
    check_reports(bundle, reports)


def check_reports(bundle, reports):
    """One after the other of each period: what amends one supersedes it."""
    by_id, amended = {}, {}
    for report in reports:
        where = "report %d" % report["id"]
        if report["id"] in by_id or report["start"] > report["end"]:
            bundle.wrong.append("%s: stands twice, or ends before it begins" % where)
        by_id[report["id"]] = report
        if report["amends"] in amended and report["amends"] is not None:
            bundle.wrong.append("%s: amends what was amended before" % where)
        amended[report["amends"]] = report
        handed_in = (
            report["submitted_at"] if report["state"] != "DEEMED" else None
        )  # that waits for being accepted
        if handed_in and moment(handed_in) > moment(report["accepted_at"]):
            bundle.wrong.append("%s: was accepted before it was handed in" % where)
    standing = set()
    for report in reports:
        where, period = "report %d" % report["id"], (report["start"], report["end"])
        if report["amends"] is not None:
            other = by_id.get(report["amends"], {})
            bundle.equal(where + ": period of what it amends", (other.get("start"), other.get("end")), period)
        if report["state"] == "DEEMED":
            if not (terms_on(bundle, report["end"])[1] or {"report": {}})["report"].get("deemed"):
                bundle.wrong.append("%s: is deemed, which the terms do not agree" % where)
        else:
            bundle.equal(where + ": state", report["state"], "SUPERSEDED" if report["id"] in amended else "ACCEPTED")  # fmt: skip
        if report["state"] != "SUPERSEDED" and period in standing:
            bundle.wrong.append("%s: its period has two reports that count" % where)
        standing.add(period if report["state"] != "SUPERSEDED" else None)


def rolled(events):
    """Daily sums of events that count, from (meter, product, day, source, id, quantity): by (meter, product, day) the
    quantity, the number of events, and the digest of their lines in order of source and id."""
    groups = {}
    for meter, product, on, source, name, quantity in events:
        groups.setdefault((meter, product, on), []).append((source, name, number(quantity)))
    found = {}
    for key, rows in groups.items():
        digest = hashlib.sha256()
        for source, name, quantity in sorted(rows):
            digest.update(canonical([source, name, str(plain(quantity))]) + b"\n")
        found[key] = (sum(quantity for _, _, quantity in rows), len(rows), digest.hexdigest())
    return found


def check_rollups(bundle):
    """Metered figures were rated by the daily sums, save in periods where earlier figures are deemed."""
    rollups = bundle.paper("rollups.json")
    if not rollups:
        return
    metered = {meter for v in bundle.paper("terms.json") for meter in v["terms"]["report"]["metered"]}
    sales = bool(metered & set(SALES))
    deemed = [(one["figure"], one["start"], one["end"]) for one in rollups["deemed"]]
    closed = [(one["start"], one["end"]) for one in bundle.paper("facts.json")["closed"]]
    for figure, start, end in deemed:
        where = "usage of %s, %s – %s" % (quoted(figure), start, end)
        in_force = [v["terms"] for v in bundle.paper("terms.json") if v["effective_on"] <= end]
        if not in_force or not in_force[-1]["report"].get("deemed"):
            bundle.wrong.append("%s: the terms agree no deemed usage" % where)
        if deemed.count((figure, start, end)) > 1 or not (figure in metered or (figure == "sales" and sales)):
            bundle.wrong.append("%s: is deemed twice, or not metered" % where)
        if (start, end) not in closed and (day(start), day(end)) not in bundle.ratings()[0].contract.periods:
            bundle.wrong.append("%s: is deemed for no period of the contract" % where)

    def is_open(figure, on):
        return not any(name == figure and start <= on <= end for name, start, end in deemed)

    summed, rated, places = {}, {}, []
    for row in rollups["rows"]:
        places.append((row["meter"], row["product"], row["day"]))
        if row["events"] < 1:
            bundle.wrong.append("usage of %s on %s: a sum of no events" % (quoted(row["meter"]), row["day"]))
        figure, _, part = row["meter"].partition(".")
        if not (figure in metered or (figure == "sales" and sales)) or not is_open(figure, row["day"]):
            continue
        of_day = summed.setdefault((figure, row["product"], row["day"]), {})
        of_day[part or ("invoiced_incl_vat" if figure == "sales" else "")] = number(row["quantity"])
    if places != sorted(set(places)):
        bundle.wrong.append("rollups.json: a day stands twice, or not in its order")
    for row in bundle.paper("usage.json"):
        if (row["meter"] in metered or (row["meter"] == "sales" and sales)) and is_open(
            row["meter"], row["start"]
        ):
            parts = row.get("components") or {"": row["quantity"]}
            place = (row["meter"], row["product"], row["start"])
            bundle.equal("usage of %s on %s: one day" % place[::2], row["start"], row["end"])
            rated[place] = {name: number(value) for name, value in parts.items()}
    for place in sorted(set(summed) | set(rated)):
        one, other = summed.get(place, {}), rated.get(place, {})
        if {n: v for n, v in one.items() if v} != {n: v for n, v in other.items() if v}:
            bundle.differs("usage of %s %s on %s" % place, other, one)
    if rollups["rows"]:
        bundle.tell(
            "%d daily sums of %d events", len(rollups["rows"]), sum(row["events"] for row in rollups["rows"])
        )


# --- the book --------------------------------------------------------------------------------------------

RECEIVABLE, UNALLOCATED, VAT_PAYABLE, LICENCE_INCOME, INTEREST_INCOME = "1122", "2203", "2221", "6051", "6603"
WORDING = {
    "invoice": "账单 %s",
    "credit_note": "红字账单 %s",
    "allocation": "核销账单 %s",
    "undone": "撤销对账单 %s 的核销",
}


def check_ledger(bundle):
    """The entries of this contract: their hashes, their balance, their place in the issuer's chain up to its head; each of
    an invoice, a credit note or an allocation says what that says."""
    ledger = bundle.paper("ledger.json")
    own = {entry["sequence"]: entry["body"] for entry in ledger["entries"]}
    previous, chain = ledger["previous"], {ledger["first"] - 1: ledger["previous"]}
    for sequence, content in enumerate(ledger["contents"], ledger["first"]):
        if sequence in own:
            bundle.equal("ledger entry %d: SHA-256" % sequence, content, sha256(own[sequence].encode()))
        previous = chain[sequence] = sha256((previous + content).encode())
    last = ledger["first"] - 1 + len(ledger["contents"])
    bundle.equal("ledger: last entry of the chain", ledger["head"]["sequence"], last)
    bundle.equal("ledger: head of the chain", ledger["head"]["hash"], previous)
    if ledger["first"] < 1 or (ledger["first"] == 1) != (ledger["previous"] == "0" * 64):
        bundle.wrong.append("ledger: start of the chain: it begins with entry 1 and with nothing before it")
    sequences = [entry["sequence"] for entry in ledger["entries"]]
    if sequences != sorted(set(sequences)) or not all(ledger["first"] <= one <= last for one in sequences):
        bundle.wrong.append("ledger: an entry stands twice, not in its order, or not in the chain")
    check_heads(bundle, chain)
    papers = {("invoice", one["id"]): one for one in bundle.paper("invoices.json")}
    papers.update({("credit_note", one["id"]): one for one in bundle.paper("credit_notes.json")})
    papers.update({("allocation", one["id"]): one for one in bundle.paper("receipts.json")})
    booked = {}
    for entry in ledger["entries"]:
        check_entry(bundle, entry, papers, booked)
    for kind, ident in papers:
        name = "%s %s" % (kind.replace("_", " "), papers[kind, ident].get("number", ident))
        waits = ledger["waiting"][kind].count(ident)
        if (kind, ident) not in booked and waits != 1:
            bundle.wrong.append("%s: is not booked" % name)
        elif (kind, ident) in booked and waits:
            bundle.wrong.append("%s: is booked, and said to wait for it" % name)
    for kind, waiting in ledger["waiting"].items():
        for ident in waiting:
            if (kind, ident) not in papers:
                bundle.wrong.append("%s %s: waits to be booked, and is not here" % (kind, ident))
    bundle.tell(
        "%d ledger entries in a chain of %d, up to head %s", len(own), len(ledger["contents"]), previous
    )


def check_heads(bundle, chain):
    """Each paper states the chain as it stood before its own entry."""
    ledger = bundle.paper("ledger.json")
    own = {entry["key"]: entry["sequence"] for entry in ledger["entries"]}
    for kind, name in (("invoice", "invoices.json"), ("credit_note", "credit_notes.json")):
        for paper in bundle.paper(name):
            sequence, stated = paper["stated"]["ledger_sequence"], paper["stated"]["ledger_head"]
            where = "%s: head of the chain at entry %d" % (paper["number"], sequence)
            if sequence == 0:
                bundle.equal(where, stated, "")
            elif sequence in chain:
                bundle.equal(where, stated, chain[sequence])
            else:
                if not ledger["first"] > sequence > 0 or not FITS[HASH](stated):
                    bundle.wrong.append("%s: there is no such entry" % where)
            if own.get("%s:%d" % (kind, paper["id"]), sequence + 1) <= sequence:
                bundle.wrong.append("%s: is its own entry, or comes after it" % where)


def check_entry(bundle, entry, papers, booked):
    where, contract, ledger = "ledger entry %d" % entry["sequence"], bundle.paper("contract.json"), bundle.paper("ledger.json")  # fmt: skip
    body = read_json(entry["body"])
    said = [body["issuer"], body["sequence"], body["key"]]
    bundle.equal(where + ": issuer, number, key", said, [ledger["issuer"], entry["sequence"], entry["key"]])
    sums = {}
    for _, minor, currency, _ in body["lines"]:
        sums[currency] = sums.get(currency, 0) + minor
    if any(sums.values()):
        bundle.wrong.append("%s: does not balance" % where)
    if contract["number"] not in {one[3] for one in body["lines"]}:
        bundle.wrong.append("%s: is about another contract" % where)
    kind, _, ident = entry["key"].partition(":")
    if kind not in ("invoice", "credit_note", "allocation"):
        if contract["for"] != "licensor" or "annexes.json" not in bundle.members:
            bundle.wrong.append("%s: is the licensor's own (%s)" % (where, quoted(entry["key"])))
        return
    key = (kind, int(ident) if re.fullmatch("[1-9][0-9]{0,18}", ident) else None)
    if key not in papers or key in booked:
        bundle.wrong.append("%s: books what is not here, or twice (%s)" % (where, quoted(entry["key"])))
        return
    booked[key] = entry
    on, text, lines = booking_of(bundle, kind, papers[key])
    said = [body["booked_on"], body["text"], body["reverses"], body["lines"]]
    name = "%s %s: as booked (day, text, what it reverses, lines)" % (
        kind.replace("_", " "),
        papers[key].get("number", ident),
    )
    bundle.equal(name, said, [on, text, "", lines])


def booking_of(bundle, kind, paper):
    """(day, text, lines) as a paper is booked: receivable against income, interest and VAT; a receipt against it."""
    contract, currency = bundle.paper("contract.json")["number"], paper["currency"]
    if kind == "allocation":
        minor = paper["minor"]
        text = WORDING["allocation" if minor > 0 else "undone"] % paper["invoice"]
        lines = [[UNALLOCATED, minor, currency, ""], [RECEIVABLE, -minor, currency, contract]]
        return paper["allocated_on"], text[:200], lines
    kinds = {charge["id"]: charge["kind"] for charge in bundle.paper("charges.json")}
    invoice, sign = paper, 1
    if kind == "credit_note":
        invoice, sign = (
            next(one for one in bundle.paper("invoices.json") if one["number"] == paper["invoice"]),
            -1,
        )
    interest = sum(one["price"] for one in invoice["lines"] if kinds.get(one["charge"]) == "INTEREST")
    licence = sum(one["price"] for one in invoice["lines"]) - interest
    of_licence = paper["net"] if not interest or not paper["net"] else 0
    if interest and paper["net"] and licence > 0:  # whole units in proportion, the larger rest first
        whole, rest = divmod(paper["net"] * licence, licence + interest)
        other = paper["net"] * interest % (licence + interest)
        of_licence = whole + (rest > 0 and rest >= other)
    lines = [
        [RECEIVABLE, sign * (paper["net"] + paper["vat"]), currency, contract],
        [LICENCE_INCOME, -sign * of_licence, currency, contract],
        [INTEREST_INCOME, -sign * (paper["net"] - of_licence), currency, contract],
        [VAT_PAYABLE, -sign * paper["vat"], currency, contract],
    ]
    return paper["issued_on"], (WORDING[kind] % paper["number"])[:200], [one for one in lines if one[1]]


def check_annexes(bundle):
    annexes = bundle.paper("annexes.json")
    for annex in annexes:
        bundle.equal(
            "annex %s: hash" % quoted(annex["kind"]), annex["hash"], sha256(canonical(annex["content"]))
        )
    listed = [canonical(annex) for annex in annexes]
    if len(listed) != len(set(listed)):
        bundle.wrong.append("annexes.json: an annex stands twice")
    if annexes:
        bundle.tell("%d annexes, each with its hash", len(annexes))


# --- all of it -------------------------------------------------------------------------------------------

CHECKS = (
    check_contract,
    check_terms,
    check_ids,
    check_usage,
    check_rollups,
    check_runs,
    check_rating,
    check_charges,
    check_workings,
    check_invoices,
    check_receipts,
    check_interest,
    check_audits,
    check_ledger,
    check_annexes,
)


def verify(content):
    """A checked Bundle: `wrong` names every difference, `seen` says what was checked."""
    bundle = Bundle(content)
    guarded(bundle, check_file)
    if bundle.unfit:
        bundle.wrong.append("nothing was recomputed: first the file must have its form (see above)")
        return bundle
    for check in CHECKS:
        guarded(bundle, check)
    return bundle


def guarded(bundle, check):
    """A bundle that was tampered with may break any check: that is a finding too, and the others go on."""
    try:
        check(bundle)
    except Unratable as error:
        if quoted(error) not in bundle.wrong:
            bundle.wrong.append(quoted(error))
    except Exception as error:
        name = check.__name__.replace("_", " ")
        bundle.wrong.append("%s: cannot be finished: %s: %s" % (name, type(error).__name__, quoted(error)))


def compare_events(bundle, events):
    """Hold the daily sums of a bundle against events that somebody kept: voided and replaced ones do not count, the
    first of equal ids does. Days without any of these events are told, not judged: the sums may come from others."""
    contract, counted, gone = bundle.paper("contract.json")["number"], {}, set()
    for event in events:
        if event.get("subject") != contract:
            continue
        data, source = event["data"], event["source"]
        if "target_id" in data:
            gone.add((data.get("target_source") or source, data["target_id"]))
        if "quantity" in data:
            on = shanghai_day(event["time"])
            row = (data["meter"], data.get("product", ""), on, source, event["id"], str(data["quantity"]))
            counted.setdefault((source, event["id"]), row)
    sums = rolled(row for key, row in counted.items() if key not in gone)
    listed = {(r["meter"], r["product"], r["day"]): r for r in bundle.paper("rollups.json")["rows"]}
    same = 0
    for place, (quantity, count, digest) in sorted(sums.items()):
        row = listed.get(place)
        where = "your events of %s %s on %s" % place
        if row is None:
            bundle.wrong.append("%s: %d are not in the bundle" % (where, count))
            continue
        told = (number(row["quantity"]), row["events"], row["digest"])
        if told != (quantity, count, digest):
            bundle.differs(
                where,
                "%s of %d" % (row["quantity"], row["events"]),
                "%s of %d" % (plain(quantity), count),
            )
        else:
            same += 1
    bundle.tell("%d of %d daily sums are your events, one by one", same, len(listed))


def shanghai_day(time):
    """The day of a time in the contract's zone (UTC+8, all year)."""
    return moment(time).astimezone(timezone(timedelta(hours=8))).date().isoformat()


def read_events(path):
    """A JSON list of CloudEvents, or one object a line."""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    if text.lstrip().startswith("["):
        return json.loads(text)
    return [json.loads(line) for line in text.splitlines() if line.strip()]


def printable(text):
    """One line that says what it says: nothing in a bundle may move the cursor or begin a line of its own."""
    return "".join(sign if sign.isprintable() else ascii(sign)[1:-1] for sign in text)


def main(arguments):
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="backslashreplace")  # a terminal may not know every sign
    if not arguments:
        print(__doc__)
        return 2
    try:
        if os.path.getsize(arguments[0]) > LARGEST:
            raise ValueError("larger than %d bytes" % LARGEST)
        with open(arguments[0], "rb") as file:
            content = file.read()
        events = [event for path in arguments[1:] for event in read_events(path)]
    except (OSError, ValueError, RecursionError) as error:
        print(printable("cannot read the bundle: %s" % error))
        return 2
    bundle = verify(content)
    if events and not bundle.unfit:
        try:
            compare_events(bundle, events)
        except Exception as error:  # events come from anywhere
            bundle.wrong.append("the events cannot be compared: %s: %s" % (type(error).__name__, error))
    for told in bundle.seen:
        print(printable("checked: %s" % told))
    for told in bundle.wrong:
        print(printable("DIFFERS: %s" % told))
    print("%d differences" % len(bundle.wrong) if bundle.wrong else "everything agrees")
    return 1 if bundle.wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
