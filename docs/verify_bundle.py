#!/usr/bin/env python3
"""Recompute every bill of a contract from its bundle: no network, no database, nothing but Python (3.9 or newer).

    python3 verify_bundle.py BUNDLE.zip                checks everything; tells what was checked and what differs
    python3 verify_bundle.py BUNDLE.zip EVENTS.json …  and holds the daily sums against events that you sent (files of
                                                       CloudEvents: a JSON list, or one object a line)
    python3 verify_bundle.py --lang zh …               用中文说明
    exit status 0: all agrees · 1: something differs (each difference is named) · 2: there is nothing to read

It was written from the conventions of the contract terms (docs/terms.md, docs/bundle.md), apart from the program
that made the bills, so that the two can be held against each other. All sums are exact fractions; an amount is
rounded once, half up, to the minor unit. What a bundle can and cannot prove stands in docs/bundle.md.

The program from top to bottom, each part made of those before it:

    1 Days and numbers                       8 The form of each member
    2 The contract as the bundle tells it    9 Checks: the file, the contract, its terms
    3 Triggers                              10 Checks: usage and reports
    4 Royalties                             11 Checks: runs, charges, workings
    5 Sums, fees, minima, credits, caps:    12 Checks: invoices, credit notes, receipts
      the rating from start to end          13 Checks: late-payment interest, cost of audits
    6 Words, in the reader's language       14 Checks: the book and the annexes
    7 The bundle, and what is found wrong   15 Your own events, and the program itself
                                            16 The same words in Chinese
"""

import argparse
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
# what is taken off sales, in the order in which workings list it
DEDUCTIONS = ("vat", "returns", "freight", "insurance", "discounts", "customs", "packaging")
RATED = ("CHARGE", "ADJUSTMENT")  # kinds of charges that a rating run makes
NOT_CHARGED = (None, 0, Fraction(0))  # day, amount, exact amount
LARGEST = 1 << 30  # bytes of a file that is read at all
LONGEST = 2_000  # signs of a number
WORDS = 400  # signs of what a finding quotes
PLACES = 100  # findings about the form of one member
YEARS = range(1900, 2300)  # the years of a contract
DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
NUMBER = re.compile(r"-?[0-9]+(/[0-9]+|(\.[0-9]+)?([eE][+-]?[0-9]{1,3})?)")


# === 1  Days and numbers ==================================================================================


def day(text):
    if text is None:
        return None
    if not DATE.fullmatch(text):
        raise ValueError("no day: %r" % text)
    found = date.fromisoformat(text)
    if found.year not in YEARS:
        raise ValueError("a day too far away: %s" % text)
    return found


def is_number(text):
    return isinstance(text, str) and len(text) <= LONGEST and NUMBER.fullmatch(text) is not None


def number(value):
    """A whole number, a decimal or a fraction as exact text; never a float, nor one so long that it costs hours."""
    if type(value) is int:
        return Fraction(value)
    if is_number(value):
        try:
            return Fraction(int(value) if value.isdigit() else value)
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


# === 2  The contract as the bundle tells it ===============================================================


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


# === 3  Triggers: since when something is charged =========================================================


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


# === 4  Royalties =========================================================================================


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
        # earlier periods wait, and what they left behind is not known: for the whole life, or in these yearly windows
        self.open_life, self.open_years = False, set()

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
        self.lines, self.rests = [], []
        rows = list(self.rows(period))
        read = [row for row in self.contract.rows_in.get(period, ()) if row.meter in self.reads]
        if not self.is_whole(period) and read and read[0].end < self.start:
            self.note("free_rows", "", before=self.start)
        self.free(rows)
        counted = list(self.counted(rows))
        stretches = self.stretches(counted)
        self.read(counted, stretches)
        stretches = [stretch[:3] for stretch in stretches] or [(version, period[1], Fraction(0))]
        self.given.pop("period", None)
        element = self.contract.element(self.name, version)
        rate = self.by_window if self.is_windowed(element) else self.by_period
        exact, charged_base = rate(stretches, element)
        if exact < 0:
            self.note("not_negative", 0, exact=exact)
            exact = Fraction(0)
        if element.get("stacking"):
            exact = self.stack(element, exact, max(charged_base, 0), rows)
        return exact

    def counted(self, rows):
        """(row, version, share that is charged, what it adds to the base) of the rows that are charged."""
        for row, version, share, _ in rows:
            value = None if share is None else self.worth(row, version)
            if value is not None:
                yield row, version, share, value

    def read(self, counted, stretches):
        """The first lines: one row as it was reported; of several their sums, and what was deducted by name."""
        if not counted:
            self.note("nil", 0)
        elif len(counted) == 1:
            self.read_one(*counted[0])
        else:
            for _, _, base, rows in stretches:
                self.note("rows", base, rows=rows)
            sums = {}
            for row, version, *_ in counted:
                for name, value in self.less(row, version).items():
                    sums[name] = sums.get(name, 0) + value
            for name in DEDUCTIONS:
                if sums.get(name):
                    self.note("deduction", sums[name], name=name)

    def read_one(self, row, version, share, worth):
        value = row.value(self.meter(version), self.terms(version))
        if row.parts is None:
            self.note("reported", value)
        else:
            invoiced = row.parts.get("invoiced_incl_vat", 0)
            self.note("sales", value, invoiced=invoiced, parts=self.less(row, version))
        factor = self.combination(row, version)
        if factor:
            self.note("combination", worth, own=factor["own"], other=factor["other"])
        if share != 1:
            self.note("part_above", worth * share, part=share)

    def less(self, row, version):
        return row.less(self.meter(version), self.terms(version)) if row.parts is not None else {}

    def stretches(self, counted):
        """(version, day, base, number of rows) of rows that are rated alike, added up, in order of time: a new version
        begins anew, and a new year of the rate, of what is deducted, or of yearly tiers in any version."""
        merged = {}
        for row, version, share, value in counted:
            element = self.contract.element(self.name, version)
            less = element.get("baseline") or element.get("free")
            years = [] if element["rate"]["kind"] == "fixed" else [element["rate"]["year"]]
            years += [less["year"]] if less else []
            years += self.tier_years if len(self.contract.versions) > 1 else []
            alike = (version, *(year_number(kind, row.end, self.contract.effect) for kind in years))
            _, _, base, rows = merged.get(alike, (0, 0, 0, 0))
            merged[alike] = version, row.end, base + value * share, rows + 1
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

    def by_period(self, stretches, element):
        """(royalty, base) of a period by itself; what is below zero is lost, or carried where that is agreed."""
        self.close()
        total = sum(base for _, _, base in stretches)
        if total < 0:
            if element["loss_carry"]:
                self.loss += -total
                self.note("loss_kept", 0, result=total, carried=self.loss)
            else:
                self.note("loss_lost", 0, result=total)
            return Fraction(0), Fraction(0)
        costs = [self.cost(place, on, base) for place, on, base in self.less_loss(stretches, total)]
        return sum(cost for cost, _ in costs), sum(used for _, used in costs)

    def by_window(self, stretches, _element):
        """(royalty, base): the cumulative royalty of each window touched, less what the window was charged, never below
        zero."""
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
        rate, scale = element["rate"], self.scale(element)
        low, high = self.fill(rate, on, base)
        if rate["kind"] == "tiers":
            return self.by_tiers(rate, low, high, scale), base
        if rate["kind"] == "fixed":
            code, price, year = "rate", number(rate["rate"]), {}
        else:
            place = year_number(rate["year"], on, self.contract.effect)
            if rate["year"] == "calendar":
                place -= self.contract.effect.year
            price = number(rate["rates"][min(max(place, 0), len(rate["rates"]) - 1)])
            code, year = "rate_of_year", {"year": place + 1}
        self.note(code, base * price * scale, base=base, rate=price, **year)
        return base * price * scale, base

    def scale(self, element):
        """A price per unit is in major units of the currency: so many minor ones."""
        return 100 if element["base"] == "units" and self.terms(0)["currency"] not in WHOLE_UNITS else 1

    def by_tiers(self, rate, low, high, scale):
        """What a stretch costs that fills tiers from one sum to another."""
        tiers = [(number(t["up_to"]) if t.get("up_to") is not None else None, number(t["rate"])) for t in rate["tiers"]]  # fmt: skip
        if rate["mode"] == "whole":
            value = (whole(tiers, high) - whole(tiers, low)) * scale
            self.note("whole", value, cumulative=high, before=low, rate=reached(tiers, high))
            return value
        for begins, ends, price in inside(tiers, *sorted((low, high))):
            value = (ends - begins) * price * scale
            self.note("tier", value if high > low else -value, **{"from": begins, "to": ends, "rate": price})
        return (excess(tiers, high) - excess(tiers, low)) * scale

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
        available = self.offset + owed * number(rule["offset"])
        floor = base * self.scale(element) * number(rule["floor"])
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
        one, other = (
            (self.contract.present(self.name, v) and self.contract.element(self.name, v), self.terms(v)["report"]["deductions"])
            for v in versions
        )  # fmt: skip
        return one != other

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


# === 5  Single sums, fees, minima; credits, caps; the rating from start to end ============================

DOUBT, ORDINARY, LAST = range(
    3
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


# === 6  Words, in the reader's language ===================================================================

LANGUAGE = "en"


def speak(language):
    """From here on, findings are told in "en" or "zh"."""
    global LANGUAGE
    LANGUAGE = language


def say(words, *values):
    """Words of this program with their values; their Chinese stands at the end of the file."""
    words = CHINESE.get(words, words) if LANGUAGE == "zh" else words
    return words % values if values else words


# === 7  The bundle, what was checked of it, and what was found wrong ======================================


class Unratable(Exception):
    """Terms, facts or usage are not what a contract can be rated from."""


class Bundle:
    """The members of a bundle, what was checked of them (`seen`), and every difference (`wrong`)."""

    def __init__(self, content):
        self.content, self.members, self.papers = content, {}, {}
        self.seen, self.wrong, self.parts = [], [], []
        self.unfit = False  # not in the form of a bundle: nothing of it is recomputed
        self.rated, self.hashes, self.indexes = None, {}, {}

    # -- telling --

    def tell(self, words, *values):
        self.seen.append(say(words, *values))

    def must(self, holds, where, words, *values):
        if not holds:
            self.wrong.append(under(where, words, *values))

    def equal(self, where, what, said, found):
        if said != found or type(said) is bool is not type(found):
            self.differs(where, what, said, found)

    def same_sum(self, where, what, said, found):
        """Two amounts in minor units, told as people write money."""
        if said != found:
            self.differs(where, what, self.money(said), self.money(found))

    def differs(self, where, what, said, found):
        self.must(False, under(where, what), "the bundle says %s, computed %s", quoted(said), quoted(found))

    def money(self, minor):
        """An amount as people write it: 1,234.56 CNY."""
        currency, sign = self.paper("terms.json")[0]["terms"].get("currency"), "-" if minor < 0 else ""
        units, rest = (
            (abs(minor), "") if currency in WHOLE_UNITS else (abs(minor) // 100, ".%02d" % (abs(minor) % 100))
        )
        return f"{sign}{units:,}{rest} {currency}"

    # -- looking up --

    def paper(self, name):
        if name not in self.papers:
            self.papers[name] = read_json(self.members[name]) if name in self.members else []
        return self.papers[name]

    def rows(self, name, key):
        """The rows of a paper by one of their fields: several for each value."""
        if (name, key) not in self.indexes:
            found = self.indexes[name, key] = {}
            for row in self.paper(name):
                found.setdefault(row[key], []).append(row)
        return self.indexes[name, key]

    def row(self, name, key, value):
        """The first row of a paper with a value, or None."""
        return self.rows(name, key).get(value, [None])[0]

    def of_invoice(self, name, invoice):
        """The receipts or credit notes of an invoice."""
        return self.rows(name, "invoice").get(invoice["number"], [])

    def kind_of(self, line_of):
        """The kind of the charge that a line of an invoice or credit note states."""
        return (self.row("charges.json", "id", line_of["charge"]) or {}).get("kind")

    def hash_of(self, terms):
        if id(terms) not in self.hashes:
            self.hashes[id(terms)] = sha256(canonical(terms))
        return self.hashes[id(terms)]

    def terms_on(self, on):
        """(number, terms) in force on a day (text); the first ones before they were."""
        versions = self.paper("terms.json")
        found = [v for place, v in enumerate(versions) if v["effective_on"] <= on or not place][-1]
        return found["version"], found["terms"]

    def known_versions(self):
        """The versions of the terms that the last run knew; what was agreed since waits for the next one."""
        return self.paper("terms.json")[: max(self.paper("rating.json")["versions"], 0)]

    def metered(self):
        """The figures that are metered: rated by events, not by reports. Sales are metered as a whole."""
        found = {
            meter for version in self.known_versions() for meter in version["terms"]["report"]["metered"]
        }
        return found | {"sales"} if found & set(SALES) else found

    def ratings(self):
        """(rating of what the last run knew, ratings of earlier runs by their number), worked out once."""
        if self.rated is None:
            try:
                papers = self.known_versions(), self.paper("facts.json"), self.paper("usage.json")
                now = Rating(Contract(*papers, day(self.paper("rating.json")["until"])))
                self.rated = now, rated_by_run(self)
            except Exception as error:  # terms and facts of any kind may come here
                words = "the contract cannot be rated from terms.json, facts.json, usage.json and earlier.json (%s: %s)"
                self.rated = Unratable(say(words, type(error).__name__, error))
        if isinstance(self.rated, Unratable):
            raise self.rated
        return self.rated

    def of_run(self, run):
        """What a run came to: an earlier one from what it knew, where that differs, else as of now."""
        now, earlier = self.ratings()
        return earlier.get(run, now)


def rated_by_run(bundle):
    """What earlier runs came to, each from what was known when it ran: those whose rows state another exact amount, or
    another way to it, than the last one comes to, because a report, a fact or the terms were changed since."""
    terms, found = {version["hash"]: version["terms"] for version in bundle.paper("terms.json")}, {}
    for run in bundle.paper("earlier.json"):
        known = [v for v in run["versions"] if v["hash"] in terms]
        where = under("earlier.json", "run %d", run["run"])
        bundle.must(len(known) == len(run["versions"]), where, "its terms are not here")
        if known:
            of_then = [{"effective_on": v["effective_on"], "terms": terms[v["hash"]]} for v in known]
            found[run["run"]] = Rating(Contract(of_then, run["facts"], run["usage"], day(run["until"])))
    return found


def under(where, words, *values):
    """A place, and what is said of it."""
    return say("%s: %s", where, say(words, *values)) if words else where


def quoted(value):
    """What a finding quotes: a value as people read it, cut where it is long."""
    if value is None:
        text = say("nothing")
    elif isinstance(value, (list, tuple)):
        text = "[%s]" % ", ".join(quoted(one) for one in value)
    elif isinstance(value, dict):
        text = "[%s]" % ", ".join("%s %s" % (name, quoted(value[name])) for name in sorted(value))
    else:
        text = str(plain(value))
    return text if len(text) <= WORDS else text[:WORDS] + " …"


def key_of(charge):
    return charge["element"], charge["part"], day(charge["start"]), day(charge["end"])


def name_of(key):
    return "%s%s %s – %s" % (key[0], "#%d" % key[1] if key[1] else "", key[2], key[3])


def row_name(charge):
    where = say("charge %s", name_of(key_of(charge)))
    return under(where, "correction %d", charge["sequence"]) if charge["sequence"] else where


# === 8  The form of each member: nothing of a bundle is trusted before it is known =========================


def read_json(content):
    """JSON as a bundle holds it: no fractions of binary numbers, no NaN, no number without end, no name twice."""

    def refuse(text):
        raise ValueError(say("%.40s is no number of a bundle", text))

    def whole_number(text):
        return int(text) if len(text) <= 40 else refuse(text)

    def once(pairs):
        found = dict(pairs)
        if len(found) < len(pairs):
            raise ValueError(say("a name stands twice in one object"))
        return found

    return json.loads(
        content, object_pairs_hook=once, parse_float=refuse, parse_int=whole_number, parse_constant=refuse
    )


def canonical(document):
    return json.dumps(document, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def sha256(content):
    return hashlib.sha256(content).hexdigest()


def moment(text):
    """A moment as RFC 3339 writes it; seconds with any number of places, of which older Pythons read six."""
    text = re.sub(r"\.([0-9]+)", lambda found: "." + found.group(1)[:6].ljust(6, "0"), text.upper())
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


# A name with "?" may be missing; a set is a choice; a list holds any number of its one form, a tuple at least one.
TEXT, WHOLE, FLAG, ON, MOMENT = "text", "a whole number", "true or false", "a day", "a moment with its zone"
HASH, EXACT, DECIMAL = "a SHA-256", "an exact number", "a decimal"
DUE, ENTRY, ANY = "a due rule", "the text of an entry", "anything"


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
    {"meter": TEXT, "start": ON, "end": ON, "product": TEXT, "components?": Each(WHOLE), "quantity?": DECIMAL}
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
    "terms.json": (
        {"version": WHOLE, "effective_on": ON, "hash": HASH, "terms": Each(ANY)},
    ),
    "facts.json": FACTS,
    "usage.json": USAGE,
    "rollups.json": {
        "rows": [{"meter": TEXT, "product": TEXT, "day": ON, "quantity": DECIMAL, "events": WHOLE, "digest": HASH}],
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
        "known_at": Maybe(MOMENT), "inputs_hash": TEXT, "result_hash": TEXT, "runs": [RUN], "versions": WHOLE,
        "waiting": [
            {"element": TEXT, "part": WHOLE, "start": ON, "end": ON, "detail": TEXT,
             "reason": {"report_missing", "earlier_period", "split_needed"}}
        ],
    },
    "charges.json": [CHARGE],
    "invoices.json": [
        {**PAPER, "stated": STATED, "due_on": ON, "vat_rate": DECIMAL, "vat_basis": TEXT, "tax_invoice": TEXT}
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
BOOKED = {
    "issuer": WHOLE, "sequence": WHOLE, "key": TEXT, "booked_on": ON, "created_at": MOMENT, "text": TEXT, "reverses": TEXT,
    "lines": [ANY],
}  # fmt: skip
SEAL = "manifest.sha256"
MEMBERS = {*FORMS, SEAL, "README.txt", "verify_bundle.py"}
LICENSORS = {"annexes.json"}  # not in the licensee's bundle


def reads(read, value):
    """Whether a text can be read as something."""
    try:
        return isinstance(value, str) and read(value) is not None
    except ValueError:
        return False


def is_exact(value):
    return type(value) is int or reads(number, value)


def is_due(value):
    names = {"after_invoice": ["days"], "after_charge": ["days"], "fixed_day": ["day", "month"]}
    if not isinstance(value, dict) or not isinstance(value.get("kind"), str) or value["kind"] not in names:
        return False
    names = names[value["kind"]]
    if sorted(value) != sorted(["kind", *names]) or any(type(value[name]) is not int for name in names):
        return False
    if value["kind"] == "fixed_day":
        return 1 <= value["month"] <= 12 and 1 <= value["day"] <= 31
    return 0 <= value["days"] < 10_000


def is_entry(value):
    """JSON as the book hashes it, with lines of account, amount, currency and contract."""
    try:
        body = read_json(value) if isinstance(value, str) else None
    except (ValueError, RecursionError):
        return False
    if any(misfits(body, BOOKED, "")) or value != json.dumps(body, sort_keys=True, separators=(",", ":")):
        return False
    kinds = [str, int, str, str]
    return all(isinstance(one, list) and [type(x) for x in one] == kinds for one in body["lines"])


FITS = {
    TEXT: lambda value: isinstance(value, str),
    WHOLE: lambda value: type(value) is int,
    FLAG: lambda value: type(value) is bool,
    ON: lambda value: reads(day, value),
    MOMENT: lambda value: reads(lambda text: moment(text).tzinfo, value),
    HASH: lambda value: isinstance(value, str) and re.fullmatch("[0-9a-f]{64}", value) is not None,
    EXACT: is_exact,
    DECIMAL: lambda value: type(value) is int or (is_number(value) and "/" not in value),
    DUE: is_due,
    ENTRY: is_entry,
    ANY: lambda value: True,
}


def misfits(value, form, where):
    """What is not as the format has it, place by place."""
    if isinstance(form, str):
        if not FITS[form](value):
            yield under(where, "must be %s, is %.80r", say(form), value)
    elif isinstance(form, Maybe):
        if value is not None:
            yield from misfits(value, form.form, where)
    elif isinstance(form, set):
        if not isinstance(value, str) or value not in form:
            yield under(where, "must be one of %s, is %.80r", ", ".join(sorted(form)), value)
    elif isinstance(form, (list, tuple)):
        if not isinstance(value, list):
            yield under(where, "must be a list")
            return
        if not value and isinstance(form, tuple):
            yield under(where, "is empty")
        for place, one in enumerate(value):
            yield from misfits(one, form[0], "%s[%d]" % (where, place))
    elif isinstance(value, dict):
        names = dict.fromkeys(value, form.form) if isinstance(form, Each) else form
        yield from misfitting_names(value, names, where)
    else:
        yield under(where, "must be an object")


def misfitting_names(value, form, where):
    for name in sorted(set(value).difference(name.rstrip("?") for name in form)):
        yield under("%s.%.80s" % (where, name), "is no part of the format")
    for name, one in form.items():
        name, needed = name.rstrip("?"), not name.endswith("?")
        if name in value:
            yield from misfits(value[name], one, "%s.%.80s" % (where, name))
        elif needed:
            yield under("%s.%s" % (where, name), "is missing")


# === 9  Checks: the file, the contract, its terms =========================================================


def check_file(bundle):
    """Every byte: the container, the seal of the manifest, the hash, the canonical form and the fields of each member."""
    try:
        with zipfile.ZipFile(io.BytesIO(bundle.content)) as archive:
            read_members(bundle, archive)
    except Exception as error:  # a damaged container fails in many ways; each is the same finding
        bundle.must(False, say("the file"), "cannot be read whole (%s)", error)
        bundle.unfit = True
        return
    for name in sorted(name for name in bundle.members if name in FORMS):
        check_form(bundle, name)
    check_manifest(bundle)
    same = packed(bundle.members) == bundle.content
    bundle.must(same, say("the file"), "differs from what its members make when packed again")
    bundle.tell("%d members, each with its hash", len(bundle.members))
    bundle.tell("seal of the manifest: %s", sha256(bundle.members.get("manifest.json", b"")))


def read_members(bundle, archive):
    """Known names, each once, stored as they are: what is packed tighter could grow without end."""
    room = len(bundle.content)
    for entry in archive.infolist()[: 2 * len(MEMBERS)]:
        name = entry.filename
        room -= entry.file_size
        if name not in MEMBERS:
            bundle.must(False, "%.80r" % name, "is no member of a bundle")
        elif name in bundle.members:
            bundle.must(False, name, "stands twice in the file")
        elif entry.compress_type != zipfile.ZIP_STORED or room < 0:
            bundle.must(False, name, "is compressed, or said to be larger than the file")
        else:
            bundle.members[name] = archive.read(entry)


def check_form(bundle, name):
    try:
        paper = bundle.paper(name)
        bundle.must(canonical(paper) + b"\n" == bundle.members[name], name, "is not in canonical form")
        wrong = list(misfits(paper, FORMS[name], name))
    except (ValueError, RecursionError) as error:
        wrong = [under(name, "is no JSON of a bundle (%s)", quoted(error))]
        bundle.papers[name] = None
    bundle.wrong += wrong[:PLACES]
    bundle.must(len(wrong) <= PLACES, name, "so are %d more places", len(wrong) - PLACES)
    bundle.unfit |= bool(wrong)


def packed(members):
    """The zip as it must be: names in order, nothing compressed, no clock."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(members):
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.create_system, entry.external_attr = 3, 0o644 << 16
            archive.writestr(entry, members[name])
    return out.getvalue()


def check_manifest(bundle):
    members, manifest = bundle.members, bundle.paper("manifest.json")
    manifest = manifest if isinstance(manifest, dict) else {}
    bundle.equal("manifest.json", "format", manifest.get("format"), FORMAT)
    seal = members.get(SEAL, b"").decode("ascii", "replace")
    bundle.equal(SEAL, "", seal, sha256(members.get("manifest.json", b"")) + "\n")
    listed = manifest.get("files")
    listed = listed if isinstance(listed, dict) else {}
    for name in sorted({*listed, *members} - {"manifest.json", SEAL}):
        if name in members and name in listed:
            bundle.equal(name, "SHA-256", listed[name], sha256(members[name]))
        else:
            bundle.must(name in members, "%.80r" % name, "is listed in the manifest and missing")
            bundle.must(name in listed, "%.80r" % name, "is not listed in the manifest")
    for name in sorted(MEMBERS - LICENSORS - set(members)):
        bundle.must(False, name, "is missing")
        bundle.unfit |= name in FORMS


def check_contract(bundle):
    """Whose bundle it is: the same in every paper that says so."""
    contract, manifest = bundle.paper("contract.json"), bundle.paper("manifest.json")
    ledger, facts = bundle.paper("ledger.json"), bundle.paper("facts.json")
    bundle.tell("contract %s, the bundle of its %s", contract["number"], say(contract["for"]))
    bundle.equal("manifest.json", "contract", manifest["contract"], contract["number"])
    bundle.equal("manifest.json", "for", manifest["for"], contract["for"])
    bundle.equal("manifest.json", "chain", manifest["chain"], ledger["head"])
    own = "annexes.json" not in bundle.members or contract["for"] == "licensor"
    bundle.must(own, "annexes.json", "is the licensor's own, in a bundle of the licensee's")
    bundle.equal("contract.json", "effective on", contract["effective_on"], facts["effective_on"])
    first = bundle.paper("terms.json")[0]["effective_on"]
    bundle.equal("terms.json", "in force since", first, facts["effective_on"])
    sides = [party["side"] for party in contract["parties"]]
    if sides not in (["licensor", "licensee"], ["licensor", "licensee", "agency"]):
        bundle.must(False, "contract.json", "parties are not a licensor, a licensee and perhaps an agency")
        return
    bundle.equal("ledger.json", "issuer", ledger["issuer"], contract["parties"][0]["id"])
    for name in ("invoices.json", "credit_notes.json"):
        for paper in bundle.paper(name):
            stated = paper["stated"]
            ids = [stated["issuer"]["id"], stated["payer"]["id"], stated["contract"]["number"]]
            wanted = [*(party["id"] for party in contract["parties"][:2]), contract["number"]]
            bundle.equal(paper["number"], "issuer, payer, contract", ids, wanted)
    if bundle.members.get("verify_bundle.py") not in (None, own_text()):
        bundle.tell("by another verify_bundle.py than the one in this bundle: take the one that you trust")


def own_text():
    try:
        with open(__file__, "rb") as file:
            return file.read()
    except OSError:
        return None


def check_terms(bundle):
    """Each version with its hash, in order, in one currency."""
    versions = bundle.paper("terms.json")
    for place, version in enumerate(versions, 1):
        where = under("terms.json", "version %s", version["version"])
        bundle.equal(where, "", version["version"], place)
        bundle.equal(where, "hash", version["hash"], bundle.hash_of(version["terms"]))
        currency = version["terms"].get("currency")
        bundle.equal(where, "currency", currency, versions[0]["terms"].get("currency"))
        bundle.tell("terms in force from %s: SHA-256 %s", version["effective_on"], version["hash"])
    days = [version["effective_on"] for version in versions]
    bundle.equal("terms.json", "order", days, sorted(set(days)))
    bundle.tell("%d versions of the terms, each with its hash", len(versions))


# === 10  Checks: usage and reports ========================================================================


def check_usage(bundle):
    """What was rated was reported: rows lie in accepted periods, and accepted periods have reports; one that is deemed only
    where the terms agree that."""
    metered, reports = bundle.metered(), bundle.paper("reports.json")
    of_period = {}
    for report in reports:
        of_period.setdefault((report["start"], report["end"]), []).append(report)
    accepted = [(one["start"], one["end"]) for one in bundle.paper("facts.json")["accepted"]]
    bundle.must(len(accepted) == len(set(accepted)), "facts.json", "a period was accepted twice")
    for facts in [bundle.paper("facts.json"), *(run["facts"] for run in bundle.paper("earlier.json"))]:
        unsaid = facts["reported_through"] is None
        bundle.must(unsaid, "facts.json", "says that everything was reported, without any report")
    for period in accepted:
        bundle.must(period in of_period, "facts.json", "%s – %s was accepted without a report", *period)
    rating = bundle.paper("rating.json")
    for report in reports if rating["run"] is not None else ():
        known = (report["start"], report["end"]) in accepted
        known |= shanghai_day(report["accepted_at"]) >= rating["until"]
        bundle.must(
            known,
            say("report %d", report["id"]),
            "was accepted before the last run, which was not told of it",
        )
    for row in bundle.paper("usage.json"):
        where = say("usage of %s, %s – %s", quoted(row["meter"]), row["start"], row["end"])
        check_components(bundle, where, row)
        if row["meter"] in metered:
            continue  # from events: check_rollups
        home = [period for period in accepted if period[0] <= row["start"] <= row["end"] <= period[1]]
        bundle.must(home, where, "lies in no period of which a report was accepted")
        told = of_period.get(home[0], ()) if home else ()
        nil = told and all(report["is_nil"] for report in told)
        bundle.must(not nil, where, "the report of its period says that nothing was used")
    check_reports(bundle, reports)
    bundle.tell("%d rows of usage, %d reports", len(bundle.paper("usage.json")), len(reports))


def check_components(bundle, where, row):
    either = ("components" in row) != ("quantity" in row)
    bundle.must(either, where, "states either a quantity or components")
    for name, minor in row.get("components", {}).items():
        fits = row["meter"] in SALES and name in (*DEDUCTIONS, "invoiced_incl_vat")
        bundle.must(fits, where, "%s of %s is no component of sales", quoted(name), minor)


def check_reports(bundle, reports):
    """One after the other of each period: what amends one supersedes it."""
    by_id = {report["id"]: report for report in reports}
    bundle.must(len(by_id) == len(reports), "reports.json", "a report stands twice")
    amended, standing = set(), set()
    for report in reports:
        where = say("report %d", report["id"])
        bundle.must(report["start"] <= report["end"], where, "ends before it begins")
        bundle.must(report["amends"] not in amended, where, "amends what was amended before")
        amended |= {report["amends"]} - {None}
        if (
            report["state"] != "DEEMED" and report["submitted_at"]
        ):  # one that is deemed may wait for being accepted
            in_order = moment(report["submitted_at"]) <= moment(report["accepted_at"])
            bundle.must(in_order, where, "was accepted before it was handed in")
    for report in reports:
        where, period = say("report %d", report["id"]), (report["start"], report["end"])
        if report["amends"] is not None:
            other = by_id.get(report["amends"], {})
            found = (other.get("start"), other.get("end"))
            bundle.equal(where, "period of what it amends", found, period)
        if report["state"] == "DEEMED":
            agreed = bundle.terms_on(report["end"])[1]["report"].get("deemed")
            bundle.must(agreed, where, "is deemed, which the terms do not agree")
        else:
            bundle.equal(
                where, "state", report["state"], "SUPERSEDED" if report["id"] in amended else "ACCEPTED"
            )
        if report["state"] != "SUPERSEDED":
            bundle.must(period not in standing, where, "its period has two reports that count")
            standing.add(period)


def check_rollups(bundle):
    """Metered figures were rated by the daily sums, save in periods where earlier figures are deemed."""
    rollups, metered = bundle.paper("rollups.json"), bundle.metered()
    check_deemed(bundle, rollups["deemed"], metered)
    deemed = {}
    for one in rollups["deemed"]:
        deemed.setdefault(one["figure"], []).append((one["start"], one["end"]))

    def is_counted(figure, on):
        return figure in metered and not any(start <= on <= end for start, end in deemed.get(figure, ()))

    summed, rated = daily_sums(bundle, rollups["rows"], is_counted), {}
    for row in bundle.paper("usage.json"):
        if is_counted(row["meter"], row["start"]):
            place, parts = (
                (row["meter"], row["product"], row["start"]),
                row.get("components") or {"": row["quantity"]},
            )
            if place in rated or row["start"] != row["end"]:
                where = say("usage of %s %s on %s", *map(quoted, place))
                bundle.must(False, where, "is not of one day, or stands twice")
            rated[place] = {name: number(parts[name]) for name in parts}
    for place in sorted({*summed, *rated}):
        one, other = ({n: v for n, v in of.get(place, {}).items() if v} for of in (summed, rated))
        if one != other:
            where = say("usage of %s %s on %s", *map(quoted, place))
            bundle.differs(where, "", other or None, one or None)
    count = sum(row["events"] for row in rollups["rows"])
    bundle.tell("%d daily sums of %d events", len(rollups["rows"]), count)


def daily_sums(bundle, rows, is_counted):
    """What counted events add up to, by figure, product and day: sales by their components."""
    found = {}
    places = [(row["meter"], row["product"], row["day"]) for row in rows]
    bundle.must(places == sorted(set(places)), "rollups.json", "a day stands twice, or not in its order")
    for row, place in zip(rows, places):
        if row["events"] < 1:
            bundle.must(False, say("usage of %s %s on %s", *map(quoted, place)), "a sum of no events")
        figure, part = row["meter"], ""
        if figure == "sales" or figure.startswith("sales."):
            figure, part = "sales", figure[len("sales.") :] or "invoiced_incl_vat"
        if is_counted(figure, row["day"]):
            of_day = found.setdefault((figure, row["product"], row["day"]), {})
            of_day[part] = number(row["quantity"])
    return found


def check_deemed(bundle, deemed, metered):
    """Earlier figures count in place of a metered period that nobody closed: once, where the terms agree that."""
    closed = {(one["start"], one["end"]) for one in bundle.paper("facts.json")["closed"]}
    seen = set()
    for one in deemed:
        figure, start, end = place = one["figure"], one["start"], one["end"]
        where = say("usage of %s, %s – %s", quoted(figure), start, end)
        agreed = bundle.terms_on(end)[1]["report"].get("deemed")
        bundle.must(agreed, where, "the terms agree no deemed usage")
        bundle.must(place not in seen and figure in metered, where, "is deemed twice, or not metered")
        seen.add(place)
        known = (start, end) in closed or (day(start), day(end)) in bundle.ratings()[0].contract.periods
        bundle.must(known, where, "is deemed for no period of the contract")


# === 11  Checks: runs, charges, workings ==================================================================


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
    answer, versions = bundle.paper("rating.json"), bundle.paper("terms.json")
    runs, of_run = answer["runs"], bundle.rows("charges.json", "run")
    for before, run in zip([None, *runs], runs):
        where = under("rating.json", "run %d", run["run"])
        bundle.must(run["run"] in of_run, where, "made no charge")
        if before:
            after = before["run"] < run["run"] and moment(before["known_at"]) < moment(run["known_at"])
            bundle.must(after, where, "is not after the one before it")
            bundle.must(before["until"] <= run["until"], where, "looked less far than the one before it")
    last = runs[-1] if runs else {"run": None, "known_at": None, "inputs_hash": ""}
    for name, value in last.items():
        bundle.equal("rating.json", name, answer[name], value)
    fewest = 1 if runs else len(versions)
    bundle.must(
        fewest <= answer["versions"] <= len(versions), "rating.json", "it knew other terms than are here"
    )
    if runs:
        told = inputs_hash(
            bundle.known_versions(), bundle.paper("facts.json"), bundle.paper("usage.json"), answer["until"]
        )
        bundle.equal("rating.json", "what the last run was told (inputs_hash)", answer["inputs_hash"], told)
        bundle.tell(
            "rated up to %s by what was known at %s; what came since is not in here",
            answer["until"],
            answer["known_at"],
        )
        bundle.tell("what the last run was told: %s", told)
    else:
        bundle.tell("no rating run made a charge yet")
    check_earlier(bundle, {run["run"]: run for run in runs[:-1]})
    later = len(versions) - answer["versions"]
    if later > 0:
        bundle.tell("%d amendments of the terms came after the last run: no charge follows them yet", later)


def check_earlier(bundle, stated):
    """What earlier runs knew, as they state it themselves."""
    in_force, seen = {(v["effective_on"], v["hash"]) for v in bundle.paper("terms.json")}, set()
    for run in bundle.paper("earlier.json"):
        where = under("earlier.json", "run %d", run["run"])
        if run["run"] in seen or run["run"] not in stated:
            bundle.must(False, where, "is no earlier run, or stands twice")
            continue
        seen.add(run["run"])
        for name, value in stated[run["run"]].items():
            bundle.equal(where, name, run[name], value)
        told = inputs_hash(run["versions"], run["facts"], run["usage"], run["until"])
        bundle.equal(where, "what it was told (inputs_hash)", run["inputs_hash"], told)
        known = {(v["effective_on"], v["hash"]) for v in run["versions"]}
        bundle.must(known <= in_force, where, "its terms are not those of the contract")


def check_rating(bundle):
    """What the last run says of all of it: the total, what waits and why, since when nothing more can arise."""
    answer, (rating, _) = bundle.paper("rating.json"), bundle.ratings()
    bundle.equal(
        "rating.json", "currency", answer["currency"], bundle.paper("terms.json")[0]["terms"]["currency"]
    )
    total = sum(amount for _, amount, _ in rating.charges.values())
    bundle.same_sum("rating.json", "total", answer["total"], total)
    paid_up = rating.paid_up_on()
    bundle.equal("rating.json", "paid up on", answer["paid_up_on"], paid_up and paid_up.isoformat())
    stated = [(*key_of(one), one["reason"], one["detail"]) for one in answer["waiting"]]
    for one in stated:
        if one not in rating.waiting:
            where = say("waiting %s (%s)", name_of(one[:4]), say(one[4]))
            told = [other[4] for other in rating.waiting if other[:4] == one[:4]]
            bundle.must(not told, where, "waits, but for another reason (%s)", say(*told[:1] or [""]))
            bundle.must(
                told, where, "has nothing to wait for: its report is there, nothing earlier is missing"
            )
    for one in rating.waiting:
        where = say("waiting %s (%s)", name_of(one[:4]), say(one[4]))
        bundle.must(stated.count(one) == 1, where, "must be told once")
    bundle.tell("%d charges wait for a report, as they must", len(stated))


def check_ids(bundle):
    """Every row has a name of its own, in the order in which it arose; of one kind and key there is one sequence."""
    currency = bundle.paper("rating.json")["currency"]
    for name in ("charges.json", "invoices.json", "credit_notes.json", "receipts.json"):
        ids = [one["id"] for one in bundle.paper(name)]
        bundle.must(ids == sorted(set(ids)), name, "a row stands twice, or not in its order")
        for one in bundle.paper(name):
            bundle.equal(under(name, "row %d", one["id"]), "currency", one["currency"], currency)
    charges = bundle.paper("charges.json")
    runs = [charge["run"] for charge in charges if charge["run"] is not None]
    bundle.must(
        runs == sorted(runs), "charges.json", "a charge of a later run stands before one of an earlier run"
    )
    for charge in charges:
        fits = (charge["kind"] in RATED) == (charge["run"] is not None)
        fits &= (charge["kind"] == "INTEREST") == (charge["of_invoice"] is not None)
        bundle.must(
            fits, row_name(charge), "%s states a run or an invoice that it cannot have", charge["kind"]
        )


def check_charges(bundle):
    """Rate the contract again and hold every charge against it: amount, exact amount, day, terms, due rule."""
    charges = [charge for charge in bundle.paper("charges.json") if charge["kind"] in RATED]
    (rating, earlier), stated = bundle.ratings(), {}
    for charge in charges:
        stated.setdefault(key_of(charge), []).append(charge)
    untils = {run["run"]: run["until"] for run in bundle.paper("rating.json")["runs"]}
    for key, rows in sorted(stated.items(), key=lambda item: (item[0][3], str(item[0]))):
        rows.sort(key=lambda charge: charge["sequence"])
        where, waits = say("charge %s", name_of(key)), is_waiting(key, rating.waiting)
        check_sequence(bundle, where, rows)
        check_exact(bundle, where, key, rows, earlier, None if waits else rating.charges)
        for charge in rows:
            check_row(bundle, charge, rows[0], bundle.of_run(charge["run"]), untils)
        if not waits:  # else it was issued before, and a report that it needs is missing now
            amount = rating.charges.get(key, NOT_CHARGED)[1]
            bundle.same_sum(where, "amount", sum(charge["minor"] for charge in rows), amount)
    for key, (on, amount, _) in rating.charges.items():
        where = say("charge %s", name_of(key))
        bundle.must(key in stated, where, "is missing, computed %s on %s", bundle.money(amount), on)
    total = bundle.money(sum(charge["minor"] for charge in charges))
    bundle.tell("%d charges and corrections recomputed, together %s", len(charges), total)


def is_waiting(key, waiting):
    return any(one[:2] == key[:2] and one[2] <= key[3] and one[3] >= key[2] for one in waiting)


def check_sequence(bundle, where, rows):
    """A charge, then its corrections, each after the other, with both sides."""
    before, run = 0, None
    for place, charge in enumerate(rows):
        row = under(where, "correction %d", place) if place else where
        bundle.equal(row, "place among its corrections", charge["sequence"], place)
        if charge["kind"] in RATED:
            bundle.equal(row, "kind", charge["kind"], "ADJUSTMENT" if place else "CHARGE")
        both = [before, before + charge["minor"]] if place else [None, None]
        bundle.equal(row, "amount before and after the correction", [charge["before"], charge["now"]], both)
        bundle.must(charge["minor"] or not place, row, "corrects nothing")
        if run is not None and charge["run"] is not None:
            bundle.must(charge["run"] >= run, row, "its run came before that of what it corrects")
            # one run gives back in two parts at most what was waived in part
            apart = charge["run"] != run or (place > 1 and max(charge["minor"], rows[place - 1]["minor"]) < 0)
            bundle.must(apart, row, "one run both charged it and corrected it")
        before, run = before + charge["minor"], charge["run"]


def check_row(bundle, charge, first, rating, untils):
    """The day, the terms and the due rule of one row, by the run that made it; one that takes a charge back altogether
    has those of the first."""
    where, key, run = row_name(charge), key_of(charge), charge["run"]
    version = rating.version.get(key)
    if version is None:
        wanted = {name: first[name] for name in ("version", "terms_hash", "due")}
    else:
        terms, element = rating.contract.versions[version][1], rating.contract.element(key[0], version)
        wanted = {"version": version + 1, "terms_hash": bundle.hash_of(terms), "due": element["due"]}
    for name, value in wanted.items():
        bundle.equal(where, name, charge[name], value)
    if run not in untils:
        bundle.must(False, where, "its run %s is not in rating.json", run)
    elif charge["kind"] == "ADJUSTMENT":
        bundle.equal(where, "date", charge["dated_on"], untils[run])
    else:
        bundle.equal(where, "date", charge["dated_on"], charge["end"])
        bundle.must(charge["dated_on"] <= untils[run], where, "is dated after its run")


def check_exact(bundle, where, key, rows, earlier, rated):
    """Each row's exact amount, and what its key came to by then: by what its own run knew where the bundle holds that,
    else by what is known now (None: it waits now, and its own run must be here)."""
    minor = 0
    for place, charge in enumerate(rows):
        minor += charge["minor"]
        of_run = earlier[charge["run"]].charges if charge["run"] in earlier else rated
        if of_run is None:
            bundle.must(False, where, "what it was charged by before it had to wait is not here")
            continue
        _, amount, exact = of_run.get(key, NOT_CHARGED)
        bundle.equal(row_name(charge), "exact amount", number(charge["exact"]), exact)
        if charge["run"] not in [row["run"] for row in rows[place + 1 :]]:
            bundle.same_sum(row_name(charge), "amount by then", minor, amount)


# What each line of a working says of itself: the formula; with the source, where it is not the terms, and the rounding.
AGREED, ART_846 = "Agreed terms / 合同约定", "Civil Code art. 846 / 《民法典》第八百四十六条"
MINOR_UNIT = "half up to the minor unit, once per charge"
BEFORE_CREDIT = "half up to the minor unit, before anything is credited"
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
        if charge["kind"] in RATED:
            check_working(bundle, charge)
        count += len(charge["working"]["steps"]) if charge["working"] else 0
    bundle.tell("%d lines of workings recomputed", count)


def check_working(bundle, charge):
    rating, key = bundle.of_run(charge["run"]), key_of(charge)
    lines, unit = rating.lines.get(key), ""
    if lines is not None:
        element = rating.contract.element(key[0], rating.version[key])
        if element["kind"] == "royalty" and element["base"] == "units":
            unit = meter_of(element)
    elif is_waiting(key, rating.waiting):
        return  # named with the charge: what it was charged by is not here
    compare_working(bundle, under(row_name(charge), "working"), charge, lines, unit)


def compare_working(bundle, where, charge, lines, unit=""):
    """One for one, each figure and each sum; `lines` None: there is nothing to compute, and nothing is said."""
    working = charge["working"]
    if working is None or lines is None:
        bundle.must(working is not None or lines is None, where, "is missing")
        bundle.must(working is None or lines is not None, where, "there is nothing to work out")
        return
    bundle.equal(where, "currency", working["currency"], charge["currency"])
    bundle.equal(where, "unit", working["unit"], unit)
    said, computed = [step["step"] for step in working["steps"]], [one[0] for one in lines]
    bundle.equal(where, "lines", said, computed)
    if said == computed:
        for place, (step, one) in enumerate(zip(working["steps"], lines), 1):
            compare_step(bundle, say("%s, line %d (%s)", where, place, one[0]), step, one)


def compare_step(bundle, where, step, computed):
    """One line: what it comes to, its figures, what it says of itself, and the deductions that it sums up."""
    code, value, figures, parts = computed
    same(bundle, where, "", step["value"], value)
    bundle.equal(where, "figures", sorted(step["inputs"]), sorted(figures))
    for name in sorted(set(figures) & set(step["inputs"])):
        same(bundle, where, name, step["inputs"][name], figures[name])
    formula, source, rounding = (*FORMULAS[code], *(AGREED, None)[len(FORMULAS[code]) - 1 :])
    said = [step["formula"], step.get("source"), step.get("rounding")]
    bundle.equal(where, "formula, source, rounding", said, [formula, source, rounding])
    listed = step.get("parts", [])
    if [part["step"] for part in listed] != ["deduction"] * len(parts) or ("parts" in step and not parts):
        bundle.differs(where, "parts", [part["step"] for part in listed], ["deduction"] * len(parts))
        return
    for part, (name, amount) in zip(listed, parts.items()):
        compare_step(bundle, say("%s, less %s", where, name), part, line("deduction", amount, name=name))


def same(bundle, where, what, said, figure):
    """A figure as it is written: 1 is neither true nor "1"."""
    figure = plain(figure)
    if type(said) is not type(figure) or said != figure:
        bundle.differs(where, what, said, figure)


# === 12  Checks: invoices, credit notes, receipts =========================================================


def tax(price, rate, inclusive):
    """(net, VAT): contained in the price, or added to it; each rounded half up once."""
    if inclusive:
        net = half_up(Fraction(price) / (1 + rate))
        return net, price - net
    return price, half_up(price * rate)


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
    if kind in RATED:
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


def price_of(lines):
    return sum(one["price"] for one in lines)


def check_invoices(bundle):
    """Each line is a charge of its own, in its own words; net and VAT after the terms; the day to pay by after the charges;
    what is marked as invoiced is on an invoice, less what was credited."""
    check_numbers(bundle, "invoices.json", "INV")
    check_numbers(bundle, "credit_notes.json", "CN")
    billed = set()
    for invoice in bundle.paper("invoices.json"):
        where, dues = say("invoice %s", invoice["number"]), []
        issued = day(invoice["issued_on"])
        for one in invoice["lines"]:
            charge = bundle.row("charges.json", "id", one["charge"])
            own = charge is not None and one["charge"] not in billed
            bundle.must(own, where, "a line states no charge of its own (%s)", one["charge"])
            if own:
                billed.add(one["charge"])
                check_line(bundle, where, issued, one, charge)
                dues += [due_on(charge, issued)] if charge["minor"] > 0 else []
        check_tax(bundle, where, invoice)
        bundle.equal(where, "due date", day(invoice["due_on"]), max(dues, default=None))
    check_credits(bundle)
    check_balance(bundle)
    bundle.tell(
        "%d invoices and %d credit notes added up",
        len(bundle.paper("invoices.json")),
        len(bundle.paper("credit_notes.json")),
    )


def check_numbers(bundle, name, series):
    """Numbers rise with the days; each states its year. (They have no gaps over all contracts of the issuer.)"""
    before, numbers = "", []
    for paper in bundle.paper(name):
        found = re.fullmatch("%s-([0-9]{4})-([0-9]{6,})" % series, paper["number"])
        if not found or found.group(1) != paper["issued_on"][:4]:
            bundle.must(False, quoted(paper["number"]), "is no number of its year (%s)", paper["issued_on"])
            continue
        numbers.append((found.group(1), int(found.group(2))))
        in_order = before <= paper["issued_on"]
        bundle.must(in_order, paper["number"], "is issued before the one with the number before")
        before = paper["issued_on"]
    bundle.must(numbers == sorted(set(numbers)), name, "a number stands twice, or not in its order")


def check_line(bundle, where, issued, one, charge):
    where = say("%s: line of %s", where, name_of(key_of(charge)))
    bundle.same_sum(where, "price", one["price"], charge["minor"])
    bundle.equal(where, "text", [one["text_zh"], one["text_en"]], texts_of(bundle, charge))
    bundle.equal(where, "state of the charge", charge["state"], "INVOICED")
    in_time = charge["kind"] == "ADJUSTMENT" or day(charge["dated_on"]) <= issued
    bundle.must(in_time, where, "is dated after the invoice")


def check_tax(bundle, where, invoice):
    rate, price = number(invoice["vat_rate"]), price_of(invoice["lines"])
    is_rate = 0 <= rate < 1 and (rate * 10_000).denominator == 1
    bundle.must(is_rate, where, "no rate of VAT: %s", rate)
    inclusive = bundle.terms_on(invoice["issued_on"])[1]["vat"] == "inclusive"
    net, vat = tax(price, rate, inclusive)
    bundle.same_sum(where, "net", invoice["net"], net)
    bundle.same_sum(where, "VAT", invoice["vat"], vat)
    bundle.same_sum(where, "total", invoice["total"], invoice["net"] + invoice["vat"])
    bundle.must(invoice["total"] > 0, where, "asks for nothing")


def check_credits(bundle):
    """Credit notes: on an invoice that is here, in its terms, never more than is left of it; each line is a correction of
    what stands on it, or was written by hand for the reason that is stated."""
    given = {}
    for note in bundle.paper("credit_notes.json"):
        where, invoice = (
            say("credit note %s", note["number"]),
            bundle.row("invoices.json", "number", note["invoice"]),
        )
        if invoice is None:
            bundle.must(False, where, "its invoice %s is not here", quoted(note["invoice"]))
            continue
        before = given.setdefault(note["invoice"], {"price": 0, "net": 0, "total": 0})
        check_credit(bundle, where, note, invoice, before)
        before["price"] += price_of(note["lines"])
        before["net"] += note["net"]
        before["total"] += note["total"]
        charges = [bundle.row("charges.json", "id", one["charge"]) for one in invoice["lines"]]
        on_invoice = {key_of(charge) for charge in charges if charge}
        for one in note["lines"]:
            check_credit_line(bundle, where, note, one, on_invoice)


def check_credit(bundle, where, note, invoice, before):
    """The amounts of a credit note after those `before` it: the one that uses its invoice up takes exactly the rest."""
    price, asked = price_of(note["lines"]), price_of(invoice["lines"])
    if before["price"] + price == asked:
        net, total = invoice["net"] - before["net"], invoice["total"] - before["total"]
    else:
        net, vat = tax(price, number(invoice["vat_rate"]), asked == invoice["total"])
        total = net + vat
    bundle.same_sum(where, "net", note["net"], net)
    bundle.same_sum(where, "total", note["total"], total)
    bundle.same_sum(where, "net and VAT", note["net"] + note["vat"], note["total"])
    left = before["price"] + price <= asked and before["total"] + note["total"] <= invoice["total"]
    bundle.must(left and note["total"] > 0, where, "more is given back than %s asked for", note["invoice"])
    bundle.must(invoice["issued_on"] <= note["issued_on"], where, "is issued before its invoice")
    own = {name: note["stated"][name] for name in ("ledger_head", "ledger_sequence")}
    wanted = {**invoice["stated"], **own, "invoice": note["invoice"]}
    bundle.equal(where, "what it states", note["stated"], wanted)


def check_credit_line(bundle, where, note, one, on_invoice):
    said, charge = [one["text_zh"], one["text_en"]], bundle.row("charges.json", "id", one["charge"])
    bundle.must(one["price"] > 0, where, "a line gives nothing back")
    if one["charge"] is None:
        bundle.equal(where, "text", said, [note["reason"][:300]] * 2)
    elif charge is None or charge["minor"] >= 0 or key_of(charge) not in on_invoice:
        bundle.must(False, where, "a line states no correction of what stands on %s", note["invoice"])
    else:
        bundle.equal(where, "text", said, texts_of(bundle, charge))
        bundle.equal(where, "state of the correction", charge["state"], "INVOICED")


def check_balance(bundle):
    """Of one element and period, invoices less credit notes ask for what its charges that are marked as invoiced come to:
    for more only as far as somebody gave back by hand what a correction would have given back, never for less."""
    asked, by_hand = {}, 0
    for name, sign in (("invoices.json", 1), ("credit_notes.json", -1)):
        for one in (one for paper in bundle.paper(name) for one in paper["lines"]):
            charge = bundle.row("charges.json", "id", one["charge"])
            if charge:
                asked[key_of(charge)] = asked.get(key_of(charge), 0) + sign * one["price"]
            elif one["charge"] is None and sign < 0:
                by_hand += one["price"]
    for charge in bundle.paper("charges.json"):
        if charge["state"] == "INVOICED":
            asked[key_of(charge)] = asked.get(key_of(charge), 0) - charge["minor"]
            bundle.must(charge["minor"], row_name(charge), "is marked as invoiced, and nothing is due")
    for key, left in sorted(asked.items(), key=str):
        where = say("charge %s", name_of(key))
        bundle.must(
            left >= 0, where, "%s of it is marked as invoiced and stands on no invoice", bundle.money(-left)
        )
    more = sum(asked.values()) - by_hand
    words = "they ask for %s more than their charges and what was given back by hand"
    bundle.must(more <= 0, "invoices.json", words, bundle.money(more))


def check_receipts(bundle):
    """Allocations: to invoices that are here, never more than their total, each undone once at most, by its mirror image."""
    paid, seen, undone, payments = {}, {}, set(), {}
    for one in bundle.paper("receipts.json"):
        where = say("receipt %s to %s", one["id"], quoted(one["invoice"]))
        if bundle.row("invoices.json", "number", one["invoice"]) is None:
            bundle.must(False, where, "its invoice is not here")
            continue
        seen[one["id"]] = one
        of_payment = [one["method"], one["received_on"]]
        bundle.equal(where, "its payment", of_payment, payments.setdefault(one["payment"], of_payment))
        if one["undoes"] is not None:
            other = seen.get(one["undoes"])
            said = [-one["minor"], one["invoice"], one["payment"]]
            bundle.equal(
                where, "what it undoes", said, other and [other["minor"], other["invoice"], other["payment"]]
            )
            once = one["undoes"] not in undone and one["reason"] and one["minor"] < 0
            bundle.must(once, where, "undoes what is undone, for no reason, or adds")
            undone.add(one["undoes"])
        else:
            bundle.must(one["minor"] > 0, where, "takes money and undoes nothing")
        paid[one["invoice"]] = paid.get(one["invoice"], 0) + one["minor"]
    for name, minor in paid.items():
        total = bundle.row("invoices.json", "number", name)["total"]
        where = say("invoice %s", name)
        bundle.must(0 <= minor <= total, where, "%s received of %s", bundle.money(minor), bundle.money(total))
    received = bundle.money(sum(paid.values()))
    bundle.tell(
        "%d allocations of receipts added up, together %s", len(bundle.paper("receipts.json")), received
    )


# === 13  Checks: late-payment interest and the cost of audits =============================================

AFTER_INVOICE = {"kind": "after_invoice", "days": 30}  # how what no element brings is due


class Course:
    """One invoice through its days: what bears interest, what came in late, and what was charged by day: (last day that
    was charged before, amount, exact amount, lines)."""

    def __init__(self, rule, since, debt, received, ends):
        self.rule, self.since, self.left, self.due = rule, since, debt, {}
        self.month, self.of_paid, self.charged, self.is_late = since, 0, 0, False
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
        """(exact amount, lines) of what is charged for a day."""
        parts = [part for part in parts if part[-1]]
        lines = [one for part in parts for one in (part[0], line("round", part[-1]))]
        exact = Fraction(amount)
        if len(parts) == 1:
            exact += parts[0][1] - own
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


def course_of(bundle, invoice, notes, allocations, days, *, stopped):
    """What comes to be charged up to the last of some days (text), by some of the credit notes and receipts. The later of due
    date and invoice date is where interest begins; interest bears none, nor what was credited. With `stopped` no month is
    charged after the last one that was."""
    rule = bundle.terms_on(invoice["issued_on"])[1].get("interest")
    since = max(day(invoice["due_on"]), day(invoice["issued_on"]))
    if not rule:
        return Course(None, since, 0, {}, ())  # nothing bears interest
    undone, received = {one["undoes"] for one in allocations}, {}
    for one in allocations:
        if one["undoes"] is None and one["id"] not in undone:
            received.setdefault(day(one["received_on"]), []).append(one["minor"])
    ends = month_ends(rule, since, max(map(day, days)))
    if stopped:
        charged = [on for on in ends if on.isoformat() in days]
        ends = [on for on in ends if charged and on <= charged[-1]]
    course = Course(rule, since, bearing(bundle, invoice, notes), received, ends)
    told_late = any(
        one["received_on"] <= on.isoformat() <= one["allocated_on"] for one in allocations for on in ends
    )
    course.is_late = told_late or len(undone) > 1
    return course


def month_ends(rule, since, last):
    """The last days of the months that are charged as such, up to a day."""
    ends = []
    while rule.get("charged") == "monthly" and plus_months(since, len(ends) + 1) <= last:
        ends.append(plus_months(since, len(ends) + 1))
    return ends


def bearing(bundle, invoice, notes):
    """What of an invoice bears interest, less what credit notes took back of it, VAT included."""

    def without_interest(paper):
        price = price_of(paper["lines"])
        of_interest = price_of(one for one in paper["lines"] if bundle.kind_of(one) == "INTEREST")
        return price, of_interest

    price, of_interest = without_interest(invoice)
    debt = invoice["total"] * (price - of_interest) // price if of_interest else invoice["total"]
    for note in notes:
        price, of_interest = without_interest(note)
        debt -= note["total"] - note["total"] * of_interest // price
    return max(debt, 0)


def check_interest(bundle):
    """Interest that was charged: with each late receipt of an invoice, or month by month, after the terms in force on
    its day, with its working."""
    count, charged = 0, {}
    for charge in bundle.paper("charges.json"):
        if charge["kind"] == "INTEREST" and charge["of_invoice"] is not None:
            charged.setdefault(charge["of_invoice"], {}).setdefault(charge["end"], []).append(charge)
    for name, by_day in sorted(charged.items()):
        invoice = bundle.row("invoices.json", "number", name)
        if invoice is None:
            bundle.must(False, say("interest of %s", quoted(name)), "its invoice is not here")
            continue
        count += len(by_day)
        check_interest_of(bundle, invoice, by_day)
    for name, (invoice, *_) in sorted(bundle.rows("invoices.json", "number").items()):
        if name not in charged:
            tell_uncharged(bundle, invoice)
    bundle.tell("%d sums of late-payment interest recomputed", count)


def tell_uncharged(bundle, invoice):
    """What came late and is not charged yet is told: a run may still have to come, or somebody left it out."""
    receipts = bundle.of_invoice("receipts.json", invoice)
    late = [one["received_on"] for one in receipts]
    if late:
        notes = bundle.of_invoice("credit_notes.json", invoice)
        due = course_of(bundle, invoice, notes, receipts, late, stopped=True).due
        if due:
            minor = bundle.money(sum(amount for _, amount, *_ in due.values()))
            where = say("interest of %s", invoice["number"])
            bundle.tell("%s: %s by receipts that came late; nothing of it is charged (yet)", where, minor)


def check_interest_of(bundle, invoice, by_day):
    """The days that were charged, by the course of the invoice that explains them: credit notes and receipts that came since
    the last charge do not count yet; no month does once an invoice was written off."""
    where, sums = say("interest of %s", invoice["number"]), {}
    for on, rows in by_day.items():
        sums[day(on)] = sum(charge["minor"] for charge in rows)
    notes = bundle.of_invoice("credit_notes.json", invoice)
    receipts = bundle.of_invoice("receipts.json", invoice)
    made = max(charge["dated_on"] for rows in by_day.values() for charge in rows)
    known = sum(
        one["allocated_on"] < made for one in receipts
    )  # for certain; a dispute holds up what came later
    courses = [
        course_of(bundle, invoice, notes[:credited], receipts[:paid], by_day, stopped=stopped)
        for paid in range(len(receipts), known - 1, -1)
        for stopped in (False, True)
        for credited in range(len(notes), -1, -1)
    ]
    agreeing = (one for one in courses if all(one.due.get(on, NO_INTEREST)[1] == sums[on] for on in sums))
    course = next(agreeing, courses[0])
    for on, (_, minor, *_) in sorted(course.due.items()):
        charged = on in sums or on >= max(sums) or came_after(bundle, invoice, on, made)
        bundle.must(charged, where, "%s for %s is not charged", bundle.money(minor), on)
    settled = not notes and not course.is_late and all(len(rows) == 1 for rows in by_day.values())
    for on, rows in sorted(by_day.items()):
        check_interest_on(bundle, say("%s, charged for %s", where, on), invoice, rows, course, settled)


def check_interest_on(bundle, where, invoice, rows, course, settled):
    """What was charged for one day. `settled`: nothing came in or was taken back since that was not known then."""
    first = rows[0]
    since, minor, exact, lines = course.due.get(day(first["end"]), NO_INTEREST)
    bundle.same_sum(where, "", sum(charge["minor"] for charge in rows), minor)
    check_sequence(bundle, where, rows)
    for charge in rows:
        check_interest_row(bundle, where, invoice, charge, first)
    if settled and since is not None:
        bundle.equal(where, "from", first["start"], (since + DAY).isoformat())
        bundle.equal(where, "exact amount", number(first["exact"]), exact)
        compare_working(bundle, under(where, "working"), first, lines)
    else:
        for charge in rows:
            check_lines(bundle, under(where, "working"), charge, course, invoice["total"])


def came_after(bundle, invoice, on, made):
    """Whether a receipt of a day was told after the last charge of interest was made."""
    receipts = bundle.of_invoice("receipts.json", invoice)
    return any(one["received_on"] == on.isoformat() and one["allocated_on"] >= made for one in receipts)


def check_interest_row(bundle, where, invoice, charge, first):
    name = ["interest:%s" % invoice["number"], 0]
    bundle.equal(where, "name", [charge["element"], charge["part"]], name)
    bundle.equal(where, "from", charge["start"], first["start"])
    bundle.equal(where, "due", charge["due"], AFTER_INVOICE)
    version, terms = bundle.terms_on(invoice["issued_on"])
    said = [charge["version"], charge["terms_hash"]]
    bundle.equal(where, "terms", said, [version, bundle.hash_of(terms)])
    in_time = invoice["issued_on"] < charge["start"] <= charge["end"]
    bundle.must(in_time, where, "runs from before the invoice, or backwards")
    if charge["sequence"]:
        bundle.must(charge["dated_on"] >= charge["end"], where, "is corrected before it was charged")
    else:
        bundle.equal(where, "date", charge["dated_on"], charge["end"])


# What a line of interest that was charged by other receipts than those of now comes to, by the figures in it.
LINES = {
    "interest_months": (("amount", "rate", "months"), lambda amount, rate, months: amount * rate * months),
    "interest_days": (("amount", "rate", "days"), lambda amount, rate, days: amount * rate * days),
    "interest_parts": (("own", "others"), lambda own, others: own + others),
    "interest_before": (("total", "before"), lambda total, before: total - before),
    "interest_settled": (("charged", "back"), lambda charged, back: charged - back),
}
ORDER = re.compile(
    "((interest_months|interest_days) round )+(interest_parts )?(interest_before )?(interest_settled )*"
)


def check_lines(bundle, where, charge, course, asked):
    """Each line follows from its own figures and the lines before it; at the rate, and for a time that can be."""
    working = charge["working"]
    if working is None:
        taken_back = charge["sequence"] and not number(charge["exact"])
        bundle.must(taken_back, where, "is missing")
        return
    said = [working["currency"], working["unit"]]
    bundle.equal(where, "currency and unit", said, [charge["currency"], ""])
    codes = "".join("%s " % step["step"] for step in working["steps"])
    if not ORDER.fullmatch(codes):
        bundle.must(False, where, "its lines do not follow each other (%s)", quoted(codes))
        return
    before, rounded, parts = Fraction(0), 0, []
    for place, step in enumerate(working["steps"], 1):
        code, of_line = step["step"], say("%s, line %d (%s)", where, place, step["step"])
        names, comes_to = LINES.get(code, ((), None))
        if set(step["inputs"]) != set(names) or not all(map(is_exact, step["inputs"].values())):
            bundle.must(False, of_line, "the contract comes to no such line")
            continue
        own = {name: number(value) for name, value in step["inputs"].items()}
        computed = comes_to(**own) if comes_to else Fraction(half_up(before))
        if code == "round":
            rounded += computed
        elif code == "interest_parts":
            bundle.equal(of_line, "own", own["own"], rounded)
        elif code in ("interest_before", "interest_settled"):
            bundle.equal(of_line, names[0], own[names[0]], before)
        else:
            check_time(bundle, of_line, code, own, day(charge["end"]), course, asked)
            parts.append(computed)
        compare_step(bundle, of_line, step, (code, computed, own, {}))
        before = computed
    exact = parts[0] + before - rounded if len(parts) == 1 else before
    bundle.equal(where, "exact amount", number(charge["exact"]), exact)
    if not charge["sequence"]:
        bundle.equal(where, "end", before, charge["minor"])


def check_time(bundle, where, code, own, end, course, asked):
    """No part bears interest at another rate than the terms', on more than was asked for, or for longer than it was open."""
    fits = course.rule and own["rate"] == number(course.rule["rate"]) and 0 < own["amount"] <= asked
    bundle.must(fits, where, "not at the rate of the terms, or on more than was due")
    if fits:
        unit = code[len("interest_") :]
        longest, _, _ = course.interest(1, end)
        in_time = code == longest[0] and 0 < own[unit] <= longest[2][unit]
        bundle.must(in_time, where, "for longer than it was open")


def check_audits(bundle):
    """The cost of an audit: charged where the gap between what was found and what was reported reaches the share that
    the terms agree."""
    seen = set()
    for charge in bundle.paper("charges.json"):
        if charge["kind"] == "AUDIT":
            where = say("audit %s – %s", charge["start"], charge["end"])
            is_new = re.fullmatch("audit:[0-9]+", charge["element"]) and charge["element"] not in seen
            bundle.must(
                is_new, where, "is no audit, or one that was charged before (%s)", quoted(charge["element"])
            )
            seen.add(charge["element"])
            check_audit(bundle, where, charge)
    bundle.tell("%d costs of audits held against the agreed share", len(seen))


def check_audit(bundle, where, charge):
    check_sequence(bundle, where, [charge])
    version, terms = bundle.terms_on(charge["dated_on"])
    said = [charge["part"], charge["due"], charge["version"], charge["terms_hash"]]
    bundle.equal(where, "part, due rule, terms", said, [0, AFTER_INVOICE, version, bundle.hash_of(terms)])
    in_time = charge["start"] <= charge["end"] <= charge["dated_on"]
    bundle.must(in_time, where, "is dated before the end of what was audited")
    steps = {step["step"]: step["inputs"] for step in (charge["working"] or {"steps": []})["steps"]}
    names = (("gap", "found"), ("gap", "reported"), ("audit_cost", "cost"))
    found, reported, cost = figures = [steps.get(code, {}).get(name) for code, name in names]
    if not all(type(value) is int for value in figures) or not terms["audit"]:
        bundle.must(False, where, "nothing is agreed, or it does not say what was found, reported and spent")
        return
    threshold = number(terms["audit"]["cost_shift_at"])
    share = Fraction(found - reported, found) if found > 0 else Fraction(0)
    borne = cost if found > reported and share >= threshold else 0
    lines = [
        line("gap", found - reported, found=found, reported=reported, share=share),
        line("audit_cost", borne, cost=cost, threshold=threshold),
    ]
    compare_working(bundle, under(where, "working"), charge, lines)
    bundle.same_sum(where, "cost", charge["minor"], borne)
    bundle.equal(where, "exact amount", number(charge["exact"]), borne)
    bundle.must(borne, where, "the gap does not reach the share that shifts the cost")


# === 14  Checks: the book and the annexes =================================================================

RECEIVABLE, UNALLOCATED, VAT_PAYABLE, LICENCE_INCOME, INTEREST_INCOME = "1122", "2203", "2221", "6051", "6603"
PAPERS = {"invoice": "invoices.json", "credit_note": "credit_notes.json", "allocation": "receipts.json"}
NAMES = {"invoice": "invoice", "credit_note": "credit note", "allocation": "receipt"}
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
    chain = check_chain(bundle, ledger)
    check_heads(bundle, ledger, chain)
    papers = {(kind, one["id"]): one for kind, name in PAPERS.items() for one in bundle.paper(name)}
    booked = set()
    for entry in ledger["entries"]:
        check_entry(bundle, ledger, entry, papers, booked)
    waiting = [(kind, ident) for kind, idents in ledger["waiting"].items() for ident in idents]
    for kind, ident in sorted({*papers, *waiting}):
        paper = papers.get((kind, ident))
        where = say("%s %s", say(NAMES[kind]), paper.get("number", ident) if paper else ident)
        is_booked, waits = (kind, ident) in booked, (kind, ident) in waiting
        bundle.must(paper, where, "waits to be booked, and is not here")
        bundle.must(is_booked or waits or not paper, where, "is not booked")
        bundle.must(not (is_booked and waits), where, "is booked, and said to wait for it")
    bundle.must(len(waiting) == len(set(waiting)), "ledger.json", "something waits twice to be booked")
    last = ledger["first"] - 1 + len(ledger["contents"])
    words = "%d ledger entries in a chain of %d, up to head %s; %d papers wait to be booked"
    bundle.tell(words, len(ledger["entries"]), len(ledger["contents"]), chain[last], len(waiting))


def check_chain(bundle, ledger):
    """The hash of the chain after each entry, by its number, from the one before the first."""
    own = {entry["sequence"]: entry["body"] for entry in ledger["entries"]}
    previous, chain = ledger["previous"], {ledger["first"] - 1: ledger["previous"]}
    for sequence, content in enumerate(ledger["contents"], ledger["first"]):
        if sequence in own:
            bundle.equal(say("ledger entry %d", sequence), "SHA-256", content, sha256(own[sequence].encode()))
        previous = chain[sequence] = sha256((previous + content).encode())
    last = ledger["first"] - 1 + len(ledger["contents"])
    bundle.equal("ledger.json", "last entry of the chain", ledger["head"]["sequence"], last)
    bundle.equal("ledger.json", "head of the chain", ledger["head"]["hash"], previous)
    begins = ledger["first"] >= 1 and (ledger["first"] == 1) == (ledger["previous"] == "0" * 64)
    bundle.must(begins, "ledger.json", "the chain begins with entry 1 and with nothing before it")
    sequences = [entry["sequence"] for entry in ledger["entries"]]
    in_order = sequences == sorted(set(sequences)) and all(
        ledger["first"] <= one <= last for one in sequences
    )
    bundle.must(in_order, "ledger.json", "an entry stands twice, not in its order, or not in the chain")
    return chain


def check_heads(bundle, ledger, chain):
    """Each paper states the chain as it stood before its own entry."""
    own = {entry["key"]: entry["sequence"] for entry in ledger["entries"]}
    for kind in ("invoice", "credit_note"):
        for paper in bundle.paper(PAPERS[kind]):
            sequence, stated = paper["stated"]["ledger_sequence"], paper["stated"]["ledger_head"]
            where = say("%s: head of the chain at entry %d", paper["number"], sequence)
            if sequence == 0:
                bundle.equal(where, "", stated, "")
            elif sequence in chain:
                bundle.equal(where, "", stated, chain[sequence])
            else:
                earlier = 0 < sequence < ledger["first"] and FITS[HASH](stated)
                bundle.must(earlier, where, "there is no such entry")
            before = sequence < own.get("%s:%d" % (kind, paper["id"]), sequence + 1)
            bundle.must(before, where, "is its own entry, or comes after it")


def check_entry(bundle, ledger, entry, papers, booked):
    where, contract = say("ledger entry %d", entry["sequence"]), bundle.paper("contract.json")
    body = read_json(entry["body"])
    said = [body["issuer"], body["sequence"], body["key"]]
    bundle.equal(where, "issuer, number, key", said, [ledger["issuer"], entry["sequence"], entry["key"]])
    sums = {}
    for _, minor, currency, _ in body["lines"]:
        sums[currency] = sums.get(currency, 0) + minor
    bundle.must(not any(sums.values()), where, "does not balance")
    about = {of for *_, of in body["lines"]}
    bundle.must(contract["number"] in about, where, "is about another contract")
    kind, _, ident = entry["key"].partition(":")
    if kind not in PAPERS:
        own = contract["for"] == "licensor" and "annexes.json" in bundle.members
        bundle.must(own, where, "is the licensor's own (%s)", quoted(entry["key"]))
        return
    key = (kind, int(ident) if re.fullmatch("[1-9][0-9]{0,18}", ident) else None)
    if key not in papers or key in booked:
        bundle.must(False, where, "books what is not here, or twice (%s)", quoted(entry["key"]))
        return
    booked.add(key)
    on, text, lines = booking_of(bundle, kind, papers[key])
    said = [body["booked_on"], body["text"], body["reverses"], body["lines"]]
    name = say("%s %s", say(NAMES[kind]), papers[key].get("number", ident))
    bundle.equal(name, "as booked (day, text, what it reverses, lines)", said, [on, text, "", lines])


def booking_of(bundle, kind, paper):
    """(day, text, lines) as a paper is booked: receivable against income, interest and VAT; a receipt against it."""
    contract, currency = bundle.paper("contract.json")["number"], paper["currency"]
    if kind == "allocation":
        minor = paper["minor"]
        text = WORDING["allocation" if minor > 0 else "undone"] % paper["invoice"]
        lines = [[UNALLOCATED, minor, currency, ""], [RECEIVABLE, -minor, currency, contract]]
        return paper["allocated_on"], text[:200], lines
    invoice, sign = paper, 1
    if kind == "credit_note":
        invoice, sign = bundle.row("invoices.json", "number", paper["invoice"]), -1
    interest = price_of(one for one in invoice["lines"] if bundle.kind_of(one) == "INTEREST")
    licence = price_of(invoice["lines"]) - interest
    of_licence = paper["net"] if not interest or not paper["net"] else 0
    if interest and paper["net"] and licence > 0:  # whole units in proportion, the larger rest first
        whole_units, rest = divmod(paper["net"] * licence, licence + interest)
        other = paper["net"] * interest % (licence + interest)
        of_licence = whole_units + (rest > 0 and rest >= other)
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
        where = say("annex %s", quoted(annex["kind"]))
        bundle.equal(where, "hash", annex["hash"], sha256(canonical(annex["content"])))
    listed = [canonical(annex) for annex in annexes]
    bundle.must(len(listed) == len(set(listed)), "annexes.json", "an annex stands twice")
    bundle.tell("%d annexes, each with its hash", len(annexes))


# === 15  Your own events, and the program itself ==========================================================


def compare_events(bundle, events):
    """Hold the daily sums of a bundle against events that somebody kept: voided and replaced ones do not count, the
    first of equal ids does. Other meters, and days before the first or after the last of these events, are not judged:
    those sums may come from other events."""
    contract = bundle.paper("contract.json")["number"]
    own = [event for event in events if isinstance(event, dict) and event.get("subject") == contract]
    bundle.must(
        own, say("your events"), "none of %d is about contract %s (see “subject”)", len(events), contract
    )
    sums = rolled(own_counted(bundle, own))
    listed = {(row["meter"], row["product"], row["day"]): row for row in bundle.paper("rollups.json")["rows"]}
    meters, days = {place[0] for place in sums}, sorted(place[2] for place in sums)
    judged = {place for place in listed if place[0] in meters and days[0] <= place[2] <= days[-1]}
    agreeing = 0
    for place in sorted({*sums, *judged}):
        quantity, count, digest = sums.get(place, (0, 0, None))
        row = listed.get(place, {"quantity": "0", "events": 0, "digest": None})
        if (number(row["quantity"]), row["events"], row["digest"]) == (quantity, count, digest):
            agreeing += 1
            continue
        where = say("your events of %s %s on %s", *(quoted(part) for part in place))
        bundle.must(place in listed, where, "%d are not in the bundle", count)
        if place in listed:
            said, found = (
                say("%s of %d events", *one)
                for one in ((row["quantity"], row["events"]), (plain(quantity), count))
            )
            bundle.differs(where, "", said, found)
    bundle.tell("%d of %d daily sums are your events, one by one", agreeing, len(listed))
    bundle.tell(
        "%d daily sums are of other meters or days than your events: not compared", len(listed) - len(judged)
    )


def own_counted(bundle, events):
    """(meter, product, day, source, id, quantity) of the events that count."""
    counted, gone = {}, set()
    for event in events:
        try:
            data, name = event["data"], (event["source"], event["id"])
            if "target_id" in data:
                gone.add((data.get("target_source") or event["source"], data["target_id"]))
            if "quantity" in data:
                quantity = str(data["quantity"])
                number(quantity)
                on = shanghai_day(event["time"])
                counted.setdefault(name, (data["meter"], data.get("product", ""), on, *name, quantity))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            words = "cannot be read (%s: %s)"
            bundle.must(
                False, say("your event %s", quoted(event.get("id"))), words, type(error).__name__, error
            )
    return [row for name, row in counted.items() if name not in gone]


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


def shanghai_day(time):
    """The day of a time in the contract's zone (UTC+8, all year)."""
    return moment(time).astimezone(timezone(timedelta(hours=8))).date().isoformat()


def read_events(path):
    """A JSON list of CloudEvents, or one object a line; decimals as they are written."""
    with open(path, encoding="utf-8-sig") as file:
        text = file.read()
    if text.lstrip().startswith("["):
        return json.loads(text, parse_float=str)
    return [json.loads(one, parse_float=str) for one in text.splitlines() if one.strip()]


# Parts of a report: what they are about, their checks, and what to do where something differs.
PARTS = (
    ("The file and the parties", (check_file, check_contract),
     "The file was damaged or changed, or is no bundle. Get it again from the contract's page; until then rely on none of its figures."),
    ("The terms", (check_terms,),
     "These are not the terms that were signed, or not as they were. Hold the hashes against your signed contract and its amendments."),
    ("Rating runs", (check_ids, check_runs),
     "What the bills were made from does not fit together. Ask the licensor for a new bundle, and for why this one differs."),
    ("Usage and reports", (check_usage, check_rollups),
     "Hold the days and periods named against your own reports, evidence and events, and ask which figures were rated."),
    ("Charges and their workings", (check_rating, check_charges, check_workings),
     "Do not approve or pay these charges yet. Dispute them on the contract's page and send this list to the other side."),
    ("Invoices, credit notes, receipts", (check_invoices, check_receipts),
     "Ask the issuer to correct these papers by a credit note and a new invoice; hold receipts against your bank statement."),
    ("Late-payment interest and audits", (check_interest, check_audits),
     "Do not pay what is named here yet. Hold the days of your payments against the receipts, and dispute the charge."),
    ("The book and the annexes", (check_ledger, check_annexes),
     "The issuer's book does not say what its papers say, or was written anew. Keep this file and older ones: they are evidence."),
)  # fmt: skip
CHECKS = tuple(check for _, checks, _ in PARTS for check in checks if check is not check_file)
YOURS = (
    "Your events",
    "Hold the days named against your own records; ask which events were counted, voided or replaced.",
)


def verify(content, events=()):
    """A checked Bundle: `wrong` names every difference, `seen` says what was checked, `parts` which belong together."""
    bundle = Bundle(content)
    for title, checks, advice in PARTS:
        for check in checks:
            if not bundle.unfit:
                guarded(bundle, check)
        end_part(bundle, title, advice)
        if bundle.unfit:
            bundle.must(
                False, say("the file"), "nothing was recomputed: first it must have its form (see above)"
            )
            end_part(bundle, "The bills", advice)
            return bundle
    if events:
        guarded(bundle, lambda bundle: compare_events(bundle, events))
        end_part(bundle, *YOURS)
    return bundle


def end_part(bundle, title, advice):
    """What was seen and found wrong since the part before."""
    seen, wrong = (sum(len(part[place]) for part in bundle.parts) for place in (1, 2))
    bundle.parts.append((title, bundle.seen[seen:], bundle.wrong[wrong:], advice))


def guarded(bundle, check):
    """A bundle that was tampered with may break any check: that is a finding too, and the others go on."""
    try:
        check(bundle)
    except Unratable as error:
        if quoted(error) not in bundle.wrong:
            bundle.wrong.append(quoted(error))
    except Exception as error:
        where = check.__name__.replace("_", " ")
        bundle.must(False, where, "cannot be finished: %s: %s", type(error).__name__, quoted(error))


def report(bundle):
    """The lines to print: part by part what was checked, what differs, and what to do about it."""
    for place, (title, seen, wrong, advice) in enumerate(bundle.parts, 1):
        state = say("%d differences", len(wrong)) if wrong else say("agrees")
        yield "%d  %s" % (place, under(say(title), state))
        yield from ("   " + say("checked: %s", told) for told in seen)
        yield from ("   " + say("DIFFERS: %s", told) for told in wrong)
        if wrong:
            yield "   " + say("what to do: %s", say(advice))
    count = len(bundle.wrong)
    yield say("%d differences", count) if count else say("everything agrees")


def printable(text):
    """One line that says what it says: nothing in a bundle may move the cursor or begin a line of its own."""
    return "".join(sign if sign.isprintable() else ascii(sign)[1:-1] for sign in text)


def main(arguments):
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # a terminal may not know every sign
    parser = argparse.ArgumentParser(
        prog="verify_bundle.py",
        description="Recompute every bill of a contract from its bundle, without network. 核验合同账单包：离线重算每一笔账单。",
        epilog="Exit status 退出码: 0 all agrees 全部一致 · 1 something differs 有差异 · 2 there is nothing to read 无法读取",
    )
    parser.add_argument("bundle", metavar="BUNDLE.zip", help="the bundle 核验包")
    parser.add_argument(
        "events", metavar="EVENTS.json", nargs="*", help="events that you sent 您自己留存的用量事件"
    )
    parser.add_argument(
        "--lang", choices=("en", "zh"), default="en", help="the language of the report 报告语言"
    )
    asked = parser.parse_args(arguments)
    speak(asked.lang)
    try:
        if os.path.getsize(asked.bundle) > LARGEST:
            raise ValueError(say("larger than %d bytes", LARGEST))
        with open(asked.bundle, "rb") as file:
            content = file.read()
        events = [event for path in asked.events for event in read_events(path)]
        if asked.events and not events:
            raise ValueError(say("there are no events in %s", ", ".join(asked.events)))
    except (OSError, ValueError, RecursionError) as error:
        print(printable(say("cannot be read: %s", error)))
        return 2
    bundle = verify(content, events)
    for told in report(bundle):
        print(printable(told))
    return 1 if bundle.wrong else 0


# === 16  The same words in Chinese ========================================================================

CHINESE = {
    # the report
    "%s: %s": "%s：%s",
    "checked: %s": "已核验：%s",
    "DIFFERS: %s": "不一致：%s",
    "what to do: %s": "处理建议：%s",
    "agrees": "一致",
    "everything agrees": "全部一致",
    "%d differences": "%d 处不一致",
    "the bundle says %s, computed %s": "文件载 %s，应为 %s",
    "nothing": "无",
    "is missing": "缺失",
    "cannot be read: %s": "无法读取：%s",
    "cannot be finished: %s: %s": "无法核验完毕：%s：%s",
    "larger than %d bytes": "超过 %d 字节",
    "The file and the parties": "文件与当事人",
    "The file was damaged or changed, or is no bundle. Get it again from the contract's page; until then rely on none of its figures.":
        "文件已损坏、被改动或不是核验包。请从合同页面重新下载；在此之前，请勿采信其中任何数字。",
    "The terms": "合同条款",
    "These are not the terms that were signed, or not as they were. Hold the hashes against your signed contract and its amendments.":
        "所载条款与签署的不同或已被改动。请以您签署的合同及补充协议核对散列值。",
    "Rating runs": "计费运行",
    "What the bills were made from does not fit together. Ask the licensor for a new bundle, and for why this one differs.":
        "账单的计费依据前后不符。请向许可方索取新的核验包，并要求说明差异原因。",
    "Usage and reports": "用量与使用报告",
    "Hold the days and periods named against your own reports, evidence and events, and ask which figures were rated.":
        "请将所列日期和期间与您自己的使用报告、佐证材料和用量事件核对，并询问实际计费所用的数字。",
    "Charges and their workings": "应收及其计算过程",
    "Do not approve or pay these charges yet. Dispute them on the contract's page and send this list to the other side.":
        "请暂勿确认或支付所列应收。可在合同页面提出异议，并将本清单发给对方。",
    "Invoices, credit notes, receipts": "账单、红字账单、到账",
    "Ask the issuer to correct these papers by a credit note and a new invoice; hold receipts against your bank statement.":
        "请要求开具方以红字账单冲销并重新开具；到账请与银行对账单核对。",
    "Late-payment interest and audits": "逾期利息与查账",
    "Do not pay what is named here yet. Hold the days of your payments against the receipts, and dispute the charge.":
        "请暂勿支付所列款项。请核对付款日与到账日，并对该应收提出异议。",
    "The book and the annexes": "账簿与附件",
    "The issuer's book does not say what its papers say, or was written anew. Keep this file and older ones: they are evidence.":
        "开具方账簿与其单据不符或已被重写。请保存本文件及以往的核验包作为证据。",
    "The bills": "账单",
    "Your events": "您的用量事件",
    "Hold the days named against your own records; ask which events were counted, voided or replaced.":
        "请将所列日期与您自己的记录核对，并询问哪些事件被计入、作废或替换。",
    # the file and its form
    "the file": "文件",
    "cannot be read whole (%s)": "无法完整读取（%s）",
    "nothing was recomputed: first it must have its form (see above)": "尚未重新计算任何数字：文件须先符合格式（见上）",
    "differs from what its members make when packed again": "与其成员重新打包的结果不同",
    "%d members, each with its hash": "%d 个成员，散列值逐一相符",
    "seal of the manifest: %s": "清单封印：%s",
    "so are %d more places": "另有 %d 处同样不符",
    "is no member of a bundle": "不是核验包的成员",
    "stands twice in the file": "在文件中出现两次",
    "is compressed, or said to be larger than the file": "被压缩，或声称大于文件本身",
    "is not in canonical form": "不是规范格式",
    "is no JSON of a bundle (%s)": "不是核验包的 JSON（%s）",
    "%.40s is no number of a bundle": "%.40s 不是核验包允许的数字",
    "a name stands twice in one object": "同一对象中名称重复",
    "is listed in the manifest and missing": "清单有载而文件缺失",
    "is not listed in the manifest": "清单未载",
    "format": "格式",
    "SHA-256": "SHA-256",
    "is no part of the format": "不属于该格式",
    "must be one of %s, is %.80r": "须为 %s 之一，现为 %.80r",
    "must be a list": "须为列表",
    "is empty": "为空",
    "must be an object": "须为对象",
    "must be %s, is %.80r": "须为%s，现为 %.80r",
    "text": "文字",
    "a whole number": "整数",
    "true or false": "真或假",
    "a day": "日期",
    "a moment with its zone": "带时区的时刻",
    "a SHA-256": " SHA-256",
    "an exact number": "精确数",
    "a decimal": "小数",
    "a due rule": "付款期限规则",
    "the text of an entry": "分录原文",
    # the contract and its terms
    "contract %s, the bundle of its %s": "合同 %s，%s的核验包",
    "licensor": "许可方",
    "licensee": "被许可方",
    "contract": "合同",
    "for": "持有方",
    "chain": "账链",
    "is the licensor's own, in a bundle of the licensee's": "属许可方内部文件，却出现在被许可方的核验包中",
    "is the licensor's own (%s)": "属许可方内部分录（%s）",
    "effective on": "生效日",
    "in force since": "施行日",
    "parties are not a licensor, a licensee and perhaps an agency": "当事人应为许可方、被许可方，以及可能的技术转移机构",
    "issuer": "开具方",
    "issuer, payer, contract": "开具方、付款方、合同",
    "by another verify_bundle.py than the one in this bundle: take the one that you trust":
        "所用 verify_bundle.py 与包内的不同：请以您信任的副本为准",
    "version %s": "第 %s 版",
    "hash": "散列值",
    "currency": "币种",
    "order": "次序",
    "terms in force from %s: SHA-256 %s": "自 %s 起施行的条款：SHA-256 %s",
    "%d versions of the terms, each with its hash": "%d 版条款，散列值逐一相符",
    # usage and reports
    "a period was accepted twice": "同一期间被接受两次",
    "says that everything was reported, without any report": "称全部已申报，却没有报告",
    "%s – %s was accepted without a report": "%s 至 %s 没有报告而被接受",
    "report %d": "报告 %d",
    "was accepted before the last run, which was not told of it": "在最近一次计费之前已接受，却未计入",
    "usage of %s, %s – %s": "%s 的用量，%s 至 %s",
    "usage of %s %s on %s": "%s %s 的用量，%s",
    "lies in no period of which a report was accepted": "不在任何已接受报告的期间内",
    "the report of its period says that nothing was used": "该期报告为零申报",
    "%d rows of usage, %d reports": "%d 行用量，%d 份报告",
    "states either a quantity or components": "须且只须载明数量或组成项之一",
    "%s of %s is no component of sales": "%s（%s）不是销售额的组成项",
    "a report stands twice": "同一报告出现两次",
    "ends before it begins": "止日早于起日",
    "amends what was amended before": "更正的报告此前已被更正",
    "was accepted before it was handed in": "接受早于提交",
    "period of what it amends": "所更正报告的期间",
    "is deemed, which the terms do not agree": "为推定报告，而条款未约定推定",
    "state": "状态",
    "its period has two reports that count": "同一期间有两份有效报告",
    "a sum of no events": "没有事件的合计",
    "a day stands twice, or not in its order": "某日重复或次序不对",
    "is not of one day, or stands twice": "不是一日的用量，或重复",
    "%d daily sums of %d events": "%d 个日合计，共 %d 个事件",
    "the terms agree no deemed usage": "条款未约定推定用量",
    "is deemed twice, or not metered": "重复推定，或不是计量项",
    "is deemed for no period of the contract": "推定的期间不是合同的报告期",
    # runs
    "run %d": "第 %d 次计费",
    "made no charge": "没有产生应收",
    "is not after the one before it": "不晚于前一次",
    "looked less far than the one before it": "截止日早于前一次",
    "it knew other terms than are here": "所知条款与本文件不符",
    "its terms are not here": "其条款不在本文件中",
    "its terms are not those of the contract": "其条款不是本合同的条款",
    "is no earlier run, or stands twice": "不是更早的计费，或重复",
    "what the last run was told (inputs_hash)": "最近一次计费的依据（inputs_hash）",
    "what it was told (inputs_hash)": "其计费依据（inputs_hash）",
    "what the last run was told: %s": "最近一次计费的依据：%s",
    "rated up to %s by what was known at %s; what came since is not in here":
        "计费截至 %s，依据 %s 已知的事实；此后的情况不在本文件中",
    "no rating run made a charge yet": "尚无计费产生应收",
    "%d amendments of the terms came after the last run: no charge follows them yet":
        "最近一次计费之后有 %d 次条款变更：尚无应收据此产生",
    "the contract cannot be rated from terms.json, facts.json, usage.json and earlier.json (%s: %s)":
        "无法依 terms.json、facts.json、usage.json 和 earlier.json 对合同计费（%s：%s）",
    # charges and workings
    "charge %s": "应收 %s",
    "correction %d": "第 %d 次调整",
    "waiting %s (%s)": "待计费 %s（%s）",
    "report_missing": "缺报告",
    "earlier_period": "等待前期",
    "split_needed": "须分行申报",
    "waits, but for another reason (%s)": "确须等待，但原因不同（%s）",
    "has nothing to wait for: its report is there, nothing earlier is missing": "无须等待：报告已有，前期无缺",
    "must be told once": "须载明一次",
    "%d charges wait for a report, as they must": "%d 笔应收等待报告，确须等待",
    "total": "合计",
    "paid up on": "付清日",
    "row %d": "第 %d 行",
    "a row stands twice, or not in its order": "某行重复或次序不对",
    "a charge of a later run stands before one of an earlier run": "较晚计费的应收排在较早的之前",
    "%s states a run or an invoice that it cannot have": "%s 载有不应有的计费或账单",
    "amount": "金额",
    "exact amount": "精确金额",
    "amount by then": "截至当时的金额",
    "is missing, computed %s on %s": "缺失，应为 %s（%s）",
    "%d charges and corrections recomputed, together %s": "重新计算 %d 笔应收与调整，合计 %s",
    "place among its corrections": "调整次序",
    "kind": "种类",
    "amount before and after the correction": "调整前后的金额",
    "corrects nothing": "没有调整任何金额",
    "its run came before that of what it corrects": "其计费早于被调整者的计费",
    "one run both charged it and corrected it": "同一次计费既计收又调整",
    "its run %s is not in rating.json": "其计费 %s 不在 rating.json 中",
    "version": "条款版本",
    "terms_hash": "条款散列值",
    "due": "付款期限",
    "date": "日期",
    "is dated after its run": "日期晚于其计费",
    "what it was charged by before it had to wait is not here": "等待之前的计费依据不在本文件中",
    "working": "计算过程",
    "there is nothing to work out": "没有可计算的内容",
    "%s, line %d (%s)": "%s，第 %d 行（%s）",
    "%s, less %s": "%s，扣减 %s",
    "unit": "单位",
    "lines": "各行",
    "figures": "数字",
    "parts": "组成项",
    "formula, source, rounding": "公式、依据、舍入",
    "%d lines of workings recomputed": "重新计算 %d 行计算过程",
    # invoices, credit notes, receipts
    "invoice %s": "账单 %s",
    "credit note %s": "红字账单 %s",
    "receipt %s to %s": "到账 %s（核销 %s）",
    "%s: line of %s": "%s：%s 一行",
    "a line states no charge of its own (%s)": "有一行不对应独立的应收（%s）",
    "price": "价款",
    "state of the charge": "应收状态",
    "state of the correction": "调整状态",
    "is dated after the invoice": "日期晚于账单",
    "due date": "付款日",
    "is no number of its year (%s)": "编号与年份不符（%s）",
    "is issued before the one with the number before": "开具日早于前一编号",
    "a number stands twice, or not in its order": "编号重复或次序不对",
    "no rate of VAT: %s": "不是增值税税率：%s",
    "net": "不含税金额",
    "VAT": "增值税",
    "net and VAT": "不含税金额与增值税之和",
    "asks for nothing": "没有应付金额",
    "its invoice %s is not here": "所属账单 %s 不在本文件中",
    "its invoice is not here": "所属账单不在本文件中",
    "more is given back than %s asked for": "红冲超过账单 %s 的金额",
    "is issued before its invoice": "开具早于所属账单",
    "what it states": "所载事项",
    "a line gives nothing back": "有一行没有红冲金额",
    "a line states no correction of what stands on %s": "有一行不是账单 %s 所载应收的调整",
    "is marked as invoiced, and nothing is due": "标为已开账单，但没有应付金额",
    "%s of it is marked as invoiced and stands on no invoice": "其中 %s 标为已开账单，却不在任何账单上",
    "they ask for %s more than their charges and what was given back by hand": "所列金额比应收与手工红冲多 %s",
    "%d invoices and %d credit notes added up": "核加 %d 张账单和 %d 张红字账单",
    "its payment": "所属款项",
    "what it undoes": "所撤销的核销",
    "undoes what is undone, for no reason, or adds": "重复撤销、没有理由，或反而增加",
    "takes money and undoes nothing": "减少到账而没有撤销任何核销",
    "%s received of %s": "到账 %s，应付 %s",
    "%d allocations of receipts added up, together %s": "核加 %d 笔到账核销，合计 %s",
    # interest and audits
    "interest of %s": "账单 %s 的逾期利息",
    "%s, charged for %s": "%s，计至 %s",
    "%s for %s is not charged": "%s（计至 %s）未计收",
    "%s: %s by receipts that came late; nothing of it is charged (yet)": "%s：因迟到的款项应计 %s；（尚）未计收",
    "%d sums of late-payment interest recomputed": "重新计算 %d 笔逾期利息",
    "name": "名称",
    "from": "起日",
    "terms": "条款",
    "end": "末行",
    "own": "本日部分",
    "charged": "已计收",
    "runs from before the invoice, or backwards": "起算早于账单，或起止颠倒",
    "is corrected before it was charged": "调整早于计收",
    "currency and unit": "币种与单位",
    "its lines do not follow each other (%s)": "各行次序不对（%s）",
    "the contract comes to no such line": "按合同不应有此行",
    "not at the rate of the terms, or on more than was due": "利率不是条款所定，或本金超过应付",
    "for longer than it was open": "计息期长于欠付期",
    "audit %s – %s": "查账 %s 至 %s",
    "is no audit, or one that was charged before (%s)": "不是查账，或此前已计收（%s）",
    "part, due rule, terms": "期次、付款期限、条款",
    "is dated before the end of what was audited": "日期早于被查期间的止日",
    "nothing is agreed, or it does not say what was found, reported and spent": "未约定，或未载明查得、申报和花费的金额",
    "cost": "费用",
    "the gap does not reach the share that shifts the cost": "差额未达到转由被许可方承担费用的比例",
    "%d costs of audits held against the agreed share": "按约定比例核对 %d 笔查账费用",
    # the book and the annexes
    "%s %s": "%s %s",
    "invoice": "账单",
    "credit note": "红字账单",
    "receipt": "到账核销",
    "waits to be booked, and is not here": "等待入账，却不在本文件中",
    "is not booked": "没有入账",
    "is booked, and said to wait for it": "已入账，却又载为等待入账",
    "something waits twice to be booked": "等待入账的单据重复",
    "%d ledger entries in a chain of %d, up to head %s; %d papers wait to be booked":
        "%d 条分录，账链长 %d，链首散列 %s；%d 份单据等待入账",
    "ledger entry %d": "分录 %d",
    "last entry of the chain": "账链的最后分录",
    "head of the chain": "账链首",
    "the chain begins with entry 1 and with nothing before it": "账链须自第 1 条分录起，且此前为空",
    "an entry stands twice, not in its order, or not in the chain": "分录重复、次序不对或不在账链中",
    "%s: head of the chain at entry %d": "%s：账链在第 %d 条分录处的散列",
    "there is no such entry": "没有这一分录",
    "is its own entry, or comes after it": "是其自身的分录，或在其后",
    "issuer, number, key": "开具方、序号、键",
    "does not balance": "借贷不平",
    "is about another contract": "属于另一合同",
    "books what is not here, or twice (%s)": "所记单据不在本文件中，或重复入账（%s）",
    "as booked (day, text, what it reverses, lines)": "入账内容（日期、摘要、冲销对象、各行）",
    "annex %s": "附件 %s",
    "an annex stands twice": "附件重复",
    "%d annexes, each with its hash": "%d 份附件，散列值逐一相符",
    # your own events
    "your events": "您的用量事件",
    "your event %s": "您的用量事件 %s",
    "your events of %s %s on %s": "您的用量事件：%s %s，%s",
    "none of %d is about contract %s (see “subject”)": "%d 个事件中没有属于合同 %s 的（见 subject）",
    "cannot be read (%s: %s)": "无法读取（%s：%s）",
    "%d are not in the bundle": "有 %d 个不在核验包中",
    "%s of %d events": "%s（%d 个事件）",
    "%d of %d daily sums are your events, one by one": "%d 个日合计（共 %d 个）与您的事件逐一相符",
    "%d daily sums are of other meters or days than your events: not compared":
        "%d 个日合计属于您的事件以外的计量项或日期：未核对",
    "there are no events in %s": "%s 中没有事件",
}  # fmt: skip


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
