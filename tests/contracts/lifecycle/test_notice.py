from datetime import date, timedelta

import pytest
from django.db import connection
from django.urls import reverse

from contracts.lifecycle import services
from contracts.lifecycle.due import run_due
from contracts.lifecycle.models import Objection, PublicNotice
from contracts.lifecycle.services.notice import last_notice_day
from contracts.lifecycle.states import State
from contracts.lifecycle.working_days import add_working_days
from marketplace.clock import at
from marketplace.programmes.models import PilotProgramme, ProgrammeRule
from marketplace.refusals import NotPermitted, Refused, TransitionRefused
from tests.contracts.lifecycle import world as made
from tests.contracts.lifecycle.world import START, fresh, terms

WORDS = {"name": "张三", "contact": "zhang@example.com", "text": "价格明显偏低"}


@pytest.mark.parametrize(
    ("published", "ends"),
    [
        (date(2026, 1, 5), date(2026, 1, 20)),
        (date(2026, 1, 31), date(2026, 2, 15)),
        (date(2026, 2, 13), date(2026, 2, 28)),
        (date(2028, 2, 14), date(2028, 2, 29)),
        (date(2026, 12, 17), date(2027, 1, 1)),
    ],
)
def test_day_of_publication_is_not_counted(published, ends):
    assert last_notice_day(published, 15) == ends


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("start", "days", "end"),
    [
        (date(2026, 1, 9), 1, date(2026, 1, 12)),  # over a weekend
        (date(2025, 12, 31), 1, date(2026, 1, 4)),  # New Year, the Sunday after is worked
        (date(2026, 2, 13), 2, date(2026, 2, 24)),  # a worked Saturday, then Spring Festival
        (date(2026, 9, 30), 1, date(2026, 10, 8)),
        (date(2027, 3, 5), 10, date(2027, 3, 19)),  # a year without a calendar: weekends only
    ],
)
def test_working_days_follow_the_dated_calendar(start, days, end):
    assert add_working_days(start, days) == end


def _object(contract, on=START + timedelta(days=2), **words):
    with at(on):
        return services.lodge_objection(contract.notices.get(state="RUNNING"), **{**WORDS, **words})[0]


@pytest.mark.django_db
def test_programme_may_ask_for_more_days_but_not_for_fewer(world):
    programme = PilotProgramme.objects.create(code="x", name_zh="示例", name_en="Example")
    world.listing.programme = programme
    world.listing.save()
    rule = ProgrammeRule.objects.create(
        programme=programme, key="NOTICE_DAYS", value=30, valid_from=date(2020, 1, 1), source="办法"
    )
    notice = made.on_notice(world).notices.get()
    assert (notice.days, notice.ends_on, notice.days_source) == (30, date(2026, 2, 4), "办法")
    rule.value = 7
    rule.save()
    other = made.on_notice(world, page=made.listing(world.uni, title_zh="另一项", programme=programme))
    assert other.notices.get().days == 15


@pytest.mark.django_db
def test_an_open_objection_blocks_the_exit_while_the_days_run_on(world):
    contract = made.on_notice(world)
    first = _object(contract)
    second = _object(contract, date(2026, 1, 20))
    assert fresh(contract).state == State.OBJECTION
    run_due(date(2026, 1, 25))
    assert fresh(contract).state == State.OBJECTION
    with at(date(2026, 1, 22)):
        services.decide_objection(first, actor=world.approver, upheld=False, reason="价格经评估")
        assert fresh(contract).state == State.OBJECTION
        services.decide_objection(second, actor=world.approver, upheld=False, reason="同上")
    # The days were over meanwhile: the last rejection opens signing.
    assert fresh(contract).state == State.SIGNING


@pytest.mark.django_db
def test_rejected_inside_the_window_the_notice_goes_on(world):
    contract = made.on_notice(world)
    objection = _object(contract)
    with at(date(2026, 1, 10)):
        services.decide_objection(objection, actor=world.approver, upheld=False, reason="不成立")
    assert fresh(contract).state == State.PUBLIC_NOTICE
    run_due(date(2026, 1, 20))
    assert fresh(contract).state == State.PUBLIC_NOTICE
    run_due(date(2026, 1, 21))
    assert fresh(contract).state == State.SIGNING


@pytest.mark.django_db
def test_upheld_the_contract_is_a_draft_and_changed_terms_need_a_new_notice(world):
    contract = made.on_notice(world)
    upheld, other = _object(contract), _object(contract)
    with at(date(2026, 1, 12)):
        services.decide_objection(upheld, actor=world.approver, upheld=True, reason="价格应提高")
        contract = fresh(contract)
        assert (contract.state, contract.approved_at) == (State.DRAFT, None)
        other.refresh_from_db()
        assert other.state == "MOOT"
        services.revise_terms(
            contract, actor=world.officer, terms=terms("option", amount="150,000"), reason="异议成立"
        )
        with pytest.raises(Refused) as refused:
            services.submit_review(contract, actor=world.officer)
        assert any("尚未同意" in line for line in refused.value.missing)
        services.agree_revision(contract, actor=world.signatory, version=2)
        services.submit_review(contract, actor=world.officer)
        services.approve(contract, actor=world.approver)
        notice = services.open_notice(contract, actor=world.approver)
    first = PublicNotice.objects.exclude(pk=notice.pk).get()
    assert (first.state, notice.ends_on) == ("UPHELD", date(2026, 1, 27))
    assert notice.hash != first.hash
    assert "150,000" in notice.price


@pytest.mark.django_db
def test_a_text_that_was_on_notice_and_stays_the_same_needs_no_new_one(world):
    contract = made.signing(world)
    with at(date(2026, 1, 22)):
        services.recall_signing(contract, actor=world.officer, reason="补充签署日期")
        services.change_draft(
            contract, actor=world.officer, pricing_method="NEGOTIATED", text_language="both",
            agreed_effective_on=date(2026, 3, 1),
        )  # fmt: skip
        services.submit_review(contract, actor=world.officer)
        services.approve(contract, actor=world.approver)
    assert fresh(contract).state == State.SIGNING


@pytest.mark.django_db
def test_an_auction_needs_no_notice(world):
    contract = made.drafted(world)
    with at(START):
        services.change_draft(contract, actor=world.officer, pricing_method="AUCTION", text_language="en")
        services.submit_review(contract, actor=world.officer)
        services.approve(contract, actor=world.approver)
    assert fresh(contract).state == State.SIGNING


@pytest.mark.django_db
def test_who_reviews_opens_and_decides(world):
    from marketplace.organisations.acting import Acting
    from marketplace.organisations.models import Membership
    from marketplace.organisations.roles import Role

    Membership.objects.filter(user=world.officer.user).update(roles=[Role.CONTRACT_OFFICER, Role.APPROVER])
    both = Acting(world.officer.user, world.uni, frozenset({Role.CONTRACT_OFFICER, Role.APPROVER}))
    contract = made.drafted(world)
    with at(START):
        services.submit_review(contract, actor=both)
        with pytest.raises(NotPermitted):
            services.approve(contract, actor=both)
        for actor in (world.officer, world.signatory, world.neighbour, world.operator, world.stranger):
            with pytest.raises(NotPermitted):
                services.approve(contract, actor=actor)
        services.approve(contract, actor=world.approver)
        with pytest.raises(TransitionRefused):
            services.approve(contract, actor=world.approver)
        services.open_notice(contract, actor=world.officer)
        with pytest.raises(TransitionRefused):
            services.open_notice(contract, actor=world.officer)
    objection = _object(contract)
    with at(START + timedelta(days=3)):
        for actor in (both, world.officer, world.signatory, world.neighbour):
            with pytest.raises(NotPermitted):
                services.decide_objection(objection, actor=actor, upheld=False, reason="?")
        with pytest.raises(Refused):
            services.decide_objection(objection, actor=world.approver, upheld=False, reason="  ")
        services.decide_objection(objection, actor=world.approver, upheld=False, reason="不成立")
        with pytest.raises(TransitionRefused):
            services.decide_objection(objection, actor=world.approver, upheld=True, reason="?")


@pytest.mark.django_db
def test_neither_the_drafter_nor_the_sender_reviews(world):
    from marketplace.organisations.roles import Role
    from tests.marketplace.deals.conftest import person

    drafter = person(world.uni, Role.CONTRACT_OFFICER, Role.APPROVER)
    sender = person(world.uni, Role.CONTRACT_OFFICER, Role.APPROVER)
    sheet = made.agreed(world)
    with at(START):
        contract = services.draft_contract(sheet, actor=drafter)
        services.declare_relation(contract, actor=drafter, is_related=False)
        services.declare_relation(contract, actor=world.signatory, is_related=False)
        services.submit_review(contract, actor=sender)
        for actor in (drafter, sender):
            with pytest.raises(NotPermitted):
                services.approve(contract, actor=actor)
        services.approve(contract, actor=world.approver)
        services.return_draft(contract, actor=world.approver, words="再核价格")
    contract = fresh(contract)
    assert (contract.state, contract.approved_at) == (State.DRAFT, None)


@pytest.mark.django_db
def test_return_comes_with_words_and_review_begins_anew(world):
    contract = made.in_review(world)
    with at(START):
        with pytest.raises(Refused):
            services.return_draft(contract, actor=world.approver, words="")
        services.return_draft(contract, actor=world.approver, words="请补充验收标准")
        assert fresh(contract).state == State.DRAFT
        services.submit_review(contract, actor=world.officer)
        assert fresh(contract).approved_at is None


@pytest.mark.django_db
def test_anybody_objects_over_the_public_page_and_follows_it_by_a_secret_link(world, client):
    contract = made.on_notice(world)
    notice = contract.notices.get()
    with at(START + timedelta(days=1)):
        page = client.get(notice.get_absolute_url())
        assert page.status_code == 200
        text = page.content.decode()
        assert all(
            word in text for word in ("低温密封胶", "100,000", "东湖大学", "长江泵业有限公司", notice.hash)
        )
        assert "赵强" not in text
        bad = client.post(notice.get_absolute_url(), {"name": "", "contact": "", "text": ""})
        assert bad.status_code == 200
        assert Objection.objects.count() == 0
        answer = client.post(notice.get_absolute_url(), WORDS)
    assert answer.status_code == 302
    receipt = client.get(answer.url)
    assert "价格明显偏低" in receipt.content.decode()
    assert client.get(reverse("objection_receipt", args=["wrong"])).status_code == 404
    objection = Objection.objects.get()
    with at(START + timedelta(days=2)):
        services.decide_objection(objection, actor=world.approver, upheld=False, reason="已评估，价格公允")
    assert "已评估，价格公允" in client.get(answer.url).content.decode()
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, contact, token_hash FROM contracts_objection")
        stored = " ".join(cursor.fetchone())
    assert "张三" not in stored
    assert "zhang@example.com" not in stored
    assert answer.url.rstrip("/").rsplit("/", 1)[1] not in stored


@pytest.mark.django_db
def test_objections_too_late_too_many_too_long_are_refused(world, client):
    contract = made.on_notice(world)
    notice = contract.notices.get()
    with at(date(2026, 1, 20)):
        for _number in range(5):
            sent = client.post(notice.get_absolute_url(), WORDS, REMOTE_ADDR="10.0.0.8")
            assert sent.status_code == 302
        limited = client.post(notice.get_absolute_url(), WORDS, REMOTE_ADDR="10.0.0.8")
        assert limited.status_code == 200
        long = client.post(notice.get_absolute_url(), {**WORDS, "text": "长" * 5001}, REMOTE_ADDR="10.0.0.9")
        assert long.status_code == 200
    assert Objection.objects.count() == 5
    with at(date(2026, 1, 21)):
        late = client.post(notice.get_absolute_url(), WORDS, REMOTE_ADDR="10.0.0.10")
        assert late.status_code == 409
        with pytest.raises(Refused):
            services.lodge_objection(notice, **WORDS)
    assert Objection.objects.count() == 5


@pytest.mark.django_db
def test_only_the_licensor_reads_who_objected(world, client):
    from tests.factories.ground import signed_in

    contract = made.on_notice(world)
    objection = _object(contract)
    url = reverse("contract_objection", args=[contract.number, objection.pk])
    found = {}
    for name in ("approver", "officer", "finance", "signatory", "stranger", "operator"):
        answer = signed_in(client, getattr(world, name)).get(url)
        found[name] = (answer.status_code, "张三" in answer.content.decode())
    assert found == {
        "approver": (200, True), "officer": (200, True), "finance": (404, False),
        "signatory": (404, False), "stranger": (404, False), "operator": (404, False),
    }  # fmt: skip


@pytest.mark.django_db
def test_withdrawal_ends_the_notice_and_a_new_contract_can_be_drafted(world, client):
    contract = made.on_notice(world)
    notice = contract.notices.get()
    with at(START):
        services.withdraw_contract(contract, actor=world.signatory, reason="不再需要")
        assert client.get(notice.get_absolute_url()).status_code == 404
        again = services.draft_contract(contract.term_sheet, actor=world.officer)
        assert again.pk != contract.pk
        with pytest.raises(TransitionRefused):
            services.draft_contract(contract.term_sheet, actor=world.officer)
