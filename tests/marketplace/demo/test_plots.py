"""Two told contracts, by the services and the clock, with a small cast."""

from datetime import timedelta

import pytest
from django.core.management import call_command

from contracts.billing.models import Invoice
from contracts.ledger.models import Posting
from contracts.lifecycle.models import LicenceContract
from contracts.payments.queries import annotate_balances
from contracts.usage.models import UsageReport
from marketplace.clock import at, today
from marketplace.demo.acts import Cast
from marketplace.demo.market import publish_listing
from marketplace.demo.people import People, make_operator, register
from marketplace.demo.plots import on_trial, paid_up
from marketplace.demo.story import tell
from marketplace.demo.terms import terms_of
from marketplace.demo.texts import listings, texts
from marketplace.organisations.roles import Kind

pytestmark = pytest.mark.slow


@pytest.fixture
def cast(db):
    """(listing's number, licensee) → a cast whose houses are registered and whose listing is published."""
    end = today()
    book, people = texts("organisations"), People()
    with at(end - timedelta(days=600)):
        call_command("set_up_site", verbosity=0)
        call_command("load_programmes", verbosity=0)
        operator = make_operator()

    def house(slug: str) -> None:
        if slug in people.organisations:
            return
        for section in ("research", "enterprises"):
            for facts in book[section]:
                if facts["slug"] == slug:
                    kind = facts["kind"] if section == "research" else Kind.ENTERPRISE
                    people.organisations[slug] = register(facts, kind, operator)

    def made(ref: str, licensee: str) -> Cast:
        row = next(row for row in listings() if row["ref"] == ref)
        with at(end - timedelta(days=590)):
            house(row["org"])
            house(licensee)
            page = publish_listing(people, row)
        return Cast(people, page, row["org"], licensee, terms_of(row))

    return made


def test_on_trial_ends_in_a_running_trial_with_a_nil_report(cast):
    end = today()
    cast = cast("SAU-002", "demo-green-farms")
    tell([("on trial", on_trial(cast, end - timedelta(days=150)))], end, lambda line: None)
    contract = LicenceContract.objects.get()
    assert contract.state == "TRIAL"
    assert contract.trial_starts_on <= end <= contract.trial_ends_on
    assert contract.notices.get().state == "COMPLETED"
    assert contract.signatures.count() == 2
    assert UsageReport.objects.filter(contract=contract, state="ACCEPTED").count() == 1
    assert not Invoice.objects.exists()


def test_paid_up_is_billed_to_the_cap_and_paid(cast):
    end = today()
    cast = cast("EU-001", "example-castings")
    tell([("paid up", paid_up(cast, end - timedelta(days=500)))], end, lambda line: None)
    contract = LicenceContract.objects.get()
    assert (contract.state, contract.paid_up_on is not None) == ("PAID_UP", True)
    bills = annotate_balances(Invoice.objects.filter(contract=contract))
    assert [bill.open_minor for bill in bills] == [0] * len(bills)
    royalties = sum(
        line.price_minor
        for bill in bills
        for line in bill.lines.select_related("charge")
        if line.charge.kind != "INTEREST"
    )
    assert royalties == 500_000_00  # the cap for life
    assert sum(Posting.objects.values_list("amount_minor", flat=True)) == 0
