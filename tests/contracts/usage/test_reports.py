from datetime import date, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from contracts.lifecycle.services import decide
from contracts.usage import services
from contracts.usage.models import UsageReport
from contracts.usage.services import Draft, RowInput
from contracts.usage.states import ReportState
from marketplace.clock import at
from marketplace.refusals import Incomplete, NotPermitted, Refused, TransitionRefused
from tests.contracts.lifecycle.world import fresh
from tests.contracts.rating.samples import after, any_of, event, fen, fixed, lump, royalty, sheet
from tests.contracts.usage.world import (
    accepted,
    amended,
    charged,
    figure,
    pass_day,
    report_for,
    running,
    sales,
    submitted,
)

JANUARY, MARCH, JUNE = date(2026, 1, 1), date(2026, 3, 31), date(2026, 6, 30)
APRIL = date(2026, 4, 1)


@pytest.fixture
def contract(world):
    return running(world, sheet(royalty(fixed("0.03"))), on=JANUARY)


def test_a_report_opens_on_the_day_after_its_period_and_is_due_30_days_after_it(world, contract):
    pass_day(MARCH)
    report = contract.reports.get()
    assert (report.state, report.due_on) == (ReportState.SCHEDULED, date(2026, 4, 30))
    with at(MARCH), pytest.raises(TransitionRefused):
        services.submit_report(report, actor=world.reporter, draft=Draft(is_nil=True))
    pass_day(APRIL)
    pass_day(APRIL)
    states = [(r.period_end, r.state) for r in contract.reports.order_by("period_end")]
    assert states == [(MARCH, ReportState.OPEN), (JUNE, ReportState.SCHEDULED)]


@pytest.mark.parametrize(
    ("rows", "facts"),
    [
        ([], {}),
        ([sales("1")], {"is_nil": True}),
        ([figure("units", "3")], {}),
        ([sales("-1")], {}),
        ([RowInput("sales", components={"invoiced_incl_vat": 100, "vat": 101})], {}),
        ([RowInput("sales", components={"invoiced_incl_vat": 100, "lunch": 1})], {}),
        ([sales("1", period_end=date(2026, 4, 1))], {}),
        ([sales("1")], {"first_income_on": date(2025, 12, 31)}),
        ([sales("1")], {"first_income_on": date(2026, 4, 2)}),
    ],
)
def test_figures_that_the_terms_cannot_take_are_refused_and_nothing_is_saved(world, contract, rows, facts):
    pass_day(APRIL)
    report = report_for(contract, MARCH)
    with at(APRIL), pytest.raises(Incomplete) as refusal:
        services.submit_report(report, actor=world.reporter, draft=Draft(rows=rows, **facts))
    assert len(refusal.value.missing) >= 1
    report.refresh_from_db()
    assert (report.state, report.rows.count()) == (ReportState.OPEN, 0)


def test_a_query_is_answered_and_gives_days_to_answer(world, contract):
    report = submitted(world, contract, MARCH, sales("100"))
    late = date(2026, 6, 20)
    with at(late):
        with pytest.raises(Refused):
            services.query_report(report, actor=world.officer, query=" ")
        services.query_report(report, actor=world.officer, query="出口部分在哪里？")
    pass_day(late + timedelta(days=10))
    report.refresh_from_db()
    assert (report.state, report.due_on, report.reminded) == (ReportState.QUERIED, date(2026, 6, 30), 0)
    assert contract.breaches.count() == 0
    with at(late):
        services.submit_report(report, actor=world.reporter, draft=Draft(rows=[sales("150")]))
        services.accept_report(report, actor=world.officer)
        with pytest.raises(TransitionRefused):
            services.accept_report(report, actor=world.officer)
    assert report.rows.get().components == {"invoiced_incl_vat": fen(150)}


def test_an_amendment_counts_once_accepted_and_may_be_dropped_before(world, contract):
    accepted(world, contract, MARCH, sales("100"))
    report = report_for(contract, MARCH)
    with at(date(2026, 4, 10)):
        draft = services.amend_report(report, actor=world.reporter)
        with pytest.raises(Refused):
            services.amend_report(report, actor=world.reporter)
    pass_day(date(2026, 6, 30))  # an amendment is not a missing report
    assert contract.breaches.count() == 0
    services.discard_amendment(draft, actor=world.reporter)
    amended(world, contract, MARCH, sales("200"), on=date(2026, 7, 1))
    assert list(contract.reports.filter(period_end=MARCH).order_by("pk").values_list("state", flat=True)) == [
        ReportState.SUPERSEDED, ReportState.ACCEPTED,
    ]  # fmt: skip
    assert charged(contract) == [("2026-03-31", "3.00"), ("2026-07-01", "3.00")]
    with pytest.raises(TransitionRefused):
        services.discard_amendment(report_for(contract, MARCH), actor=world.reporter)


def test_a_period_in_which_charging_begins_asks_for_two_rows(world):
    agreed = sheet(royalty(fixed("0.03"), trigger=any_of(after(12), event("first_income"))))
    contract = running(world, agreed, on=JANUARY)
    accepted(world, contract, MARCH, sales("1000"), first_income_on=date(2026, 2, 1))
    assert charged(contract) == []  # the rows have to be split first: the charge waits
    amended(
        world, contract, MARCH,
        sales("400", period_end=date(2026, 1, 31)), sales("600", period_start=date(2026, 2, 1)),
        on=date(2026, 4, 20),
    )  # fmt: skip
    assert charged(contract) == [("2026-03-31", "18.00")]


def test_reports_of_an_ended_licence_stop_at_its_end(world):
    trial = {
        "months": 3, "starts": "effect", "extensions": 0, "decision_days": 30, "on_silence": "decline",
    }  # fmt: skip
    contract = running(world, sheet(lump("1000", commitment="option"), trial=trial), on=JANUARY)
    pass_day(date(2026, 2, 1))
    with at(date(2026, 3, 10)):
        decide(contract, actor=world.signatory, choice="DECLINE")
    pass_day(date(2026, 3, 11))
    ended = fresh(contract).licence_ended_on
    ends = [r.period_end for r in contract.reports.exclude(state=ReportState.WITHDRAWN)]
    assert ends
    assert max(ends) <= max(ended, contract.trial_ends_on)


def test_evidence_is_kept_with_its_hash_until_the_report_is_accepted(world, contract):
    report = submitted(world, contract, MARCH, sales("100"))
    paper = SimpleUploadedFile("账.csv", b"a,b\n1,2\n")
    [evidence] = services.add_evidence(report, actor=world.reporter, files=[paper])
    assert len(evidence.sha256) == 64
    services.accept_report(report, actor=world.officer)
    with pytest.raises(TransitionRefused):
        services.add_evidence(report, actor=world.reporter, files=[paper])


def test_each_side_does_its_own_part_only(world, contract):
    report = submitted(world, contract, MARCH, sales("100"))
    for actor in (world.reporter, world.finance, world.broker, world.neighbour, world.operator):
        with pytest.raises(NotPermitted):
            services.accept_report(report, actor=actor)
    services.accept_report(report, actor=world.officer)
    for actor in (world.officer, world.scout, world.stranger):
        with pytest.raises(NotPermitted):
            services.amend_report(report, actor=actor)


def test_figures_are_for_the_parties_and_for_the_broker_with_consent(world):
    agreed = sheet(royalty(fixed("0.03")))
    contract = running(world, agreed, on=date(2026, 2, 1), three_party=True)
    submitted(world, contract, MARCH, sales("100"))

    def seen_by():
        people = ("officer", "reporter", "broker", "stranger", "neighbour", "operator")
        return {who for who in people if UsageReport.objects.visible_to(getattr(world, who)).exists()}

    assert seen_by() == {"officer", "reporter"}
    with pytest.raises(NotPermitted):
        services.set_broker_access(contract, actor=world.broker, granted=True)
    services.set_broker_access(contract, actor=world.reporter, granted=True)
    assert seen_by() == {"officer", "reporter", "broker"}
    services.set_broker_access(contract, actor=world.reporter, granted=False)
    assert seen_by() == {"officer", "reporter"}
