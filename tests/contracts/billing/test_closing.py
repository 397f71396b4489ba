"""Days of grace and the end of a month, through the services."""

import inspect
import re
from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils.translation import gettext, override

from contracts.billing.closing import drafts, month_end
from contracts.billing.closing.models import InvoiceDraft, MonthEndItem, MonthEndRun
from contracts.billing.documents import make_missing
from contracts.billing.invoicing import issue_credit_note, issue_invoices, note_red_letter
from contracts.billing.models import Charge, Invoice, NumberSeries
from contracts.billing.reasons import REFUSALS
from contracts.billing.services import set_policy
from contracts.ledger.models import Entry
from contracts.ledger.verifying import verify_ledger
from contracts.payments.queries import annotate_balances, life_of
from marketplace.clock import at
from marketplace.organisations.acting import permit
from marketplace.organisations.models import Membership
from marketplace.refusals import NotPermitted, Refused, TransitionRefused
from tests.clones import at_once, cloned_database
from tests.contracts.payments import world as made

DAY = date(2026, 11, 23)


def charge(contract, minor=10_000, state="APPROVED", part=0, currency="CNY"):
    return Charge.objects.create(
        contract=contract, kind="CHARGE", element_id="fee", part=part, period_start=DAY, period_end=DAY,
        dated_on=DAY, amount_minor=minor, currency=currency, exact="1", version_number=1,
        terms_hash="0" * 64, due={"kind": "after_invoice"}, state=state,
    )  # fmt: skip


@pytest.fixture
def world(db):
    with at(DAY):
        yield made.world()


@pytest.fixture
def quiet(monkeypatch):
    """Rating is others' matter: these contracts have the charges that the test gives them."""
    monkeypatch.setattr(month_end, "charge_locked", nothing)


def nothing(contracts):
    return {contract.pk: [] for contract in contracts}


def test_a_draft_waits_takes_up_corrections_and_is_numbered_on_its_day(world):
    set_policy(actor=world.finance, automatic=False, grace_days=5)
    charge(world.contract)
    draft = drafts.open_draft(world.contract, actor=world.finance)
    assert (draft.finalise_on, drafts.finalise_due(), NumberSeries.objects.count()) == (
        date(2026, 11, 28),
        0,
        0,
    )
    with pytest.raises(Refused):
        drafts.open_draft(world.contract, actor=world.finance)
    charge(world.contract, 500, part=1)
    assert [row.tax.net.minor for row in drafts.preview(world.contract)] == [10_500]
    with at(date(2026, 11, 28)):
        assert (drafts.finalise_due(), drafts.finalise_due()) == (1, 0)
    bill = Invoice.objects.get()
    assert (bill.net_minor, bill.issued_on, bill.number) == (10_500, date(2026, 11, 28), "INV-2026-000001")
    draft.refresh_from_db()
    assert draft.state == "FINALISED"
    with pytest.raises(TransitionRefused):
        drafts.drop_draft(draft, actor=world.finance)


def test_a_dropped_draft_issues_nothing_and_only_finance_may_touch_it(world):
    charge(world.contract)
    for stranger in (world.payer, world.officer, world.other_finance):
        with pytest.raises(NotPermitted):
            drafts.open_draft(world.contract, actor=stranger)
    draft = drafts.open_draft(world.contract, actor=world.finance)
    drafts.drop_draft(draft, actor=world.finance)
    assert (drafts.finalise_due(), Invoice.objects.count()) == (0, 0)


def test_the_life_of_an_invoice(world):
    charge(world.contract)
    [bill] = issue_invoices(world.contract, actor=world.finance)
    assert Entry.objects.get(key=f"invoice:{bill.pk}").sequence == 1

    def life():
        return life_of(annotate_balances(Invoice.objects.select_related("document")).get(pk=bill.pk))

    assert life() == "FINALISED"
    make_missing()
    assert life() == "OPEN"
    with at(bill.due_on + timedelta(days=1)):
        assert life() == "OVERDUE"
    note = issue_credit_note(bill, actor=world.finance, price_minor=10_000, reason="作废")
    assert life() == "CREDITED"
    note_red_letter(note, actor=world.finance, reference="4201262611000001")
    note_red_letter(note, actor=world.finance, reference="4201262611000001", tax_invoice_number="26422")
    assert note.red_letters.first().tax_invoice_number == "26422"


def test_the_month_is_ended_once_and_one_bad_contract_stops_nobody(world, quiet, monkeypatch):
    contracts = [world.contract, *(made.contract(world) for _place in range(4))]
    for contract in contracts:
        charge(contract, state="ACCRUED")
    charge(contracts[2], 999, part=1, state="HELD")
    bad = contracts[1]

    def fails(contracts):
        if bad in contracts:
            raise ValueError("terms cannot be read")
        return nothing(contracts)

    monkeypatch.setattr(month_end, "charge_locked", fails)
    with pytest.raises(Refused):
        month_end.start_month_end(actor=world.finance, month=DAY)
    run = month_end.start_month_end(actor=world.finance, month=date(2026, 10, 1))
    assert month_end.start_month_end(actor=world.finance, month=date(2026, 10, 31)) == run
    month_end.work(run)
    run.refresh_from_db()
    assert run.state == "DONE"
    assert dict(month_end.progress(run)) == {"DONE": 4, "FAILED": 1}
    assert Invoice.objects.count() == 4
    failed = run.items.get(state="FAILED")
    assert (failed.contract, failed.problem) == (bad, "ValueError: terms cannot be read")
    assert run.items.get(contract=contracts[2]).held == 1
    monkeypatch.setattr(month_end, "charge_locked", nothing)
    assert month_end.try_again(run, actor=world.finance) == 1
    run.refresh_from_db()
    month_end.work(run)
    assert [bill.sequence for bill in Invoice.objects.order_by("sequence")] == [1, 2, 3, 4, 5]
    assert sum(row["total"] for row in month_end.sums(run)) == sum(
        b.total_minor for b in Invoice.objects.all()
    )
    assert verify_ledger(world.uni).findings == []


def test_nobody_ends_the_month_for_both_sides(world, quiet):
    Membership.objects.create(user=world.finance.user, organisation=world.firm, roles=["FINANCE"])
    charge(world.contract, state="ACCRUED")
    run = month_end.start_month_end(actor=world.finance, month=date(2026, 10, 1))
    month_end.work(run)
    assert (run.items.get().state, Invoice.objects.count()) == ("FAILED", 0)
    Membership.objects.filter(user=world.finance.user, organisation=world.uni).delete()
    other = month_end.start_month_end(actor=world.colleague, month=date(2026, 9, 1))
    MonthEndRun.objects.filter(pk=other.pk).update(started_by=world.finance.user)
    other.refresh_from_db()
    month_end.work(other)
    other.refresh_from_db()
    assert (other.state, other.items.get().state) == ("STOPPED", "WAITING")


def test_the_markets_run_invoices_only_who_bills_without_a_person(world, quiet):
    charge(world.contract)
    month_end.resume()
    run = MonthEndRun.objects.get(issuer=None)
    assert (run.state, run.month, Invoice.objects.count()) == ("DONE", date(2026, 10, 1), 0)
    set_policy(actor=world.finance, automatic=True, grace_days=3)
    with at(date(2026, 12, 1)):
        month_end.resume()
        month_end.resume()
    item = MonthEndItem.objects.get(run__month=date(2026, 11, 1))
    assert (item.draft, item.invoices) == (True, 0)
    assert InvoiceDraft.objects.get().finalise_on == date(2026, 12, 4)


def test_pages_show_drafts_and_progress_to_their_own(world, quiet, client):
    set_policy(actor=world.finance, automatic=False, grace_days=5)
    charge(world.contract)
    draft = drafts.open_draft(world.contract, actor=world.finance)
    run = month_end.start_month_end(actor=world.finance, month=date(2026, 10, 1))
    client.force_login(world.finance.user)
    for name, arguments, words in (
        ("invoice_drafts", [], world.contract.number),
        ("invoice_draft", [draft.pk], "¥100.00"),
        ("month_ends", [], "2026-10"),
        ("month_end", [run.pk], world.contract.number),
        ("invoices", [], ""),
    ):
        answer = client.get(reverse(name, args=arguments))
        assert (answer.status_code, words in answer.content.decode()) == (200, True), name
    assert client.get(reverse("month_end", args=[run.pk]) + "?export=csv").status_code == 200
    month_end.work(run)
    done = client.get(reverse("month_end", args=[run.pk])).content.decode()
    assert "1 / 1" in done
    assert "http-equiv" not in done
    run.items.update(state="FAILED", problem="您同时属于交易双方，此步骤须由他人办理。")
    with override("en"):
        failed = client.get(reverse("month_end", args=[run.pk])).content.decode()
    assert "1 contract failed" in failed
    for stranger in (world.payer, world.other_finance, world.operator):
        client.force_login(stranger.user)
        assert client.get(reverse("invoice_draft", args=[draft.pk])).status_code == 404
        assert client.get(reverse("month_end", args=[run.pk])).status_code == 404


@pytest.mark.parametrize("worker", ["zh-hans", "en"])
def test_why_a_contract_failed_is_told_in_the_readers_language(client, world, quiet, worker):
    """Whatever language the worker speaks."""
    charge(world.contract, state="ACCRUED")
    run = month_end.start_month_end(actor=world.finance, month=date(2026, 10, 1))
    Membership.objects.create(user=world.finance.user, organisation=world.firm, roles=["FINANCE"])
    with override(worker):
        month_end.work(run)
    client.force_login(world.finance.user)
    for reader, words in (("zh-hans", "您同时属于交易双方"), ("en", "You belong to both sides of this deal")):
        with override(reader):
            for query in ("", "?export=csv"):
                answer = client.get(reverse("month_end", args=[run.pk]) + query, HTTP_ACCEPT_LANGUAGE=reader)
                assert words in b"".join(answer).decode("utf-8-sig"), (reader, query)


def test_every_refusal_that_stops_a_month_end_can_be_told_in_another_language():
    source = inspect.getsource(permit)
    said = {str(NotPermitted())} | {gettext(text) for text in re.findall(r'_\("([^"]+)"\)', source)}
    assert said == {str(sentence) for sentence in REFUSALS}


@pytest.mark.slow
def test_two_runs_and_single_issues_at_once_give_one_result(quiet, django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), cloned_database(), at(DAY):
        world = made.world()
        contracts = [world.contract, *(made.contract(world) for _place in range(11))]
        for contract in contracts:
            charge(contract, state="ACCRUED")
        run = month_end.start_month_end(actor=world.finance, month=date(2026, 10, 1))
        month_end.BATCH, kept = 2, month_end.BATCH
        try:
            results = at_once(
                *(_in_time(month_end.work, run) for _place in range(3)),
                *(_in_time(issue_invoices, contract, actor=world.finance) for contract in contracts[:3]),
            )
        finally:
            month_end.BATCH = kept
        assert [result for result in results if isinstance(result, Exception)] == []
        month_end.work(MonthEndRun.objects.get(pk=run.pk))
        bills = Invoice.objects.order_by("sequence")
        assert [bill.sequence for bill in bills] == list(range(1, 13))
        assert len({bill.contract_id for bill in bills}) == 12
        assert MonthEndRun.objects.get(pk=run.pk).state == "DONE"
        assert verify_ledger().findings == []


def _in_time(step, *arguments, **more):
    """The clock is a matter of each thread."""

    def run():
        with at(DAY):
            return step(*arguments, **more)

    return run
