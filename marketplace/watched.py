"""A day that remembers what it was held against; see `clock.watching`. Pure.

Work that asks for today and decides by comparing it goes the same way on every later day on which all those answers
are still the same. So whoever did it, and found nothing to do, knows until when it need not be done again.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta


class Watch:
    """`until`: the first later day on which something could come out otherwise; `date.max` where time changes nothing."""

    def __init__(self, today: date) -> None:
        self.until = date.max
        self._today = today.toordinal()
        self.today = Day(today, self)

    def note(self, days: int) -> None:
        """An answer would be another one so many days from now."""
        then = self._today + days
        if then < _number(self.until):
            self.until = date.fromordinal(then)


class Day(date):
    """Today, or a day some days from it: a date like any other, that tells its watch about each comparison. Whatever
    else is asked of it (its year, its text, how far off another day is) may be another answer tomorrow."""

    watch: Watch

    def __new__(cls, on: date, watch: Watch) -> Day:
        plain = _plain(on)
        self = super().__new__(cls, plain.year, plain.month, plain.day)
        self.watch = watch
        return self

    def _left(self, other: object) -> int | None:
        """Days until `other`; None for what moves with today, and for what is no day."""
        if not isinstance(other, date) or isinstance(other, Day | datetime):
            return None
        return _number(other) - _number(self)

    def _crosses(self, other: object) -> None:
        """Below `other` or not: other from the day itself on."""
        left = self._left(other)
        if left is not None and left > 0:
            self.watch.note(left)

    def _passes(self, other: object) -> None:
        """Beyond `other` or not: other from the day after it on."""
        left = self._left(other)
        if left is not None and left >= 0:
            self.watch.note(left + 1)

    def _meets(self, other: object) -> None:
        left = self._left(other)
        if left is not None and left >= 0:
            self.watch.note(left or 1)

    def __lt__(self, other):
        self._crosses(other)
        return super().__lt__(other)

    def __ge__(self, other):
        self._crosses(other)
        return super().__ge__(other)

    def __le__(self, other):
        self._passes(other)
        return super().__le__(other)

    def __gt__(self, other):
        self._passes(other)
        return super().__gt__(other)

    def __eq__(self, other):
        self._meets(other)
        return super().__eq__(other)

    def __ne__(self, other):
        self._meets(other)
        return super().__ne__(other)

    def __add__(self, days):
        return self._moved(_plain(self) + days)

    __radd__ = __add__

    def __sub__(self, other):
        found = _plain(self) - (_plain(other) if isinstance(other, Day) else other)
        if isinstance(found, timedelta):
            self.watch.note(1)
            return found
        return self._moved(found)

    def __rsub__(self, other):
        self.watch.note(1)
        return other - _plain(self)

    def _moved(self, found):
        return Day(found, self.watch) if isinstance(found, date) else found


_number = date.toordinal  # of the day itself, without telling


def _plain(on: date) -> date:
    return date.fromordinal(_number(on))


def _telling(name: str):
    def tell(self, *arguments, **named):
        self.watch.note(1)
        return getattr(_plain(self), name)(*arguments, **named)

    return tell


def _telling_part(name: str) -> property:
    def tell(self):
        self.watch.note(1)
        return getattr(_plain(self), name)

    return property(tell)


for _name in (
    "__hash__", "__str__", "__format__", "__reduce__", "__reduce_ex__", "ctime", "isocalendar", "isoformat",
    "isoweekday", "replace", "strftime", "timetuple", "toordinal", "weekday",
):  # fmt: skip
    setattr(Day, _name, _telling(_name))
for _name in ("year", "month", "day"):
    setattr(Day, _name, _telling_part(_name))
