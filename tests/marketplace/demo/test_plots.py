"""Two told contracts, by the services and the clock, with a small cast."""

from datetime import timedelta

import pytest
from django.core.management import call_command

from contracts.billing.models import CreditNote, Invoice
from contracts.billing.sofar import so_far
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
from marketplace.demo.usage_plots import audited, metered
from marketplace.organisations.models import ApiKey
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

    def made(ref: str, licensee: str, **changes: str) -> Cast:
        row = next(row for row in listings() if row["ref"] == ref)
        with at(end - timedelta(days=590)):
            house(row["org"])
            house(licensee)
            page = publish_listing(people, row)
        return Cast(people, page, row["org"], licensee, terms_of(row, **changes))

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


def test_a_metered_contract_shows_what_usage_billing_can_meet(cast):
    """Events by a program, a corrected month, another price, a waiver, a dispute, and a running month."""
    end = today()
    changes = {"trial_months": "3", "trigger_months": "3", "report_every": "month"}
    played = cast("RUT-005", "demo-water-treatment", **changes)
    tell([("metered", metered(played, end - timedelta(days=390)))], end, lambda line: None)
    contract = LicenceContract.objects.get()
    charges = contract.charges.filter(kind="CHARGE", amount_minor__gt=0)
    assert {"INVOICED", "WAIVED", "DISPUTED"} <= set(charges.values_list("state", flat=True))
    assert len(charges) >= 6
    correction = contract.charges.get(kind="ADJUSTMENT", amount_minor__lt=0)
    assert correction.working
    assert CreditNote.objects.filter(lines__charge=correction).exists()
    assert [version.number for version in contract.versions.order_by("number")] == [1, 2]
    assert set(charges.values_list("version_number", flat=True)) == {1, 2}
    with at(end):
        running = so_far(contract, "en")
    assert running.total.minor > 0
    assert not contract.breaches.exists()
    assert ApiKey.objects.get().last_used_at  # the program showed its key


def test_an_audit_ends_in_a_true_up_with_its_cost(cast):
    end = today()
    played = cast("SAU-007", "sample-food-ingredients", trial_months="6", trigger_months="6")
    tell([("audited", audited(played, end - timedelta(days=410)))], end, lambda line: None)
    contract = LicenceContract.objects.get()
    assert contract.audits.get().state == "AGREED"
    cost = contract.charges.get(kind="AUDIT")
    assert (cost.amount_minor, cost.state) == (1_500_000, "INVOICED")
    assert contract.charges.filter(kind="ADJUSTMENT", state="INVOICED", amount_minor__gt=0).exists()
