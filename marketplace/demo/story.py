"""The told story of the demo market, by date: people, listings, deals, contracts in every state."""

import heapq
from collections.abc import Callable
from datetime import date, timedelta

from django.conf import settings
from django.core.management import call_command
from django.utils.module_loading import import_string

from marketplace.clock import at, today
from marketplace.demo.market import publish_listings, publish_needs, publish_services
from marketplace.demo.people import give_mandates, make_everybody
from marketplace.demo.plots import plots
from marketplace.demo.proposals import proposals

WEEK = timedelta(days=7)


def tell_everything(say: Callable[[str], None]) -> None:
    """Make the whole market. Everything happens in the past two years, up to today, in the order of its dates."""
    end = today()
    start = end - timedelta(days=700)
    with at(start):
        say("Programmes, pages, people …")
        call_command("set_up_site", verbosity=0)
        call_command("load_programmes", verbosity=0)
        people, _operator = make_everybody()
    say("Listings, needs, services …")
    pages = publish_listings(people, start + timedelta(days=10))
    with at(start + timedelta(days=90)):
        give_mandates(people)
    needs = publish_needs(people, start + timedelta(days=100))
    publish_services(people, start + timedelta(days=120))
    say("Deals and contracts …")
    tell([*plots(people, pages, end), *proposals(people, pages, needs, end)], end, say)
    call_command("drain_outbox", verbosity=0)


def tell(stories, end: date, say: Callable[[str], None]) -> None:
    """Advance all plots together, day by day where something happens; what falls due in between really fires."""
    queue = []
    for place, (name, plot) in enumerate(stories):
        heapq.heappush(queue, (next(plot), place, name, plot))
    last_due = queue[0][0]
    while queue and queue[0][0] <= end:
        day, place, name, plot = heapq.heappop(queue)
        while last_due + WEEK < day:
            last_due += WEEK
            live(last_due)
        if day > last_due:
            live(day)
            last_due = day
        with at(day):
            try:
                heapq.heappush(queue, (next(plot), place, name, plot))
            except StopIteration:
                say(f"  {day}  {name}")
            except Exception as error:
                error.add_note(f"in the story {name} on {day}")
                raise
    live(end)


def live(day: date) -> None:
    """Everything that falls due on a day, as the timer would run it."""
    with at(day):
        for name in settings.DAILY_TASKS:
            import_string(name)()
