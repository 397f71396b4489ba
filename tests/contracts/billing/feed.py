"""The events of a contract's metered meters, sent twice, voided and replaced, and what they come to by this test's own
count."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from itertools import count

from contracts import rating
from contracts.usage.metering.closings import close_period, open_periods
from contracts.usage.metering.ingest import ingest
from contracts.usage.metering.queries import is_metered, metered_names
from tests.contracts.usage.metering.world import event, replacement, void

_ids = count(1)


class Feed:
    """What `Life` does with events. `events_sent`: meter, day and quantity of those that count, by id."""

    def __init__(self) -> None:
        self.events_sent: dict[str, tuple[str, date, int]] = {}
        self.closed: list[rating.Closed] = []

    @property
    def metered(self) -> frozenset[str]:
        return metered_names(self.versions)

    def _send(self, *events: dict) -> list[str]:
        """In one call, and all of it once more: the second time nothing counts."""
        with self.at():
            answers = ingest(events, licensee=self.world.firm)
            again = ingest(events, licensee=self.world.firm)
        for one, other in zip(answers, again, strict=True):
            assert other.status == ("duplicate" if one.status == "accepted" else one.status)
        return [answer.status for answer in answers]

    def send(self, place: int, back: int, quantity: int) -> None:
        """Use of one metered meter on a day up to `back` days ago."""
        if names := sorted(self.metered):
            name, day, number = names[place % len(names)], self._day(back), f"e-{next(_ids)}"
            sent = event(self.contract, number, str(quantity), time=_noon(day), data={"meter": name})
            if self._send(sent, sent) == ["accepted", "duplicate"]:
                self.events_sent[number] = (name, day, quantity)

    def void_event(self, place: int) -> None:
        if numbers := list(self.events_sent):
            number = numbers[place % len(numbers)]
            assert self._send(void(self.contract, number)) == ["accepted"]
            del self.events_sent[number]

    def replace_event(self, place: int, back: int, quantity: int) -> None:
        if numbers := list(self.events_sent):
            number = numbers[place % len(numbers)]
            name, day, new = self.events_sent[number][0], self._day(back), f"e-{next(_ids)}"
            sent = replacement(
                self.contract, number, str(quantity), new, time=_noon(day), data={"meter": name}
            )
            if self._send(sent) == ["accepted"]:
                del self.events_sent[number]
                self.events_sent[new] = (name, day, quantity)

    def close(self, *, most: int | None = None) -> None:
        """Confirm periods that are over as complete, oldest first."""
        with self.at():
            for period in open_periods(self.fresh())[:most]:
                close_period(
                    self.contract,
                    actor=self.world.reporter,
                    meter=period.figure,
                    start=period.start,
                    end=period.end,
                )
                self.closed.append(rating.Closed(period.figure, period.start, period.end))

    def metered_rows(self) -> list[rating.UsageRow]:
        """A row for each meter and day."""
        sums: dict[tuple[str, date], Decimal] = {}
        for name, day, quantity in self.events_sent.values():
            sums[name, day] = sums.get((name, day), Decimal(0)) + quantity
        return [rating.UsageRow(name, day, day, total) for (name, day), total in sums.items()]

    def reported_rows(self) -> list[rating.UsageRow]:
        """Of the reports, the figures that no version of the terms meters."""
        rows = [row for rows in self.accepted.values() for row in rows]
        return [row for row in rows if not is_metered(row.meter, self.metered)]

    def _day(self, back: int) -> date:
        return max(self.on - timedelta(days=back + 1), self.contract.effective_on)


def _noon(day: date) -> str:
    return f"{day.isoformat()}T12:00:00+08:00"
