"""Runs, invoices and corrections at the same moment, on connections of their own: one result."""

from datetime import date

from contracts.billing import services
from contracts.billing.charging import charge_contract
from contracts.billing.decisions import approve_charges, dispute_charge, waive_charge
from contracts.billing.invoicing import issue_invoices
from contracts.billing.models import ChargeState
from contracts.billing.runs import recompute
from contracts.usage.services import Draft, accept_report, amend_report, submit_report
from marketplace.clock import at
from tests.clones import at_once, cloned_database
from tests.contracts.billing.life import Life
from tests.contracts.lifecycle import world as made
from tests.contracts.rating.samples import fixed, royalty, sheet
from tests.contracts.usage.world import sales

ON = date(2026, 7, 2)


def test_two_runs_an_amendment_and_invoices_at_once_are_one_result(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), cloned_database():
        world = made.world()
        services.set_policy(actor=world.finance, automatic=True)
        life = Life(world, sheet(royalty(fixed("0.03"))))
        life.pass_days((ON - life.on).days)
        contract = life.contract
        first, second = life.open_reports()
        life.accept(first, lambda meter, piece: 10_000_000)

        def amend():
            with at(ON):
                report = amend_report(life.accepted_reports()[0], actor=world.reporter)
                submit_report(report, actor=world.reporter, draft=Draft(rows=[sales("70000")]))
                return accept_report(report, actor=world.officer)

        def accept():
            with at(ON):
                submit_report(second, actor=world.reporter, draft=Draft(rows=[sales("50000")]))
                return accept_report(second, actor=world.officer)

        def run():
            with at(ON):
                return charge_contract(contract)

        def bill():
            with at(ON):
                return issue_invoices(contract)

        results = at_once(run, run, amend, run, bill, accept, run, bill)
        assert [result for result in results if isinstance(result, Exception)] == []
        for step in (run, bill, run, bill):
            step()
        sums = sorted(minor for minor in life.sums().values() if minor)
        assert sums == [150_000, 210_000]
        life.check_papers()
        assert all(recompute(run).agrees for run in contract.rating_runs.all())
        papers = contract.invoices.all()
        asked = sum(i.net_minor - sum(n.net_minor for n in i.credit_notes.all()) for i in papers)
        assert asked == 360_000


def test_waiving_disputing_and_invoicing_a_charge_at_once_does_one_of_them(
    django_db_setup, django_db_blocker
):
    with django_db_blocker.unblock(), cloned_database():
        world = made.world()
        life = Life(world, sheet(royalty(fixed("0.03"))))
        life.pass_days((ON - life.on).days)
        life.accept(life.open_reports()[0], lambda meter, piece: 10_000_000)
        with at(ON):
            [charge] = charge_contract(life.contract)
            approve_charges(life.contract, actor=world.finance, ids=[charge.pk])

        def invoice():
            with at(ON):
                return issue_invoices(life.contract, actor=world.finance)

        at_once(
            lambda: waive_charge(charge, actor=world.finance, reason="减免"),
            invoice,
            lambda: dispute_charge(charge, actor=world.reporter, reason="有异议"),
            invoice,
        )
        charge.refresh_from_db()
        invoices = list(life.contract.invoices.all())
        assert charge.state in (ChargeState.WAIVED, ChargeState.INVOICED, ChargeState.DISPUTED)
        assert len(invoices) == (charge.state == ChargeState.INVOICED)
        life.check_papers()
