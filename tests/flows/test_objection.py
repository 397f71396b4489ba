from datetime import date

import pytest

from contracts.lifecycle.states import State
from tests.flows import steps

pytestmark = [pytest.mark.flow, pytest.mark.django_db]


def test_upheld_objection_changes_the_terms_and_needs_a_new_notice(people, calendar):
    code = steps.publish_listing(people)
    number = steps.to_notice(people, code, "preset:option", elements__0__amount="60,000")
    first = steps.notice_of(people, number)
    assert "¥60,000.00" in people.visitor.open("notice", first).text
    calendar.go_to(date(2026, 1, 9))
    receipt = steps.object_to(people, first, "价格明显低于同类许可")

    # The objection stops the notice: its days pass, and nothing can be signed.
    calendar.go_to(date(2026, 1, 22))
    assert steps.state_of(people.officer, number) == State.OBJECTION
    assert people.uni_signatory.try_to_open("contract_sign", number).status == 409
    for outsider in (people.scout, people.stranger):
        assert "objector@example.com" not in outsider.try_to_open("contract", number).html

    steps.decide_objection(people, number, upheld=True, reason="异议成立，重新议价")
    assert steps.state_of(people.officer, number) == State.DRAFT
    assert "异议成立，重新议价" in people.visitor.open(receipt.url).text

    # The officer changes the price; the licensee agrees before it goes anywhere.
    steps.revise_terms(people, number, "按异议结果调整价格", elements__0__amount="90,000")
    refused = people.officer.open("contract", number)
    assert refused.try_to_send(to=f"/zh-hans/contracts/{number}/submit/").complaints
    steps.agree_revision(people, number)
    steps.send_to_review(people, number)
    steps.review(people, number)
    second = steps.notice_of(people, number)
    assert second != first
    assert "¥90,000.00" in people.visitor.open("notice", second).text

    # Fifteen whole days again, the day of publication not counted.
    calendar.go_to(date(2026, 2, 6))
    assert steps.state_of(people.officer, number) == State.PUBLIC_NOTICE
    calendar.go_to(date(2026, 2, 7))
    steps.sign(people.uni_signatory, number)
    steps.sign(people.signatory, number)
    assert steps.state_of(people.officer, number) == State.DELIVERY
    assert "¥90,000.00" in people.signatory.open("contract", number, query="?tab=terms").text
    late = people.visitor.post(f"/zh-hans/notices/{second}/", {"name": "甲", "contact": "乙", "text": "丙"})
    assert late.status == 409


def test_rejected_objection_lets_the_notice_go_on(people, calendar):
    code = steps.publish_listing(people)
    number = steps.to_notice(people, code, "preset:option")
    notice = steps.notice_of(people, number)
    calendar.go_to(date(2026, 1, 10))
    receipt = steps.object_to(people, notice)
    calendar.go_to(date(2026, 1, 14))
    steps.decide_objection(people, number, upheld=False, reason="价格经评估，异议不成立")
    assert "价格经评估，异议不成立" in people.visitor.open(receipt.url).text
    assert steps.state_of(people.officer, number) == State.PUBLIC_NOTICE
    assert steps.notice_of(people, number) == notice
