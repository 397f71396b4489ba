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
import sys
import zipfile
from calendar import monthrange
from datetime import date, datetime, timedelta, timezone
from fractions import Fraction

FORMAT = "usefirst-bundle-1"
DAY = timedelta(days=1)
WHOLE_UNITS = {"JPY", "KRW"}  # currencies without minor units; every other one here has hundredths
MONEY = ("net_sales", "gross_sales")
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


# --- days ------------------------------------------------------------------------------------------------


def day(text):
    return date.fromisoformat(text) if text else None


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
        return next((period for period in self.periods if period[0] <= on <= period[1]), None)


class Row:
    """One accepted figure."""

    def __init__(self, row):
        self.meter, self.start, self.end = row["meter"], day(row["start"]), day(row["end"])
        self.product, self.parts = row.get("product", ""), row.get("components")
        self.quantity = Fraction(row["quantity"]) if row.get("quantity") is not None else Fraction(0)

    def value(self, meter, terms):
        """What the row says about a meter, or None. Net sales: invoiced less what the terms deduct; gross: less VAT."""
        if self.parts is None:
            return self.quantity if self.meter == meter else None
        if meter not in MONEY or self.meter not in ("sales", *MONEY):
            return None
        return Fraction(self.parts.get("invoiced_incl_vat", 0)) - sum(self.less(meter, terms).values())

    def less(self, meter, terms):
        """What a meter of sales takes off this row, by name."""
        names = terms["report"]["deductions"] if meter == "net_sales" else ["vat"]
        return {name: Fraction(self.parts[name]) for name in names if self.parts.get(name)}


# --- triggers --------------------------------------------------------------------------------------------


class Trigger:
    """When an element becomes chargeable under one version: (day, "time" | "event" | "threshold", part above)."""

    def __init__(self, contract, terms):
        self.contract, self.terms = contract, terms

    def first_day(self, element, tree):
        contract, option = self.contract, element["commitment"] == "option"
        if tree is not None:
            found = self.of(tree)
        elif option:
            found = None
        elif not self.terms.get("trial"):
            found = (contract.effect, "time", None)
        else:
            found = self.of({"kind": "after", "months": 0, "days": 0, "anchor": "trial_end"})
        if option:
            converted = contract.first("conversion")
            if converted is None or converted > contract.end:
                return None
            if tree is None or (found is not None and found[0] < converted):
                return converted, "event", None
        if found is None:
            return None
        owed = element["commitment"] == "deferred_obligation" and found[1] == "time"
        return found if found[0] <= contract.end or owed else None

    def of(self, tree):
        kind = tree["kind"]
        if kind in ("any", "all"):
            parts = [self.of(part) for part in tree["of"]]
            if kind == "any":  # a date or event comes before a threshold of the same day
                known = [part for part in parts if part]
                return min(known, key=lambda part: (part[0], part[1] == "threshold")) if known else None
            if not parts or None in parts:
                return None
            return max(parts, key=lambda part: (part[0], part[1] != "threshold"))
        if kind == "date":
            return day(tree["on"]), "time", None
        if kind == "event":
            on = self.contract.first(tree["name"])
            return (on, "event", None) if on and on <= self.contract.end else None
        return self.after(tree) if kind == "after" else self.threshold(tree)

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
        return on, "event" if anchor == "conversion" and not counted else "time", None

    def threshold(self, tree):
        """Reached at ≥ on the last day of the rows that reach it."""
        contract, bound = self.contract, Fraction(tree["at_least"])
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
                return on, "threshold", (windows[key] - bound) / sums[on]
        return None


def first_day(contract, name, part=0):
    """((day, how, part above), version): an amendment takes hold on its own day, not before."""
    for place, (since, terms) in enumerate(contract.versions):
        if not contract.present(name, place):
            continue
        element, trigger = contract.element(name, place), Trigger(contract, terms)
        if not part:
            found = trigger.first_day(element, element.get("trigger"))
        elif part > len(element["parts"]):
            found = None
        else:
            found = trigger.first_day(element, element["parts"][part - 1]["trigger"])
            if found and element.get("trigger"):
                whole = trigger.first_day(element, element["trigger"])
                found = whole and (found if found[0] >= whole[0] else whole)
        if found is None:
            continue
        if place and found[0] < since:
            found = (since, "time", None)
        if place + 1 == len(contract.versions) or found[0] < contract.versions[place + 1][0]:
            return found, place
    return None


# --- royalties -------------------------------------------------------------------------------------------


class Royalty:
    """One royalty through its periods, with the lines of its working. Everything is exact here; rounding, credits and
    caps come after."""

    def __init__(self, contract, name, found):
        self.contract, self.name, (self.start, self.how, self.above) = contract, name, found
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
        versions = range(len(contract.versions))
        rates = [contract.element(name, v)["rate"] for v in versions if contract.present(name, v)]
        self.tier_years = sorted({r["year"] for r in rates if r["kind"] == "tiers" and r["span"] == "year"})

    def note(self, code, value, **figures):
        self.lines.append((code, Fraction(value), figures))

    def terms(self, version):
        return self.contract.versions[version][1]

    def is_charged(self, period):
        if self.mode == "next_period":
            return period[0] >= self.start
        return period[1] >= self.start

    def rows(self, period):
        """(row, version, share that is charged or None, share that is free) of the rows in a period."""
        whole = period[0] >= self.start or self.mode == "whole_period"
        for row in self.contract.rows:
            if not (period[0] <= row.start and row.end <= period[1]):
                continue
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
        element = self.contract.element(self.name, version)
        return (element["meter"] or "units") if element["base"] == "units" else element["base"]

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
            for _, _, base, number in self.stretches(counted):
                self.note("rows", base, rows=number)
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
            _, _, base, number = merged.get(alike, (0, 0, 0, 0))
            merged[alike] = version, row.end, base + self.worth(row, version) * share, number + 1
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
            price = Fraction(rate["rate"])
            self.note("rate", base * price * scale, base=base, rate=price)
            return base * price * scale, base
        if rate["kind"] == "yearly":
            number = year_number(rate["year"], on, self.contract.effect)
            if rate["year"] == "calendar":
                number -= self.contract.effect.year
            listed = rate["rates"]
            price = Fraction(listed[min(max(number, 0), len(listed) - 1)])
            self.note("rate_of_year", base * price * scale, base=base, year=number + 1, rate=price)
            return base * price * scale, base
        tiers = [(Fraction(t["up_to"]) if t.get("up_to") is not None else None, Fraction(t["rate"])) for t in rate["tiers"]]  # fmt: skip
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
        key, quantity = less["span"], Fraction(less["quantity"])
        if key == "year":
            number = year_number(less["year"], on, self.contract.effect)
            key = (less["year"], number)
            if less["pro_rate"] != "none":
                first, last = year_days(less["year"], number, self.contract.effect)
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
        available = self.offset + owed * Fraction(rule["offset"])
        floor = base * scale * Fraction(rule["floor"])
        used = max(min(available, exact - floor), Fraction(0))
        self.offset = available - used if rule["carry"] else Fraction(0)
        self.note(
            "stacking", exact - used, royalty=exact, available=available, floor=floor, carried=self.offset
        )
        return exact - used

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


class Rating:
    """Every charge by its key (element, part, first day, last day): (date, amount, exact); and of royalties the lines of
    the working up to the rounding."""

    def __init__(self, contract):
        self.contract = contract
        self.charges, self.lines = {}, {}
        self.credits = []  # [elements, what is left]
        self.counted = []  # (element, date, amount): what caps and minima look at
        self.parts = {}
        self.nominal = {}
        points = []
        for order, name in enumerate(self.names()):
            points += self.points(name, order)
        for *_, work in sorted(points, key=lambda point: point[:4]):
            work()

    def names(self):
        latest = [element["id"] for element in self.contract.versions[-1][1]["elements"]]
        every = []
        for _, terms in self.contract.versions:
            every += [e["id"] for e in terms["elements"] if e["id"] not in latest and e["id"] not in every]
        return every + latest

    def points(self, name, order):
        """(day, minima last, order of listing, part, what to do)."""
        contract = self.contract
        element = contract.element(name, len(contract.versions) - 1)
        if element["kind"] == "instalments":
            most = max(len(contract.element(name, place)["parts"]) for place in range(len(contract.versions)))
            for part in range(1, most + 1):
                found = first_day(contract, name, part)
                if found and found[0][0] <= contract.until:
                    yield found[0][0], 0, order, part, self.once(name, part, *found)
            return
        found = first_day(contract, name)
        if not found or found[0][0] > contract.until:
            return
        if element["kind"] == "royalty":
            royalty = Royalty(contract, name, found[0])
            for period in contract.periods:
                if period[1] <= contract.until:
                    yield period[1], 0, order, 0, self.period(royalty, period)
        elif element["kind"] in ("yearly_fee", "minimum"):
            yield from self.years(name, order, found[0][0])
        else:
            yield found[0][0], 0, order, 0, self.once(name, 0, *found)

    def once(self, name, part, found, version):
        def work():
            on, element = found[0], self.contract.element(name, version)
            exact = self.instalment(element, part) if part else element["amount"]
            amount = self.capped(name, on, exact, version)
            if element["kind"] == "entry_fee":
                self.credits.append([element["credit_against"], amount])
            self.add((name, part, on, on), on, amount, exact)

        return work

    def instalment(self, element, part):
        """Half up each; the last one brings the sum to the amount."""
        shares = [Fraction(p["share"]) if p.get("share") is not None else Fraction(1, len(element["parts"])) for p in element["parts"]]  # fmt: skip
        plan = [half_up(element["amount"] * share) for share in shares]
        charged = self.parts.setdefault(element["id"], {})
        if part == len(plan):
            others = sum(charged.get(number, plan[number - 1]) for number in range(1, part))
            plan[part - 1] = max(element["amount"] - others, 0)
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
            if not royalty.is_charged(period):
                royalty.free(list(royalty.rows(period)))
                return
            if self.paid_up(name, version):
                return
            exact = royalty.take(period, version)
            amount = half_up(exact)
            royalty.book(amount, version)
            for credit in self.credits:
                if name in credit[0]:
                    used = min(credit[1], max(amount, 0))
                    amount, credit[1] = amount - used, credit[1] - used
            amount = self.capped(name, period[1], amount, version)
            begins = period[0]
            if royalty.mode in ("split", "part_above"):
                begins = max(begins, royalty.start)
            self.lines[name, 0, begins, period[1]] = royalty.lines
            self.add((name, 0, begins, period[1]), period[1], amount, exact)

        return work

    def years(self, name, order, start):
        """One point at the end of each year from the first day on; the licence's end and an amendment break it."""
        contract = self.contract
        element = contract.element(name, contract.version_on(start))
        number, count = year_number(element["year"], start, contract.effect), 0
        while True:
            days = year_days(element["year"], number, contract.effect)
            begins, ends = max(days[0], start), min(days[1], contract.end)
            for place, (since, _) in enumerate(contract.versions):
                if begins < since <= ends and not contract.present(name, place):
                    ends = since - DAY
                    break
            gone = any(
                since > begins and since <= ends + DAY and not contract.present(name, place)
                for place, (since, _) in enumerate(contract.versions)
            )
            if begins > ends or ends > contract.until:
                return
            minimum = element["kind"] == "minimum"
            work = (self.minimum if minimum else self.fee)(name, days, (begins, ends), count, number)
            yield ends, int(minimum), order, 0, work
            if ends < days[1] or (gone and ends == days[1]):
                return
            number, count = number + 1, count + 1

    def fee(self, name, days, used, count, number):
        def work():
            contract, version = self.contract, self.contract.version_on(used[1])
            if self.paid_up(name, version):
                return
            exact, on = Fraction(0), used[0]
            while (
                on <= used[1]
            ):  # day by day, under the version then in force; the day of termination is free
                if on != contract.stopped or on != used[1]:
                    element = contract.element(name, contract.version_on(on))
                    of = 365 if element["day_count"] == "365" else (days[1] - days[0]).days + 1
                    exact += Fraction(element["amounts"][min(count, len(element["amounts"]) - 1)], of)
                on += DAY
            amount = self.capped(name, used[1], half_up(exact), version)
            self.add((name, 0, *used), used[1], amount, exact)

        return work

    def minimum(self, name, days, used, count, number):
        def work():
            contract, version = self.contract, self.contract.version_on(used[1])
            if self.paid_up(name, version):
                return
            element = contract.element(name, version)
            amounts = element["amounts"]
            nominal = amounts[min(count, len(amounts) - 1)]
            if used != days and element["pro_rate"] != "none":
                months = months_of(element["pro_rate"], element["year"], contract.effect, *used)
                nominal = half_up(Fraction(nominal * months, 12))
            self.nominal[name, count] = nominal
            if element["carry_excess"] and count:
                first, last = year_days(element["year"], year_number(element["year"], days[0], contract.effect) - 1, contract.effect)  # fmt: skip
                before = self.nominal.get((name, count - 1), amounts[min(count - 1, len(amounts) - 1)])
                nominal = max(nominal - max(self.sum_of(element["counts"], first, last) - before, 0), 0)
            short = max(nominal - self.sum_of(element["counts"], days[0], used[1]), 0)
            self.add((name, 0, *used), used[1], self.capped(name, used[1], short, version), short)

        return work

    def add(self, key, on, amount, exact):
        self.charges[key] = (on, amount, exact)
        self.counted.append((key[0], on, amount))

    def sum_of(self, names, first, last):
        return sum(amount for name, on, amount in self.counted if name in names and first <= on <= last)

    def capped(self, name, on, amount, version):
        """Yearly caps first, then caps for life; each counts what its elements were charged, whoever was in force."""
        effect = self.contract.effect
        caps = [cap for cap in self.contract.versions[version][1]["caps"] if name in cap["counts"]]
        for cap in sorted(caps, key=lambda cap: cap["span"] != "year"):
            window = (date.min, date.max)
            if cap["span"] == "year":
                window = year_days(cap["year"], year_number(cap["year"], on, effect), effect)
            left = cap["amount"] - self.sum_of(cap["counts"], *window)
            amount = min(amount, max(left, 0))
        return amount

    def paid_up(self, name, version):
        return any(
            name in cap["counts"]
            and cap["span"] != "year"
            and self.sum_of(cap["counts"], date.min, date.max) >= cap["amount"]
            for cap in self.contract.versions[version][1]["caps"]
        )


# --- what is checked -------------------------------------------------------------------------------------


class Bundle:
    """The members of a bundle, and what was found wrong with them."""

    def __init__(self, content):
        self.content, self.members, self.wrong, self.seen = content, {}, [], []
        self.rated = None

    def differs(self, where, said, found):
        self.wrong.append("%s: the bundle says %s, computed %s" % (where, said, found))

    def equal(self, where, said, found):
        if said != found:
            self.differs(where, said, found)

    def tell(self, what, *counts):
        self.seen.append(what % counts if counts else what)

    def paper(self, name):
        return json.loads(self.members[name]) if name in self.members else []

    def ratings(self):
        """(rating of what is known now, ratings of earlier runs by their number), worked out once."""
        if self.rated is None:
            versions = self.paper("terms.json")
            now = Contract(versions, self.paper("facts.json"), self.paper("usage.json"), day(self.paper("rating.json")["until"]))  # fmt: skip
            self.rated = Rating(now), rated_by_run(self, versions)
        return self.rated


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


def check_file(bundle):
    """Every byte: the container, the seal of the manifest, the hash and the canonical form of each member."""
    try:
        with zipfile.ZipFile(io.BytesIO(bundle.content)) as archive:
            for entry in archive.infolist():
                if entry.filename in bundle.members:
                    bundle.wrong.append("%s: stands twice in the file" % entry.filename)
                bundle.members[entry.filename] = archive.read(entry)
    except Exception as error:  # a damaged container fails in many ways; each is the same finding
        bundle.wrong.append("the file: cannot be read whole (%s)" % error)
        return
    members = bundle.members
    manifest = json.loads(members.get("manifest.json", b"{}"))
    if manifest.get("format") != FORMAT:
        bundle.differs("manifest.json: format", manifest.get("format"), FORMAT)
    bundle.equal("manifest.sha256", members.get("manifest.sha256", b"").decode().strip(), sha256(members.get("manifest.json", b"")))  # fmt: skip
    listed = manifest.get("files", {})
    for name in sorted(set(listed) | set(members) - {"manifest.json", "manifest.sha256"}):
        if name not in members:
            bundle.wrong.append("%s: is listed in the manifest and missing" % name)
        elif name not in listed:
            bundle.wrong.append("%s: is not listed in the manifest" % name)
        else:
            bundle.equal("%s: SHA-256" % name, listed[name], sha256(members[name]))
    for name, content in members.items():
        if name.endswith(".json") and canonical(json.loads(content)) + b"\n" != content:
            bundle.wrong.append("%s: is not in canonical form" % name)
    if packed(members) != bundle.content:
        bundle.wrong.append("the file: differs from what its members make when packed again")
    bundle.equal("manifest.json: contract", manifest.get("contract"), bundle.paper("contract.json")["number"])
    bundle.equal("manifest.json: chain", manifest.get("chain"), bundle.paper("ledger.json")["head"])
    bundle.tell("%d members, each with its hash", len(members))
    bundle.tell("seal of the manifest: %s", sha256(members.get("manifest.json", b"")))


def check_terms(bundle):
    versions = bundle.paper("terms.json")
    for number, version in enumerate(versions, 1):
        where = "terms.json: version %s" % version["version"]
        bundle.equal(where, version["version"], number)
        bundle.equal(where + ": hash", version["hash"], sha256(canonical(version["terms"])))
        bundle.equal(where + ": currency", version["terms"]["currency"], versions[0]["terms"]["currency"])
    days = [version["effective_on"] for version in versions]
    bundle.equal("terms.json: order", days, sorted(set(days)))
    bundle.tell("%d versions of the terms, each with its hash", len(versions))


def key_of(charge):
    return charge["element"], charge["part"], day(charge["start"]), day(charge["end"])


def name_of(key):
    part = "#%d" % key[1] if key[1] else ""
    return "%s%s %s – %s" % (key[0], part, key[2], key[3])


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


def check_charges(bundle):
    """Rate the contract again and hold every charge against it: amount, exact amount, day, terms, due rule."""
    versions, answer = bundle.paper("terms.json"), bundle.paper("rating.json")
    charges = [c for c in bundle.paper("charges.json") if c["kind"] in ("CHARGE", "ADJUSTMENT")]
    if not versions:
        if charges:
            bundle.wrong.append("charges.json: there are charges without terms in force")
        return
    rating, earlier = bundle.ratings()
    contract, rated = rating.contract, rating.charges
    stated = {}
    for charge in charges:
        stated.setdefault(key_of(charge), []).append(charge)
    waiting = check_waiting(bundle, contract, answer["waiting"])
    for key, rows in sorted(stated.items(), key=lambda item: (item[0][3], str(item[0]))):
        rows.sort(key=lambda charge: charge["sequence"])
        where = "charge %s" % name_of(key)
        check_steps(bundle, where, rows)
        waits = is_waiting(key, waiting)
        check_exact(bundle, where, key, rows, earlier, None if waits else rated)
        if waits:
            continue  # issued before, and a report that it needs is missing now
        on, amount, _ = rated.get(key, NOT_CHARGED)
        bundle.equal(where, sum(charge["minor"] for charge in rows), amount)
        last = rows[-1]
        if on is None:
            continue  # taken back altogether: the sum above is zero
        if last["kind"] == "CHARGE":
            bundle.equal(where + ": date", last["dated_on"], on.isoformat())
        if last["working"]:
            bundle.equal(where + ": working", last["working"]["steps"][-1]["value"], amount)
        version = contract.version_on(on)
        element = contract.element(key[0], version)
        if not contract.present(key[0], version):
            element = contract.element(key[0], contract.version_on(key[2]))
        bundle.equal(where + ": due rule", last["due"], element["due"])
    hashes = {version["version"]: version["hash"] for version in versions}
    for charge in charges:
        if charge["sequence"] == 0 or charge["working"]:
            where = "charge %s: terms" % name_of(key_of(charge))
            bundle.equal(where, charge["terms_hash"], hashes.get(charge["version"]))
        bundle.equal("charge %s: currency" % name_of(key_of(charge)), charge["currency"], versions[0]["terms"]["currency"])  # fmt: skip
    for key, (on, amount, _) in rated.items():
        if key not in stated and not is_waiting(key, waiting):
            bundle.wrong.append("charge %s: is missing, computed %s on %s" % (name_of(key), amount, on))
    total = sum(charge["minor"] for charge in charges)
    bundle.tell("%d charges and corrections recomputed, together %s", len(charges), total)


def check_exact(bundle, where, key, rows, earlier, rated):
    """Each row's exact amount, the one rounding in its working, and what its key came to by then: by what its own run knew
    where the bundle holds that, else by what is known now (None: it waits now, and its own run must be here)."""
    minor = 0
    for place, charge in enumerate(rows):
        minor += charge["minor"]
        of_run = earlier[charge["run"]].charges if charge.get("run") in earlier else rated
        if of_run is None:
            bundle.wrong.append("%s: what it was charged by before it had to wait is not here" % where)
            continue
        _, amount, exact = of_run.get(key, NOT_CHARGED)
        row = where if not charge["sequence"] else "%s: correction %d" % (where, charge["sequence"])
        if Fraction(charge["exact"]) != exact:
            bundle.differs(row + ": exact", charge["exact"], exact)
        steps = charge["working"]["steps"] if charge["working"] else []
        for step in steps:
            if step["step"] == "round":
                bundle.equal(row + ": rounded", step["value"], half_up(exact))
        if charge.get("run") in earlier and charge.get("run") not in [
            row.get("run") for row in rows[place + 1 :]
        ]:
            bundle.equal(row + ": by then", minor, amount)
            if steps:
                bundle.equal(row + ": working", steps[-1]["value"], amount)


def check_steps(bundle, where, rows):
    """Corrections state both sides, one after the other."""
    before = 0
    for charge in rows:
        if charge["kind"] == "ADJUSTMENT":
            bundle.equal(where + ": correction %d, before" % charge["sequence"], charge["before"], before)
            bundle.equal(
                where + ": correction %d, now" % charge["sequence"], charge["now"], before + charge["minor"]
            )
        before += charge["minor"]


# What a line of a working comes to by the figures that stand in it. (The lines of a royalty up to its rounding are
# written anew instead.)
LINES = {
    "last_instalment": lambda i: max(i["total"] - i["before"], 0),
    "days": lambda i: i["amount"] * i["days"] / i["of"],
    "credit": lambda i: i["before"] - i["used"],
    "yearly_cap": lambda i: max(i["cap"] - i["charged"], 0),
    "life_cap": lambda i: max(i["cap"] - i["charged"], 0),
    "pro_rated_minimum": lambda i: half_up(i["minimum"] * i["months"] / 12),
    "excess": lambda i: max(i["minimum"] - i["carried"], 0),
    "shortfall": lambda i: max(i["minimum"] - i["charged"], 0),
    "interest_months": lambda i: i["amount"] * i["rate"] * i["months"],
    "interest_days": lambda i: i["amount"] * i["rate"] * i["days"],
    "interest_parts": lambda i: i["own"] + i["others"],
    "interest_before": lambda i: i["total"] - i["before"],
    "interest_settled": lambda i: i["charged"] - i["back"],
}
# The figure of a line that the line before it came to.
FROM_MONEY = {"credit": "before", "yearly_cap": "before", "life_cap": "before", "interest_settled": "charged"}
ELSEWHERE = ("gap", "audit_cost")  # check_audits
DAYS = ("trigger", "free_rows")  # lines that state a day, no figure
NAMES = {"fee", "id", "name"}  # figures that are none


def figures(named):
    """The numbers among the figures of a line."""
    return {name: Fraction(value) for name, value in named.items() if name not in NAMES}


def check_workings(bundle):
    """Every line of every working: those of a royalty are what the contract comes to, by what their run knew; others
    follow from their own figures and from the lines before."""
    count = 0
    for charge in bundle.paper("charges.json"):
        if charge["working"]:
            count += check_working(bundle, charge)
    if count:
        bundle.tell("%d lines of workings recomputed", count)


def check_working(bundle, charge):
    where = "%s: working" % name_of(key_of(charge))
    if charge["sequence"]:
        where += " of correction %d" % charge["sequence"]
    now, earlier = bundle.ratings()
    royalty = earlier.get(charge.get("run"), now).lines.get(key_of(charge))
    steps = [step for step in charge["working"]["steps"] if step["step"] not in DAYS]
    codes, rest, money = [step["step"] for step in steps], steps, None
    if royalty is not None and "round" in codes:
        place = codes.index("round")
        check_royalty(bundle, where, steps[:place], royalty)
        rest, money = steps[place:], Fraction(charge["exact"])
    lines = Lines(bundle, where, charge, money)
    for number, step in enumerate(rest, len(steps) - len(rest) + 1):
        lines.check(number, step)
    return len(steps)


def check_royalty(bundle, where, steps, lines):
    """One for one, each figure and each sum."""
    said, computed = [step["step"] for step in steps], [code for code, _, _ in lines]
    if said != computed:
        bundle.differs(where + ": lines", said, computed)
        return
    for number, step in enumerate(steps):
        code, value, found = lines[number]
        place = "%s, line %d (%s)" % (where, number + 1, code)
        bundle.equal(place, Fraction(step["value"]), value)
        for name, figure in found.items():
            if name == "parts":
                own = {part["inputs"]["name"]: Fraction(part["value"]) for part in step.get("parts", ())}
            else:
                own = step["inputs"][name] if name in NAMES else Fraction(step["inputs"][name])
            bundle.equal("%s: %s" % (place, name), own, figure)


class Lines:
    """One working, line after line: parts add up, are rounded once, then credits and caps come off. `money`: what the
    lines before came to."""

    def __init__(self, bundle, where, charge, money):
        self.bundle, self.where, self.charge, self.money = bundle, where, charge, money
        self.lowered = None  # what the last line of a minimum came to

    def check(self, number, step):
        code = step["step"]
        self.place = "%s, line %d (%s)" % (self.where, number, code)
        own, value = figures(step["inputs"]), Fraction(step["value"])
        if code in LINES:
            self.equal(value, LINES[code](own))
        elif code not in ("agreed", "instalment", "round", *ELSEWHERE):
            self.bundle.wrong.append("%s: the contract comes to no such line" % self.place)
        if code in FROM_MONEY and self.money is not None:
            self.equal(own[FROM_MONEY[code]], self.money)
        if code == "days":
            self.money = (self.money or 0) + value
        elif code == "instalment":
            if abs(value - own["total"] * own["share"]) >= 1:
                self.bundle.differs(self.place, value, own["total"] * own["share"])
            self.money = value
        elif code == "round":
            money = self.money or Fraction(0)
            if self.charge["kind"] != "INTEREST":
                self.equal(money, Fraction(self.charge["exact"]))
            self.equal(value, half_up(money))
            self.money = value
        elif code in ("pro_rated_minimum", "excess", "shortfall"):
            if code != "pro_rated_minimum" and self.lowered is not None:
                self.equal(own["minimum"], self.lowered)
            self.lowered = self.money = value
        elif code in LINES or code == "agreed":
            self.money = value

    def equal(self, said, found):
        if said != found:
            self.bundle.differs(self.place, said, found)


def check_waiting(bundle, contract, waiting):
    """What waits must have something to wait for: a missing report, rows to split, or an earlier one that waits."""
    covered = [(day(p["start"]), day(p["end"])) for p in contract.facts["accepted"]]
    through = day(contract.facts["reported_through"])
    metered = {meter for _, terms in contract.versions for meter in terms["report"]["metered"]}
    closed = {
        meter: [(day(c["start"]), day(c["end"])) for c in contract.facts["closed"] if c["meter"] == meter]
        for meter in metered
    }
    gaps = [
        period
        for period in contract.periods
        if not is_covered(period, covered, through)
        or any(not is_covered(period, closed[m], None) for m in metered)
    ]
    across = [row for row in contract.rows if contract.period_of(row.start) != contract.period_of(row.end)]
    days = {since for since, _ in contract.versions}
    for one in waiting:
        where = "waiting %s %s – %s" % (one["element"], one["start"], one["end"])
        start, end = day(one["start"]), day(one["end"])
        if one["reason"] == "report_missing" and (start, end) not in gaps:
            bundle.wrong.append("%s: its report is there" % where)
        elif one["reason"] == "split_needed":
            cut = day(one["detail"])
            if not any(row.start < cut <= row.end for row in contract.rows):
                bundle.wrong.append("%s: no row reaches across %s" % (where, cut))
        elif one["reason"] == "earlier_period" and not (
            [gap for gap in gaps if gap[0] <= end]
            or across
            or any(row.start < cut <= row.end for row in contract.rows for cut in days)
            or any(other["reason"] == "split_needed" for other in waiting)
        ):
            bundle.wrong.append("%s: nothing earlier is missing" % where)
    if waiting:
        bundle.tell("%d charges wait for a report, as they must", len(waiting))
    return waiting


def is_covered(period, stretches, through):
    reach = max(period[0], through + DAY) if through else period[0]
    for begins, ends in sorted(stretches):
        if begins <= reach <= ends:
            reach = ends + DAY
    return reach > period[1]


def is_waiting(key, waiting):
    return any(
        (one["element"], one["part"]) == key[:2] and day(one["start"]) <= key[3] and day(one["end"]) >= key[2]
        for one in waiting
    )


def tax(price, rate, inclusive):
    """(net, VAT): contained in the price, or added to it; each rounded half up once."""
    if inclusive:
        net = half_up(Fraction(price) / (1 + rate))
        return net, price - net
    return price, half_up(price * rate)


def check_invoices(bundle):
    charges = {charge["id"]: charge for charge in bundle.paper("charges.json")}
    invoices = {invoice["number"]: invoice for invoice in bundle.paper("invoices.json")}
    billed = set()
    for number, invoice in invoices.items():
        where, price = "invoice %s" % number, 0
        for line in invoice["lines"]:
            charge = charges.get(line["charge"])
            price += line["price"]
            if charge is None or line["charge"] in billed:
                bundle.wrong.append("%s: a line states no charge of its own (%s)" % (where, line["charge"]))
                continue
            billed.add(line["charge"])
            bundle.equal("%s: line of %s" % (where, name_of(key_of(charge))), line["price"], charge["minor"])
        check_tax(bundle, where, invoice, price)
        bundle.equal(where + ": due date", day(invoice["due_on"]) >= day(invoice["issued_on"]), True)
    given = {}
    for note in bundle.paper("credit_notes.json"):
        where, invoice = "credit note %s" % note["number"], invoices.get(note["invoice"])
        if invoice is None:
            bundle.wrong.append("%s: its invoice %s is not here" % (where, note["invoice"]))
            continue
        bundle.equal(where + ": net and VAT", note["net"] + note["vat"], note["total"])
        before = given.get(note["invoice"], [0, 0, 0])
        price = sum(line["price"] for line in note["lines"])
        sums = [before[0] + price, before[1] + note["net"], before[2] + note["total"]]
        stated = sum(line["price"] for line in invoice["lines"])
        if sums[0] == stated:  # used up: the last one takes exactly the rest
            bundle.equal(where + ": the rest of its invoice", sums[1:], [invoice["net"], invoice["total"]])
        else:
            inclusive = stated == invoice["total"]
            net, vat = tax(price, Fraction(invoice["vat_rate"]), inclusive)
            bundle.equal(where + ": amounts", [note["net"], note["vat"]], [net, vat])
        if sums[0] > stated or sums[2] > invoice["total"]:
            bundle.wrong.append("%s: more is given back than %s asked for" % (where, note["invoice"]))
        for line in note["lines"]:
            if line["charge"] is not None and line["charge"] not in charges:
                bundle.wrong.append("%s: a line states no charge of this contract" % where)
        given[note["invoice"]] = sums
    for charge in charges.values():
        if charge["minor"] > 0 and charge["state"] not in ("INVOICED", "WAIVED") and charge["id"] in billed:
            bundle.wrong.append(
                "charge %s: stands on an invoice and is not marked so" % name_of(key_of(charge))
            )
    bundle.tell(
        "%d invoices and %d credit notes added up", len(invoices), len(bundle.paper("credit_notes.json"))
    )


def check_tax(bundle, where, invoice, price):
    rate = Fraction(invoice["vat_rate"])
    bundle.equal(where + ": net and VAT", invoice["net"] + invoice["vat"], invoice["total"])
    fits = [list(tax(price, rate, inclusive)) for inclusive in (False, True)]
    if [invoice["net"], invoice["vat"]] not in fits:
        bundle.differs(where + ": net and VAT of %s" % price, [invoice["net"], invoice["vat"]], fits[0])


def check_receipts(bundle):
    """Allocations: to invoices that are here, never more than their total, each undone once at most."""
    invoices = {invoice["number"]: invoice for invoice in bundle.paper("invoices.json")}
    paid, seen = {}, {}
    for one in bundle.paper("receipts.json"):
        where = "receipt %s to %s" % (one["id"], one["invoice"])
        if one["invoice"] not in invoices:
            bundle.wrong.append("%s: its invoice is not here" % where)
            continue
        seen[one["id"]] = one
        if one["undoes"] is not None:
            undone = seen.get(one["undoes"])
            bundle.equal(where + ": undoes", undone and -undone["minor"], one["minor"])
        paid[one["invoice"]] = paid.get(one["invoice"], 0) + one["minor"]
    for number, minor in paid.items():
        if not 0 <= minor <= invoices[number]["total"]:
            bundle.wrong.append("invoice %s: %s received of %s" % (number, minor, invoices[number]["total"]))
    bundle.tell("%d allocations of receipts added up", len(bundle.paper("receipts.json")))


def check_audits(bundle):
    """The cost of an audit: charged where the gap between what was found and what was reported reaches the share that
    the terms agree."""
    versions = {version["version"]: version["terms"] for version in bundle.paper("terms.json")}
    count = 0
    for charge in bundle.paper("charges.json"):
        if charge["kind"] != "AUDIT":
            continue
        count += 1
        where = "audit %s – %s" % (charge["start"], charge["end"])
        said = {step["step"]: step for step in charge["working"]["steps"]}
        gap, cost = said["gap"], said["audit_cost"]
        found, reported = gap["inputs"]["found"], gap["inputs"]["reported"]
        bundle.equal(where + ": gap", gap["value"], found - reported)
        rule = (versions.get(charge["version"]) or {}).get("audit")
        reached = (
            rule and found > reported and Fraction(found - reported, found) >= Fraction(rule["cost_shift_at"])
        )
        bundle.equal(where + ": cost", charge["minor"], cost["inputs"]["cost"] if reached else 0)
    if count:
        bundle.tell("%d costs of audits held against the agreed share", count)


def rolled(events):
    """Daily sums of events that count, from (meter, product, day, source, id, quantity): by (meter, product, day) the
    quantity, the number of events, and the digest of their lines in order of source and id."""
    groups = {}
    for meter, product, on, source, number, quantity in events:
        groups.setdefault((meter, product, on), []).append((source, number, Fraction(quantity)))
    found = {}
    for key, rows in groups.items():
        digest = hashlib.sha256()
        for source, number, quantity in sorted(rows):
            digest.update(canonical([source, number, plain_number(quantity)]) + b"\n")
        found[key] = (sum(quantity for _, _, quantity in rows), len(rows), digest.hexdigest())
    return found


def plain_number(value):
    """A decimal of at most six places without needless zeros: 12.50 is 12.5."""
    whole, rest = divmod(abs(value) * 10**6, 10**6)
    digits = ("%06d" % rest).rstrip("0")
    return ("-" if value < 0 else "") + str(int(whole)) + ("." + digits if digits else "")


def check_rollups(bundle):
    """Metered figures were rated by the daily sums, save in periods where earlier figures are deemed."""
    rollups = bundle.paper("rollups.json")
    if not rollups:
        return
    metered = {meter for v in bundle.paper("terms.json") for meter in v["terms"]["report"]["metered"]}
    sales = bool(metered & {"sales", "net_sales", "gross_sales"})
    deemed = [(one["figure"], one["start"], one["end"]) for one in rollups["deemed"]]
    for figure, start, end in deemed:
        in_force = [v["terms"] for v in bundle.paper("terms.json") if v["effective_on"] <= end]
        if not in_force or not in_force[-1]["report"].get("deemed"):
            bundle.wrong.append(
                "usage of %s, %s – %s: the terms agree no deemed usage" % (figure, start, end)
            )

    def is_open(figure, on):
        return not any(name == figure and start <= on <= end for name, start, end in deemed)

    summed, rated = {}, {}
    for row in rollups["rows"]:
        figure, _, part = row["meter"].partition(".")
        if not (figure in metered or (figure == "sales" and sales)) or not is_open(figure, row["day"]):
            continue
        of_day = summed.setdefault((figure, row["product"], row["day"]), {})
        of_day[part or ("invoiced_incl_vat" if figure == "sales" else "")] = Fraction(row["quantity"])
    for row in bundle.paper("usage.json"):
        if (row["meter"] in metered or (row["meter"] == "sales" and sales)) and is_open(
            row["meter"], row["start"]
        ):
            parts = row.get("components") or {"": row["quantity"]}
            place = (row["meter"], row["product"], row["start"])
            bundle.equal("usage of %s on %s: one day" % place[::2], row["start"], row["end"])
            rated[place] = {name: Fraction(value) for name, value in parts.items()}
    for place in sorted(set(summed) | set(rated)):
        one, other = summed.get(place, {}), rated.get(place, {})
        if {n: v for n, v in one.items() if v} != {n: v for n, v in other.items() if v}:
            bundle.differs("usage of %s %s on %s" % place, other, one)
    if rollups["rows"]:
        bundle.tell(
            "%d daily sums of %d events", len(rollups["rows"]), sum(row["events"] for row in rollups["rows"])
        )


def check_interest(bundle):
    """Interest that was charged: with each late receipt of an invoice, or month by month, after the terms in force on
    its day."""
    invoices = {invoice["number"]: invoice for invoice in bundle.paper("invoices.json")}
    charges = {charge["id"]: charge for charge in bundle.paper("charges.json")}
    sums = {}
    for charge in charges.values():
        if charge["kind"] == "INTEREST":
            key = (charge["of_invoice"], charge["end"])
            sums[key] = sums.get(key, 0) + charge["minor"]
    count = 0
    for (number, on), minor in sorted(sums.items()):
        invoice = invoices.get(number)
        if invoice is None:
            bundle.wrong.append("interest of %s: its invoice is not here" % number)
            continue
        if is_given_back(bundle, number, charges):
            continue  # what was given back since bears no interest; when it was given back decides: left to people
        count += 1
        expected = interest_of(bundle, invoice, charges).get(day(on), 0)
        bundle.equal("interest of %s, charged for %s" % (number, on), minor, expected)
    if sums:
        bundle.tell("%d sums of late-payment interest recomputed", count)


def is_given_back(bundle, number, charges):
    """Whether a credit note took anything but interest off an invoice."""
    return any(
        note["invoice"] == number
        and any(charges.get(line["charge"], {}).get("kind") != "INTEREST" for line in note["lines"])
        for note in bundle.paper("credit_notes.json")
    )


def interest_of(bundle, invoice, charges):
    """Interest by the day for which it is charged: of each receipt that came after the later of due date and invoice
    date, and, where the terms say "monthly", of the last day of each month from there on what is open."""
    in_force = [v["terms"] for v in bundle.paper("terms.json") if v["effective_on"] <= invoice["issued_on"]]
    rule = in_force[-1].get("interest") if in_force else None
    if not rule:
        return {}
    price = sum(line["price"] for line in invoice["lines"])
    bearing = sum(line["price"] for line in invoice["lines"] if charges[line["charge"]]["kind"] != "INTEREST")
    left = invoice["total"] if bearing == price else invoice["total"] * bearing // price
    since = max(day(invoice["due_on"]), day(invoice["issued_on"]))
    allocations = [one for one in bundle.paper("receipts.json") if one["invoice"] == invoice["number"]]
    undone = {one["undoes"] for one in allocations}
    received = {}
    for one in allocations:
        if one["undoes"] is None and one["id"] not in undone:
            received.setdefault(day(one["received_on"]), []).append(one["minor"])
    days, ends = sorted(received), []
    if rule.get("charged") == "monthly":
        last = max(
            (day(c["end"]) for c in charges.values() if c["of_invoice"] == invoice["number"]), default=since
        )
        while plus_months(since, len(ends) + 1) <= last:
            ends.append(plus_months(since, len(ends) + 1))
    charged, of_paid, to = {}, 0, None  # by day; rounded, of the parts that are paid; the last month's end
    for on in sorted({*days, *ends}):
        for minor in received.get(on, ()):
            part = min(minor, left)
            left -= part
            if on > since:
                of_paid += simple_interest(rule, part, since, on)
        to = on if on in ends else to
        of_open = simple_interest(rule, left, since, to) if to else 0
        more = of_paid + of_open - sum(charged.values())
        if more > 0:
            charged[on] = more
        elif (
            left == 0
        ):  # settled: parts that were each rounded come to less than the whole; the last days give it back
            for late in sorted(charged, reverse=True):
                back = min(charged[late], -more)
                charged[late] -= back
                more += back
    return charged


def simple_interest(rule, minor, since, on):
    """Rounded half up; by days, or by full months (a part month counts where the rule says so)."""
    count = (on - since).days
    if rule["kind"] == "monthly":
        count = 0
        while plus_months(since, count + 1) <= on:
            count += 1
        if rule["part_months"] and plus_months(since, count) < on:
            count += 1
    return half_up(minor * Fraction(rule["rate"]) * count)


def check_ledger(bundle):
    """The entries of this contract: their hashes, their balance, their place in the issuer's chain up to its head."""
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
    if ledger["first"] == 1:
        bundle.equal("ledger: start of the chain", ledger["previous"], "0" * 64)
    for name in (
        "invoices.json",
        "credit_notes.json",
    ):  # each paper states the chain as it stood when it was issued
        for paper in bundle.paper(name):
            sequence, stated = paper["stated"].get("ledger_sequence"), paper["stated"].get("ledger_head")
            if sequence in chain and stated:
                bundle.equal(
                    "%s: head of the chain at entry %d" % (paper["number"], sequence), stated, chain[sequence]
                )
    booked = {}
    for sequence, text in own.items():
        body, sums = json.loads(text), {}
        bundle.equal("ledger entry %d: sequence" % sequence, body["sequence"], sequence)
        for _, minor, currency, _ in body["lines"]:
            sums[currency] = sums.get(currency, 0) + minor
        if any(sums.values()):
            bundle.wrong.append("ledger entry %d: does not balance" % sequence)
        booked[body["key"]] = sum(minor for _, minor, _, _ in body["lines"] if minor > 0)
    for kind, name in (("invoice", "invoices.json"), ("credit_note", "credit_notes.json")):
        for paper in bundle.paper(name):
            key = "%s:%d" % (kind, paper["id"])
            if key in booked:
                bundle.equal("%s %s: as booked" % (kind, paper["number"]), booked[key], paper["total"])
            elif paper["id"] not in ledger["waiting"].get(kind, []):
                bundle.wrong.append("%s %s: is not booked" % (kind, paper["number"]))
    bundle.tell(
        "%d ledger entries in a chain of %d, up to head %s", len(own), len(ledger["contents"]), previous
    )


def check_annexes(bundle):
    annexes = bundle.paper("annexes.json")
    for annex in annexes:
        bundle.equal("annex %s: hash" % annex["kind"], annex["hash"], sha256(canonical(annex["content"])))
    if annexes:
        bundle.tell("%d annexes, each with its hash", len(annexes))


CHECKS = (
    check_terms,
    check_charges,
    check_workings,
    check_invoices,
    check_rollups,
    check_receipts,
    check_interest,
    check_audits,
    check_ledger,
    check_annexes,
)


def verify(content):
    """A checked Bundle: `wrong` names every difference, `seen` says what was checked."""
    bundle = Bundle(content)
    try:
        check_file(bundle)
        if bundle.members:
            for check in CHECKS:
                check(bundle)
    except Exception as error:  # a bundle that was tampered with may break any check: that is a finding too
        bundle.wrong.append("cannot be checked further: %s: %s" % (type(error).__name__, error))
    return bundle


def compare_events(bundle, events):
    """Hold the daily sums of a bundle against events that somebody kept: voided and replaced ones do not count, the
    first of equal ids does. Days without any of these events are told, not judged: the sums may come from others."""
    number, counted, gone = bundle.paper("contract.json")["number"], {}, set()
    for event in events:
        if event.get("subject") != number:
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
        told = (Fraction(row["quantity"]), row["events"], row["digest"])
        if told != (quantity, count, digest):
            bundle.differs(
                where,
                "%s of %d" % (row["quantity"], row["events"]),
                "%s of %d" % (plain_number(quantity), count),
            )
        else:
            same += 1
    bundle.tell("%d of %d daily sums are your events, one by one", same, len(listed))


def shanghai_day(time):
    """The day of a time in the contract's zone (UTC+8, all year)."""
    moment = datetime.fromisoformat(time.replace("Z", "+00:00"))
    return moment.astimezone(timezone(timedelta(hours=8))).date().isoformat()


def read_events(path):
    """A JSON list of CloudEvents, or one object a line."""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    if text.lstrip().startswith("["):
        return json.loads(text)
    return [json.loads(line) for line in text.splitlines() if line.strip()]


def main(arguments):
    if not arguments:
        print(__doc__)
        return 2
    try:
        with open(arguments[0], "rb") as file:
            content = file.read()
        events = [event for path in arguments[1:] for event in read_events(path)]
    except (OSError, ValueError) as error:
        print("cannot read the bundle: %s" % error)
        return 2
    bundle = verify(content)
    if events and bundle.members:
        try:
            compare_events(bundle, events)
        except (KeyError, TypeError, ValueError) as error:
            bundle.wrong.append("the events cannot be compared: %s: %s" % (type(error).__name__, error))
    for line in bundle.seen:
        print("checked: %s" % line)
    for line in bundle.wrong:
        print("DIFFERS: %s" % line)
    print("%d differences" % len(bundle.wrong) if bundle.wrong else "everything agrees")
    return 1 if bundle.wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
