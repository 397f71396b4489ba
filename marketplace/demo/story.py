"""The told story of the demo market, by date: people, listings, deals, contracts in every state."""

from collections.abc import Callable
from datetime import timedelta

from django.core.management import call_command

from marketplace.clock import at, today
from marketplace.demo.market import publish_listings, publish_needs, publish_services
from marketplace.demo.people import make_everybody


def tell_everything(say: Callable[[str], None]) -> None:
    """Make the whole market; takes a minute or two. Everything happens in the past two years, up to today."""
    end = today()
    start = end - timedelta(days=700)
    with at(start):
        say("Programmes, pages, people …")
        call_command("set_up_site", verbosity=0)
        call_command("load_programmes", verbosity=0)
        people, _operator = make_everybody()
    say("Listings, needs, services …")
    listings = publish_listings(people, start + timedelta(days=10))
    publish_needs(people, start + timedelta(days=100))
    publish_services(people, start + timedelta(days=120))
    say(f"{len(listings)} listings published")
