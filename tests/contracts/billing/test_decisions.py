"""What people decide about charges, what is carried on, and what a trial run says."""

from datetime import date

import pytest

from contracts.billing import decisions, services
from contracts.billing.charging import charge_contract
from contracts.billing.invoicing import issue_invoices
from contracts.billing.models import ChargeState
from contracts.billing.preview import dry_run
from contracts.billing.runs import recompute
from contracts.billing.standing import Standing, taken_back
from contracts.lifecycle.services import raise_dispute
from contracts.rating.result import Key
from marketplace.clock import at
from marketplace.refusals import NotPermitted, Refused, TransitionRefused
from tests.contracts.billing.test_invoicing import APRIL, JANUARY, JUNE, MARCH, THREE, approve_all, invoiced
from tests.contracts.rating.samples import sheet
from tests.contracts.usage.world import accepted, amended, running, sales

MAY, JULY = date(2026, 5, 4), date(2026, 7, 1)


@pytest.fixture
def reported(world):
    """69,000.00 for the first quarter, accepted on 1 April."""
    world.contract = running(world, sheet(THREE), on=JANUARY)
    accepted(world, world.contract, MARCH, sales("2300000"))
    world.charge = world.contract.charges.get()
    return world


def states(contract) -> list[tuple[int, str]]:
    return list(contract.charges.order_by("sequence", "pk").values_list("amount_minor", "state"))


def test_a_waived_charge_is_never_invoiced_and_shrinks_with_a_correction(reported):
    decisions.waive_charge(reported.charge, actor=reported.finance, reason="支持小微企业")
    assert invoiced(reported, reported.contract, on=APRIL) == []
    amended(reported, reported.contract, MARCH, sales("2100000"), on=MAY)
    assert invoiced(reported, reported.contract, on=MAY) == []
    assert states(reported.contract) == [(6_900_000, "WAIVED"), (-600_000, "WAIVED")]


def test_what_a_correction_adds_to_a_waived_period_is_charged(reported):
    decisions.waive_charge(reported.charge, actor=reported.finance, reason="支持小微企业")
    amended(reported, reported.contract, MARCH, sales("2400000"), on=MAY)
    [invoice] = invoiced(reported, reported.contract, on=MAY)
    assert invoice.net_minor == 300_000
    amended(reported, reported.contract, MARCH, sales("2000000"), on=date(2026, 5, 5))
    decisions.release_charge(reported.contract.charges.get(state="HELD"), actor=reported.finance)
    assert invoiced(reported, reported.contract, on=date(2026, 5, 5)) == []
    assert states(reported.contract) == [
        (6_900_000, "WAIVED"), (300_000, "INVOICED"), (-900_000, "WAIVED"), (-300_000, "INVOICED"),
    ]  # fmt: skip
    assert invoice.credit_notes.get().net_minor == 300_000


def test_a_waiver_of_a_reduction_and_a_rise_together_never_turns_negative(reported):
    invoiced(reported, reported.contract, on=APRIL)
    amended(reported, reported.contract, MARCH, sales("2000000"), on=MAY)
    amended(reported, reported.contract, MARCH, sales("2500000"), on=date(2026, 5, 5))
    rise = reported.contract.charges.latest("sequence")
    decisions.waive_charge(rise, actor=reported.finance, reason="支持小微企业")
    amended(reported, reported.contract, MARCH, sales("2200000"), on=date(2026, 5, 6))
    assert states(reported.contract) == [
        (6_900_000, "INVOICED"), (-900_000, "WAIVED"), (1_500_000, "WAIVED"), (-600_000, "WAIVED"),
        (-300_000, "ACCRUED"),
    ]  # fmt: skip


def test_each_side_decides_its_own_part_with_a_reason(reported):
    charge = reported.charge
    for actor in (reported.officer, reported.reporter, reported.broker, reported.neighbour):
        with pytest.raises(NotPermitted):
            decisions.waive_charge(charge, actor=actor, reason="x")
    for actor in (reported.finance, reported.officer, reported.scout, reported.stranger):
        with pytest.raises(NotPermitted):
            decisions.dispute_charge(charge, actor=actor, reason="x")
    with pytest.raises(Refused):
        decisions.waive_charge(charge, actor=reported.finance, reason="  ")
    decisions.waive_charge(charge, actor=reported.finance, reason="支持小微企业")
    for again in (decisions.waive_charge, decisions.uphold_charge):
        with pytest.raises(TransitionRefused):
            again(charge, actor=reported.finance, reason="再次")
    assert list(charge.steps.values_list("step", "words")) == [("WAIVED", "支持小微企业")]


def test_a_disputed_charge_waits_with_its_corrections_until_it_is_answered(reported):
    contract, charge = reported.contract, reported.charge
    approve_all(reported, contract)
    decisions.dispute_charge(charge, actor=reported.reporter, reason="退货未扣除")
    assert issue_invoices(contract, actor=reported.finance) == []
    amended(reported, contract, MARCH, sales("2100000"), on=MAY)
    assert states(contract) == [(6_900_000, "DISPUTED"), (-600_000, "DISPUTED")]
    decisions.uphold_charge(charge, actor=reported.finance, reason="已按更正报告计算")
    [invoice] = invoiced(reported, contract, on=MAY)
    assert invoice.net_minor == 6_300_000


def test_a_refused_result_is_not_billed_and_its_correction_frees_it(world):
    contract = running(world, sheet(THREE), on=JANUARY)
    for end, yuan in ((MARCH, "1000"), (JUNE, "2000"), (date(2026, 9, 30), "200000")):
        accepted(world, contract, end, sales(yuan))
    charge = contract.charges.get(state="HELD")
    assert charge.held_reason == "far_above 10 6000"
    decisions.refuse_charge(charge, actor=world.finance, reason="多写了两个零")
    with pytest.raises(TransitionRefused):
        decisions.refuse_charge(charge, actor=world.finance, reason="再次")
    amended(world, contract, date(2026, 9, 30), sales("2000"), on=date(2026, 10, 8))
    assert set(contract.charges.values_list("state", flat=True)) == {ChargeState.ACCRUED}
    invoices = invoiced(world, contract, on=date(2026, 10, 8))
    assert sum(invoice.net_minor for invoice in invoices) == 3_000 + 6_000 + 6_000


def test_a_correction_far_above_history_waits_as_a_first_charge_does(world):
    contract = running(world, sheet(THREE), on=JANUARY)
    for end, yuan in ((MARCH, "1000"), (JUNE, "2000")):
        accepted(world, contract, end, sales(yuan))
    invoiced(world, contract, on=JULY)
    amended(world, contract, MARCH, sales("3000"), on=JULY)
    assert not contract.charges.filter(state="HELD").exists()
    amended(world, contract, MARCH, sales("200000"), on=JULY)
    held = contract.charges.get(state="HELD")
    assert (held.amount_minor, held.held_reason) == (600_000 - 9_000, "far_above 10 9000")
    amended(world, contract, MARCH, sales("3000"), on=JULY)
    assert not contract.charges.filter(state="HELD").exists()
    [invoice] = invoiced(world, contract, on=JULY)
    assert invoice.net_minor == 9_000 - 3_000  # nobody is billed the 591,000 that were taken back before
    assert not invoice.credit_notes.exists()


def test_a_run_that_takes_back_most_of_what_was_invoiced_waits_for_a_person(reported):
    invoiced(reported, reported.contract, on=APRIL)
    amended(reported, reported.contract, MARCH, sales("0.01"), on=MAY)
    held = reported.contract.charges.get(state="HELD")
    assert (held.amount_minor, held.held_reason) == (-6_900_000, "gives_back 6900000 6900000")
    decisions.release_charge(held, actor=reported.finance)
    invoiced(reported, reported.contract, on=MAY)
    assert reported.contract.invoices.get().credit_notes.get().net_minor == 6_900_000


def test_small_corrections_ride_on_the_next_invoice_and_small_credits_wait_for_company(reported):
    contract = reported.contract
    services.set_policy(actor=reported.finance, automatic=False, carry_below_minor=100_000)
    invoiced(reported, contract, on=APRIL)
    amended(reported, contract, MARCH, sales("2301000"), on=MAY)  # + 30.00
    assert invoiced(reported, contract, on=MAY) == []
    assert states(contract)[-1] == (3_000, "CARRIED")
    accepted(reported, contract, JUNE, sales("1000000"))
    [invoice] = invoiced(reported, contract, on=JULY)
    assert sorted(line.price_minor for line in invoice.lines.all()) == [3_000, 3_000_000]
    amended(reported, contract, MARCH, sales("2290000"), on=date(2026, 7, 2))  # − 330.00
    assert invoiced(reported, contract, on=date(2026, 7, 2)) == []
    assert contract.charges.get(state="CARRIED").amount_minor == -33_000
    services.set_carrying(contract, actor=reported.finance, carry_below_minor=20_000)
    with at(date(2026, 7, 3)):
        issue_invoices(contract, actor=reported.finance)
    assert (
        sum(note.net_minor for bill in contract.invoices.all() for note in bill.credit_notes.all()) == 33_000
    )


def test_what_is_carried_can_be_billed_at_once(reported):
    contract = reported.contract
    services.set_carrying(contract, actor=reported.finance, carry_below_minor=100_000)
    invoiced(reported, contract, on=APRIL)
    amended(reported, contract, MARCH, sales("2301000"), on=MAY)
    invoiced(reported, contract, on=MAY)
    with at(MAY):
        [invoice] = issue_invoices(contract, actor=reported.finance, with_carried=True)
    assert invoice.net_minor == 3_000


def test_a_run_is_computed_again_as_it_was_known_then(reported):
    contract = reported.contract
    first = contract.rating_runs.get()
    amended(reported, contract, MARCH, sales("2100000"), on=MAY)
    accepted(reported, contract, JUNE, sales("100000"))
    runs = list(contract.rating_runs.order_by("pk"))
    assert [recompute(run).rating.total.minor for run in runs] == [6_900_000, 6_300_000, 6_600_000]
    assert all(recompute(run).agrees for run in runs)
    assert runs[0] == first
    assert first.known_at < runs[1].known_at


def test_a_trial_run_says_what_the_run_then_does_and_writes_nothing(reported):
    contract = reported.contract
    accepted(reported, contract, JUNE, sales("100000"))
    before = list(contract.charges.values_list("pk", "state"))
    with at(JULY):
        found = dry_run(contract, JULY, "en")
        invoices = invoiced(reported, contract, on=JULY)
    assert list(contract.charges.values_list("pk", flat=True)) == [pk for pk, _state in before]
    assert [(bill.due_on, bill.vat.gross.minor) for bill in found.invoices] == [
        (invoice.due_on, invoice.total_minor) for invoice in invoices
    ]
    with at(JULY):
        later = dry_run(contract, date(2026, 10, 2), "en")
    assert later.waiting
    assert not later.invoices


def test_nothing_is_invoiced_in_a_dispute(reported):
    approve_all(reported, reported.contract)
    raise_dispute(reported.contract, actor=reported.signatory, reason="数字有争议")
    with pytest.raises(Refused):
        issue_invoices(reported.contract, actor=reported.finance)
    assert issue_invoices(reported.contract) == []
    assert charge_contract(reported.contract) == []


KEY = Key("royalty", 0, JANUARY, MARCH)


@pytest.mark.parametrize(
    ("rows", "minor", "split"),
    [
        ([(100, "INVOICED")], -30, (0, -30)),
        ([(100, "WAIVED")], -30, (-30, 0)),
        ([(50, "INVOICED"), (30, "WAIVED")], -60, (-30, -30)),
        ([(100, "WAIVED"), (30, "INVOICED")], -50, (-20, -30)),
        ([(100, "WAIVED"), (30, "INVOICED"), (-30, "INVOICED")], -50, (-50, 0)),
        ([(100, "INVOICED"), (30, "WAIVED"), (-10, "WAIVED"), (5, "ACCRUED")], -40, (-20, -20)),
        ([(100, "INVOICED"), (-30, "WAIVED"), (50, "WAIVED")], -30, (-20, -10)),
    ],
)
def test_a_correction_takes_back_the_newest_first(rows, minor, split):
    before = [Standing(n, KEY, n, amount, state, "") for n, (amount, state) in enumerate(rows)]
    assert taken_back(before, minor) == split
