from datetime import date
from decimal import Decimal

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts.ledger.queries import balance as book_balance
from contracts.ledger.verifying import verify_ledger
from contracts.payments.booking import book_money
from contracts.payments.services import confirm_receipt, record_refund, undo_allocation
from contracts.proceeds.booking import book_proceeds
from contracts.proceeds.commissions import accrue_commissions
from contracts.proceeds.models import Commission, Distribution, DistributionShare, Payout
from contracts.proceeds.payment_file import payment_file, save_payee
from contracts.proceeds.payouts import confirm_payouts
from contracts.proceeds.plans import add_cost, remove_cost, save_plan
from contracts.proceeds.queries import income_of, net_of
from contracts.proceeds.services import (
    approve_distribution,
    propose_distribution,
    return_distribution,
)
from marketplace.clock import at, today
from marketplace.notifications.models import Notification
from marketplace.organisations.roles import Role
from marketplace.programmes.models import PilotProgramme
from marketplace.refusals import Incomplete, NotPermitted, Refused, TransitionRefused
from tests.contracts.payments.world import bank_line, commission_annex, contributors, invoice
from tests.marketplace.deals.conftest import person

DAY = date(2026, 11, 23)
YUAN = 100


@pytest.fixture(autouse=True)
def _today():
    with at(DAY):
        yield


def paid(world, yuan: int, *, vat_minor=0, contract=None, part=None):
    """An invoice of so many yuan, paid (in part)."""
    bill = invoice(contract or world.contract, yuan * YUAN, vat_minor=vat_minor)
    line = bank_line(world, f"{part or yuan}.00")
    payment = confirm_receipt(line, actor=world.finance, parts=[(bill.pk, (part or yuan) * YUAN)])
    return bill, payment


def plan(world, team="0.7", staff="0.2", **facts):
    return save_plan(
        world.contract,
        actor=world.finance,
        team_share=Decimal(team),
        staff_of_retained=Decimal(staff),
        basis="校发〔2025〕1号",
        **facts,
    )


def team(world):
    return contributors(
        world.contract, ("甲", "0.5", world.inventor.user), ("乙", "0.3", None), ("丙", "0.2", None)
    )


def shares(distribution) -> list[int]:
    return [row.amount_minor for row in distribution.shares.order_by("pk")]


def test_d28_net_income_is_shared_to_the_fen(world):
    team(world)
    plan(world)
    paid(world, 100_000)
    add_cost(world.contract, actor=world.finance, on=DAY, text="专利年费", amount_minor=8_000 * YUAN)

    made = propose_distribution(world.contract, actor=world.finance)

    assert (made.receipt_minor, made.cost_minor, made.net_minor) == (10_000_000, 800_000, 9_200_000)
    assert shares(made) == [3_220_000, 1_932_000, 1_288_000, 552_000, 2_208_000]
    assert made.floor_minor == 4_600_000
    assert [row["share"] for row in made.working["floors"]] == ["0.5"]
    assert made.working["floors"][0]["source"]


def test_d27_commission_follows_the_cash(world):
    commission_annex(world.contract, split=[("王", 60), ("李", 40)])
    bill, _payment = paid(world, 100_000, part=60_000)

    assert (accrue_commissions(), accrue_commissions()) == (1, 0)
    first = Commission.objects.get()
    assert (first.amount_minor, [part["minor"] for part in first.parts]) == (300_000, [180_000, 120_000])

    confirm_receipt(bank_line(world, "40000.00"), actor=world.finance, parts=[(bill.pk, 4_000_000)])
    accrue_commissions()
    assert sum(row.amount_minor for row in Commission.objects.all()) == 500_000
    told = Notification.objects.filter(template="proceeds/commission_accrued")
    assert {row.user for row in told} == {world.broker.user}


def test_commission_goes_back_with_the_money_and_stops_at_its_cap(world):
    commission_annex(world.contract, cap_minor=400_000)
    _bill, payment = paid(world, 100_000)
    accrue_commissions()
    assert Commission.objects.get().amount_minor == 400_000

    undo_allocation(payment.allocations.get(), actor=world.finance, reason="wrong")
    accrue_commissions()
    assert [row.amount_minor for row in Commission.objects.all()] == [400_000, -400_000]


def test_bases_are_without_vat_and_parts_add_up_to_the_net(world):
    commission_annex(world.contract, rate="0.05")
    bill = invoice(world.contract, 10_000_000, vat_minor=566_038)
    for amount in ("33333.33", "33333.33", "33333.34"):
        parts = [(bill.pk, int(amount.replace(".", "")))]
        confirm_receipt(bank_line(world, amount), actor=world.finance, parts=parts)
    assert sum(net_of(row) for row in bill.allocations.all()) == 9_433_962
    accrue_commissions()
    assert sum(row.amount_minor for row in Commission.objects.all()) == 471_698


def test_a_team_below_the_floor_is_refused_with_the_source(world):
    with pytest.raises(Incomplete) as refusal:
        plan(world, team="0.49")
    assert "45" in refusal.value.missing[0]

    programme = PilotProgramme.objects.create(code="test", name_zh="试点", name_en="Pilot")
    programme.rules.create(key="TEAM_SHARE_FLOOR", value="0.7", valid_from=date(2025, 1, 1), source="S37")
    world.contract.programme = programme
    world.contract.save()
    with pytest.raises(Incomplete) as refusal:
        plan(world, team="0.6")
    assert "S37" in refusal.value.missing[0]
    assert plan(world, team="0.7").team_share == Decimal("0.7")


def test_a_floor_that_a_programme_has_not_published_is_no_floor(world):
    programme = PilotProgramme.objects.create(code="test", name_zh="试点", name_en="Pilot")
    programme.rules.create(key="TEAM_SHARE_FLOOR", value=None, valid_from=date(2025, 1, 1))
    world.contract.programme = programme
    world.contract.save()
    assert plan(world, team="0.5").team_share == Decimal("0.5")


@pytest.mark.parametrize("rows", [(), (("甲", None, None),), (("甲", "0.5", None), ("乙", "0.4", None))])
def test_unknown_or_broken_shares_of_contributors_stop_the_distribution(world, rows):
    if rows:
        contributors(world.contract, *rows)
    plan(world)
    paid(world, 100)
    with pytest.raises(Incomplete):
        propose_distribution(world.contract, actor=world.finance)
    assert not Distribution.objects.exists()


def test_proposer_and_receivers_do_not_approve(world):
    receiver = person(world.uni, Role.APPROVER)
    contributors(world.contract, ("甲", "0.5", receiver.user), ("乙", "0.5", None))
    plan(world)
    paid(world, 100)
    made = propose_distribution(world.contract, actor=world.finance)
    with pytest.raises(Refused):
        propose_distribution(world.contract, actor=world.colleague)

    both = person(world.uni, Role.FINANCE, Role.APPROVER)
    Distribution.objects.filter(pk=made.pk).update(proposed_by=both.user)
    interested = person(world.uni, Role.APPROVER)
    for somebody in (both, receiver, world.colleague, world.payer, world.operator):
        with pytest.raises(NotPermitted):
            approve_distribution(made, actor=somebody)
    approve_distribution(made, actor=interested)
    with pytest.raises(TransitionRefused):
        approve_distribution(made, actor=interested)


def test_a_returned_proposal_frees_receipts_and_costs(world):
    team(world)
    plan(world)
    paid(world, 100)
    cost = add_cost(world.contract, actor=world.finance, on=DAY, text="fee", amount_minor=1_000)
    made = propose_distribution(world.contract, actor=world.finance)
    with pytest.raises(Refused):
        remove_cost(cost, actor=world.finance)
    return_distribution(made, actor=world.approver, words="check the cost")

    remove_cost(cost, actor=world.finance)
    again = propose_distribution(world.contract, actor=world.finance)
    assert (made.net_minor, again.net_minor) == (9_000, 10_000)


def test_approval_makes_the_reward_known_and_pays_after_that(world):
    team(world)
    plan(world)
    paid(world, 100_000)
    made = approve_distribution(
        propose_distribution(world.contract, actor=world.finance), actor=world.approver
    )

    assert (made.notice_from, made.notice_until) == (DAY, date(2026, 12, 14))  # 15 working days
    payouts = Payout.objects.filter(payer=world.uni).order_by("pk")
    assert [row.amount_minor for row in payouts] == [3_500_000, 2_100_000, 1_400_000, 600_000]
    assert Notification.objects.filter(user=world.inventor.user, template="proceeds/share_approved").exists()
    assert [row.amount_minor for row in income_of(world.inventor.user)] == [3_500_000]
    assert not income_of(world.finance.user).exists()

    ids = [row.pk for row in payouts]
    with pytest.raises(Refused) as refusal:
        confirm_payouts(world.uni, actor=world.finance, ids=ids, paid_on=DAY)
    assert refusal.value.code == "early"
    with pytest.raises(NotPermitted):
        confirm_payouts(world.uni, actor=world.approver, ids=ids, paid_on=DAY, early=True)
    with at(date(2026, 12, 20)):
        confirm_payouts(world.uni, actor=world.finance, ids=ids, paid_on=date(2026, 12, 20), reference="B1")
        with pytest.raises(TransitionRefused):
            confirm_payouts(world.uni, actor=world.finance, ids=ids[:1], paid_on=date(2026, 12, 20))
        made.refresh_from_db()
        assert made.state == "PAID"
        book_money(), book_proceeds()
        assert book_proceeds() == 0
    assert book_balance(world.uni, "2211", "CNY") == 0
    assert book_balance(world.uni, "1002", "CNY") == 10_000_000 - 7_600_000
    assert verify_ledger(world.uni).findings == []


def test_a_refund_takes_shares_back_by_the_cumulative_base(world):
    team(world)
    plan(world)
    _bill, payment = paid(world, 1_000)
    approve_distribution(propose_distribution(world.contract, actor=world.finance), actor=world.approver)
    record_refund(payment, actor=world.finance, amount_minor=33_333, refunded_on=DAY, reason="error")

    back = approve_distribution(
        propose_distribution(world.contract, actor=world.finance), actor=world.approver
    )

    assert back.net_minor == -33_333
    total = [0] * 5
    for made in Distribution.objects.order_by("pk"):
        total = [a + b for a, b in zip(total, shares(made), strict=True)]
    assert total == [23_334, 14_000, 9_333, 4_000, 16_000]  # what 666.67 gives at once
    assert sum(total) == 66_667


def test_money_given_back_after_the_proposal_stops_its_approval(world):
    team(world)
    plan(world)
    _bill, payment = paid(world, 1_000)
    made = propose_distribution(world.contract, actor=world.finance)
    record_refund(payment, actor=world.finance, amount_minor=1, refunded_on=DAY, reason="error")
    with pytest.raises(Refused):
        approve_distribution(made, actor=world.approver)


def test_nothing_leaves_that_did_not_come_in(world):
    contributors(world.contract, ("甲", "1", None))
    commission_annex(world.contract)
    plan(world, team="1", staff="0")
    paid(world, 1_000)
    accrue_commissions()
    with pytest.raises(Refused):
        propose_distribution(world.contract, actor=world.finance)
    plan(world, team="1", staff="0", commission_is_cost=True)
    made = propose_distribution(world.contract, actor=world.finance)
    assert (made.cost_minor, made.net_minor) == (5_000, 95_000)


def test_a_plan_stands_once_something_was_shared_by_it(world):
    team(world)
    plan(world)
    paid(world, 100)
    propose_distribution(world.contract, actor=world.finance)
    with pytest.raises(Refused):
        plan(world, team="0.8")


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.tuples(st.integers(1, 10**6), st.integers(0, 10**5)), min_size=1, max_size=4))
def test_any_run_of_receipts_shares_what_one_receipt_would(world, facts):
    """The shares of several distributions add up to those of one over the same receipts and costs."""
    savepoint = transaction.savepoint()
    team(world)
    plan(world)
    for place, (fen, cost) in enumerate(facts):
        bill = invoice(world.contract, fen)
        line = bank_line(world, f"{fen // 100}.{fen % 100:02d}")
        confirm_receipt(line, actor=world.finance, parts=[(bill.pk, fen)])
        if cost:
            add_cost(world.contract, actor=world.finance, on=today(), text=f"{place}", amount_minor=cost)
        approve_distribution(propose_distribution(world.contract, actor=world.finance), actor=world.approver)
    rows = DistributionShare.objects.filter(distribution__contract=world.contract)
    last = Distribution.objects.order_by("-pk").first()
    assert sum(row.amount_minor for row in rows) == last.cumulative_net_minor
    parts = [
        sum(row.amount_minor for row in rows.filter(kind=kind)) for kind in ("INVENTOR", "STAFF", "UNIT")
    ]
    assert parts[0] * 10 >= last.cumulative_net_minor * 7 - 10
    assert all(part >= 0 for part in parts)
    transaction.savepoint_rollback(savepoint)


def test_the_banks_file_holds_what_is_due_and_asks_for_missing_accounts(world):
    team(world)
    plan(world)
    paid(world, 1_000)
    approve_distribution(propose_distribution(world.contract, actor=world.finance), actor=world.approver)
    rows = list(Payout.objects.order_by("pk"))
    with pytest.raises(Incomplete) as refusal:
        payment_file(world.uni, rows, "jiangcheng", actor=world.finance)
    assert len(refusal.value.missing) == 4
    for row in rows:
        save_payee(row, actor=world.finance, bank_name="=江城", number="62220000 1111")
    text = payment_file(world.uni, rows, "jiangcheng", actor=world.finance).decode("gb18030")
    assert "622200001111" in text
    assert "350.00" in text
    assert ",=江城" not in text


def test_two_people_of_one_name_have_each_an_account(world):
    same_name = ("李", "0.4", world.inventor.user), ("李", "0.3", None), ("李", "0.3", None)
    contributors(world.contract, *same_name, units=("材料学院", "材料学院", "化工学院"))
    plan(world, staff="0")
    for yuan in (1_000, 2_000):
        paid(world, yuan)
        approve_distribution(propose_distribution(world.contract, actor=world.finance), actor=world.approver)
    rows = list(Payout.objects.order_by("pk"))
    for row, number in zip(rows[:2], ("62220000 1111", "62220000 2222"), strict=True):
        save_payee(row, actor=world.finance, bank_name="江城", number=number)

    with pytest.raises(Incomplete) as refusal:
        payment_file(world.uni, rows, "jiangcheng", actor=world.finance)
    assert [("化工学院" in words) for words in refusal.value.missing] == [True]

    save_payee(rows[2], actor=world.finance, bank_name="江城", number="62220000 3333")
    text = payment_file(world.uni, rows, "jiangcheng", actor=world.finance).decode("gb18030")
    lines = text.splitlines()[1:]
    assert [line.count(tail) for line, tail in zip(lines, ("1111", "2222", "3333") * 2, strict=True)] == [
        1
    ] * 6


def test_a_commission_that_the_licensee_pays_is_between_it_and_the_agency(world):
    commission_annex(world.contract, payer=world.firm)
    team(world)
    plan(world)
    paid(world, 1_000)
    accrue_commissions()

    seen = {
        who: Commission.objects.visible_to(getattr(world, who)).count()
        for who in ("broker", "payer", "finance", "approver", "stranger", "operator")
    }
    assert seen == {"broker": 1, "payer": 1, "finance": 0, "approver": 0, "stranger": 0, "operator": 0}
    made = propose_distribution(world.contract, actor=world.finance)
    assert (made.cost_minor, made.net_minor) == (0, 100_000)
    payout = Payout.objects.get(payer=world.firm)
    with pytest.raises(Refused):
        confirm_payouts(world.uni, actor=world.finance, ids=[payout.pk], paid_on=DAY)
    confirm_payouts(world.firm, actor=world.payer, ids=[payout.pk], paid_on=DAY)
    book_money(), book_proceeds()
    assert book_balance(world.uni, "2241", "CNY") == 0
    assert book_balance(world.uni, "6601", "CNY") == 0
