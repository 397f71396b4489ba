"""查账权: notice, findings, answer, and what follows: the difference by rating, the cost by the terms (D25)."""

from datetime import date, timedelta

import pytest
from django.urls import reverse

from contracts.billing import tasks as billing
from contracts.billing.lines import line_text
from contracts.usage.audits import services
from contracts.usage.audits.models import AuditState, UsageAudit
from contracts.usage.services import Draft
from contracts.usage.states import ReportState
from marketplace.clock import at
from marketplace.refusals import NotPermitted, Refused, TransitionRefused
from marketplace.terms.codec import write
from tests.contracts.lifecycle.world import trying
from tests.contracts.rating.samples import fixed, royalty, sheet
from tests.contracts.usage.world import accepted, charged, report_for, sales
from tests.factories.ground import signed_in

EFFECT, Q1 = date(2026, 1, 1), date(2026, 3, 31)
NOTICE = date(2026, 5, 1)
START = NOTICE + timedelta(days=14)


@pytest.fixture
def contract(world):
    contract = trying(world, sheet(royalty(fixed("0.03"))), on=EFFECT)
    accepted(world, contract, Q1, sales(2_300_000))  # 69,000.00
    return contract


def announced(world, contract, **changed):
    told = {
        "period_start": EFFECT,
        "period_end": Q1,
        "starts_on": START,
        "auditor": "会计师",
        "scope": "账簿",
    }
    with at(NOTICE):
        return services.announce_audit(contract, actor=world.officer, **told | changed)


def sent(world, contract, yuan, cost="15000"):
    audit = announced(world, contract)
    with at(START):
        services.enter_finding(
            audit, report_for(contract, Q1), actor=world.officer, draft=Draft(rows=[sales(yuan)])
        )
        return services.send_findings(audit, actor=world.officer, words="漏报", cost_minor=int(cost) * 100)


def settle(world, audit):
    with at(START):
        services.answer_findings(audit, actor=world.signatory, agree=True)
        for _ in range(2):
            billing.charge_audits()
            billing.charge_due()


def test_a_large_gap_shifts_the_cost(world, contract):
    """D25: 69,000 reported, 80,000 found, gap 13.75 %: 11,000 and the audit's 15,000."""
    settle(world, sent(world, contract, "2666666.67"))
    assert charged(contract)[1:] == [(str(START), "15000.00"), (str(START), "11000.00")]
    cost = contract.charges.get(kind="AUDIT")
    assert line_text(cost, "en") == "Cost of the audit, 2026-01-01 – 2026-03-31"
    assert [report.state for report in contract.reports.filter(period_end=Q1).order_by("pk")] == [
        ReportState.SUPERSEDED, ReportState.ACCEPTED,
    ]  # fmt: skip


def test_a_small_gap_leaves_the_cost_with_the_licensor(world, contract):
    settle(world, sent(world, contract, "2400000"))
    assert charged(contract)[1:] == [(str(START), "3000.00")]


def test_too_much_reported_is_given_back(world, contract):
    settle(world, sent(world, contract, "2000000"))
    assert charged(contract)[1:] == [(str(START), "-9000.00")]


def test_contested_findings_change_nothing_until_agreed(world, contract):
    audit = sent(world, contract, "2666666.67")
    with at(START):
        with pytest.raises(Refused):
            services.answer_findings(audit, actor=world.signatory, agree=False, words=" ")
        audit = services.answer_findings(audit, actor=world.signatory, agree=False, words="不符")
        billing.charge_due()
        with pytest.raises(TransitionRefused):
            services.answer_findings(audit, actor=world.signatory, agree=True)
        # as reported after all: no finding is left, the audit closes
        report = report_for(contract, Q1)
        assert (
            services.enter_finding(audit, report, actor=world.officer, draft=Draft(rows=[sales(2_300_000)]))
            is None
        )
        audit = services.send_findings(audit, actor=world.officer, words="属实", cost_minor=1)
    assert audit.state == AuditState.CLOSED
    assert len(charged(contract)) == 1


def test_what_an_audit_asks_for(world, contract):
    for wrong in (
        {"starts_on": START - timedelta(days=1)},
        {"period_start": date(2026, 4, 1), "period_end": date(2026, 6, 30)},
        {"period_start": Q1, "period_end": EFFECT},
    ):
        with pytest.raises(Refused):
            announced(world, contract, **wrong)
    with pytest.raises(NotPermitted), at(NOTICE):
        services.announce_audit(contract, actor=world.signatory, period_start=EFFECT, period_end=Q1, starts_on=START,
                                auditor="x", scope="x")  # fmt: skip
    audit = announced(world, contract)
    with pytest.raises(Refused):
        announced(world, contract)
    with pytest.raises(Refused), at(NOTICE):
        services.enter_finding(
            audit, report_for(contract, Q1), actor=world.officer, draft=Draft(rows=[sales(1)])
        )
    with at(NOTICE):
        assert services.withdraw_audit(audit, actor=world.officer).state == AuditState.WITHDRAWN
    no_right = sheet(royalty(fixed("0.03")), report={"inspection": False})
    contract.versions.update(terms=write(no_right))
    with pytest.raises(Refused):
        announced(world, contract.__class__.objects.get(pk=contract.pk))


def test_pages_from_notice_to_answer(world, contract, client):
    def ask(acting, name, *arguments, data=None, on=START):
        signed_in(client, acting)
        with at(on):
            url = reverse(name, args=arguments)
            return client.get(url) if data is None else client.post(url, data)

    told = {
        "period_start": EFFECT,
        "period_end": Q1,
        "starts_on": START,
        "auditor": "会计师",
        "scope": "账簿",
    }
    assert ask(world.officer, "audit_new", contract.number, data={}, on=NOTICE).status_code == 422
    assert ask(world.officer, "audit_new", contract.number, data=told, on=NOTICE).status_code == 302
    audit, report = UsageAudit.objects.get(), report_for(contract, Q1)
    page = ask(world.officer, "audit_finding", audit.pk, report.pk)
    name = next(name for name in page.context["form"].fields if name.endswith("invoiced_incl_vat"))
    found = {name: "2666666.67"}
    assert ask(world.officer, "audit_finding", audit.pk, report.pk, data=found).status_code == 302
    assert "¥80,000.00" not in ask(world.signatory, "audit", audit.pk).content.decode()  # not sent yet
    assert ask(world.signatory, "audit_finding", audit.pk, report.pk).status_code == 404
    assert ask(world.officer, "audit_send", audit.pk, data={"words": ""}).status_code == 422
    assert (
        ask(world.officer, "audit_send", audit.pk, data={"words": "漏报", "cost_minor": "15000"}).status_code
        == 302
    )
    page = ask(world.signatory, "audit", audit.pk).content.decode()
    for figure in ("¥69,000.00", "¥80,000.00", "¥11,000.00", "¥26,000.00"):
        assert figure in page
    for outsider in (world.stranger, world.neighbour, world.broker, world.operator):
        assert ask(outsider, "audit", audit.pk).status_code == 404
        assert ask(outsider, "audits", contract.number).status_code == 404
    assert ask(world.signatory, "audit_contest", audit.pk, data={}).status_code == 422
    assert ask(world.signatory, "audit_agree", audit.pk, data={}).status_code == 302
    assert ask(world.signatory, "audit_agree", audit.pk, data={}).status_code == 409
    assert "¥26,000.00" in ask(world.officer, "audit", audit.pk).content.decode()
    assert ask(world.officer, "audits", contract.number).status_code == 200
