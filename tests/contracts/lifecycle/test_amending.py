"""Other terms for a running contract: proposed, agreed, on notice where the price changes, signed, rated by versions."""

import subprocess
from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.urls import reverse

from contracts.lifecycle import services
from contracts.lifecycle.due import run_due
from contracts.lifecycle.models import Amendment
from contracts.lifecycle.road import road
from marketplace.clock import at
from marketplace.refusals import Incomplete, NotPermitted, Refused, TransitionRefused
from marketplace.terms import read, write
from tests.contracts.lifecycle.world import fresh, trying
from tests.contracts.rating.samples import fixed, royalty, sheet
from tests.contracts.usage.world import accepted, charged, pass_day, sales
from tests.factories.ground import signed_in
from tests.flows.browser import filled_in, soup_of

JANUARY = date(2026, 1, 1)
MARCH, JUNE = date(2026, 3, 31), date(2026, 6, 30)
THREE, FOUR = sheet(royalty(fixed("0.03"))), sheet(royalty(fixed("0.04")))
LONGER_REPORTS = replace(THREE, report=replace(THREE.report, days=45))


@pytest.fixture
def contract(world):
    return trying(world, THREE, on=JANUARY)


def proposed(world, contract, terms, *, on=date(2026, 4, 10), effective_on=date(2026, 7, 1), actor=None):
    with at(on):
        return services.propose_amendment(
            contract, actor=actor or world.officer, terms=terms, effective_on=effective_on, reason="市场变化"
        )


def signed_by_all(world, amendment, *, on):
    amendment.refresh_from_db()
    with at(on):
        for actor in (world.uni_signatory, world.signatory):
            services.sign_amendment(
                amendment, actor=actor, document_hash=amendment.document.sha256, proof="password"
            )
    amendment.refresh_from_db()
    return amendment


def in_force(world, contract, terms, *, effective_on, on):
    """Agreed on a day, sixteen days of notice where needed, signed by all."""
    amendment = proposed(world, contract, terms, on=on, effective_on=effective_on)
    with at(on):
        services.answer_amendment(amendment, actor=world.signatory, agreed=True)
        amendment.refresh_from_db()
        if amendment.needs_notice:
            services.open_amendment_notice(amendment, actor=world.approver)
            on += timedelta(days=16)
    run_due(on)
    return signed_by_all(world, amendment, on=on)


def test_a_changed_price_goes_on_notice_is_signed_and_rates_later_periods(world, contract):
    signed_road = [(step["key"], step["on"]) for step in road(fresh(contract))]
    amendment = in_force(world, contract, FOUR, effective_on=date(2026, 7, 1), on=date(2026, 4, 10))
    assert (amendment.touches, amendment.state) == (["price"], "EFFECTIVE")
    assert [(step["key"], step["on"]) for step in road(fresh(contract))] == signed_road
    assert amendment.notices.get().state == "COMPLETED"
    assert amendment.version.effective_on == date(2026, 7, 1)
    for end, yuan in ((MARCH, "1000000"), (JUNE, "1000000"), (date(2026, 9, 30), "1000000")):
        accepted(world, contract, end, sales(yuan))
    assert [amount for _on, amount in charged(contract)] == ["30000.00", "30000.00", "40000.00"]
    with at(date(2026, 6, 30)):
        assert fresh(contract).terms == THREE
    with at(date(2026, 7, 1)):
        assert fresh(contract).terms == FOUR
    tracks = {task.track: task.due_on for task in amendment.compliance.all()}
    assert tracks == {"RECORDAL_CHG": date(2026, 10, 1)}


def test_the_signed_paper_says_what_changes_and_is_sealed(world, contract):
    amendment = in_force(world, contract, FOUR, effective_on=date(2026, 7, 1), on=date(2026, 4, 10))
    text = subprocess.run(
        ["pdftotext", amendment.document.file.path, "-"], capture_output=True, check=True, text=True
    ).stdout
    for words in ("补充协议", contract.number, "4 %", "2026-07-01", amendment.terms_hash[:20]):
        assert words in text
    assert contract.documents.filter(kind="SEALED_AM", text_hash=amendment.document.text_hash).exists()


def test_what_is_no_price_needs_no_notice_and_holds_from_the_last_signature_at_the_earliest(world, contract):
    amendment = proposed(world, contract, LONGER_REPORTS, effective_on=date(2026, 4, 12), actor=world.scout)
    assert (amendment.touches, amendment.needs_notice, amendment.proposed_side) == (
        ["other"], False, "LICENSEE",
    )  # fmt: skip
    with at(date(2026, 4, 13)):
        services.answer_amendment(amendment, actor=world.officer, agreed=True)
    amendment = signed_by_all(world, amendment, on=date(2026, 4, 20))
    assert amendment.version.effective_on == date(2026, 4, 20)


def test_each_side_does_its_own_part(world, contract):
    for actor in (world.broker, world.stranger, world.operator, world.reporter):
        with pytest.raises(NotPermitted):
            proposed(world, contract, FOUR, actor=actor)
    amendment = proposed(world, contract, FOUR)
    with pytest.raises(Refused):
        proposed(world, contract, LONGER_REPORTS)
    with at(date(2026, 4, 11)):
        for actor in (world.officer, world.reporter, world.stranger):
            with pytest.raises(NotPermitted):
                services.answer_amendment(amendment, actor=actor, agreed=True)
        services.answer_amendment(amendment, actor=world.signatory, agreed=True)
        with pytest.raises(TransitionRefused):
            services.answer_amendment(amendment, actor=world.signatory, agreed=True)
        with pytest.raises(TransitionRefused):
            services.sign_amendment(amendment, actor=world.signatory, document_hash="x", proof="password")
        with pytest.raises(NotPermitted):
            services.open_amendment_notice(amendment, actor=world.finance)


@pytest.mark.parametrize(
    ("terms", "effective_on", "error"),
    [
        (THREE, date(2026, 7, 1), Refused),
        (FOUR, date(2026, 4, 9), Refused),
        (FOUR, date(2036, 7, 1), Refused),
        (read({**write(FOUR), "currency": "USD"}), date(2026, 7, 1), Incomplete),
        (read({**write(FOUR), "trial": {"months": 6}}), date(2026, 7, 1), Incomplete),
    ],
)
def test_terms_that_cannot_follow_are_refused(world, contract, terms, effective_on, error):
    with pytest.raises(error):
        proposed(world, contract, terms, effective_on=effective_on)
    assert not Amendment.objects.exists()


def test_an_upheld_objection_ends_the_amendment_and_leaves_the_contract_alone(world, contract):
    amendment = proposed(world, contract, FOUR)
    with at(date(2026, 4, 11)):
        services.answer_amendment(amendment, actor=world.signatory, agreed=True)
        notice = services.open_amendment_notice(amendment, actor=world.officer)
        objection, _token = services.lodge_objection(notice, name="李", contact="li@example.com", text="偏低")
    state = fresh(contract).state
    run_due(date(2026, 5, 20))
    amendment.refresh_from_db()
    assert amendment.state == "NOTICE"  # an open objection blocks the exit
    with at(date(2026, 5, 20)):
        services.decide_objection(objection, actor=world.approver, upheld=True, reason="价格未评估")
    amendment.refresh_from_db()
    assert (amendment.state, fresh(contract).state) == ("OBJECTED", state)
    assert fresh(contract).terms == THREE


def test_a_rejected_objection_lets_it_go_on(world, contract):
    amendment = proposed(world, contract, FOUR)
    with at(date(2026, 4, 11)):
        services.answer_amendment(amendment, actor=world.signatory, agreed=True)
        notice = services.open_amendment_notice(amendment, actor=world.officer)
        objection, _token = services.lodge_objection(notice, name="李", contact="li@example.com", text="偏低")
    with at(date(2026, 5, 20)):
        services.decide_objection(objection, actor=world.approver, upheld=False, reason="已评估")
    amendment.refresh_from_db()
    assert amendment.state == "SIGNING"


def test_an_amendment_lapses_unanswered_and_with_its_contract(world, contract):
    amendment = proposed(world, contract, FOUR)
    run_due(date(2026, 5, 11))
    amendment.refresh_from_db()
    assert amendment.state == "LAPSED"
    second = proposed(world, contract, FOUR, on=date(2026, 5, 12))
    with at(date(2026, 5, 13)):
        services.invalidate(contract, actor=world.officer, on=date(2026, 5, 13), reason="专利无效")
    run_due(date(2026, 5, 14))
    second.refresh_from_db()
    assert second.state == "LAPSED"


def test_an_amendment_is_written_in_the_editor_and_sent_only_as_it_was_seen(client, world, contract):
    url = reverse("amendment_propose", args=[contract.number])
    signed_in(client, world.officer)
    with at(date(2026, 4, 10)):
        soup = soup_of(client.get(url))
        typed = {"elements-0-rate-rate": "4%", "note": "市场变化", "effective_on": "2026-07-01"}
        data = filled_in(soup.select_one("#terms-form"), soup) | typed
        words = client.post(reverse("amendment_words", args=[contract.number]), data)
        assert "4 %" in words.content.decode()
        lira = client.post(url, {**data, "currency": "USD", "preview": "1"})
        assert "currency" in lira.context["form"].errors  # an amendment keeps the currency
        seen = client.post(url, {**data, "preview": "1"})
        assert [group.what for group in seen.context["changes"][0]["groups"]] == ["changed"]
        data["previewed"] = seen.context["preview"]
        assert client.post(url, {**data, "elements-0-rate-rate": "5", "send": "1"}).status_code == 200
        assert not Amendment.objects.exists()
        assert client.post(url, {**data, "send": "1"}).status_code == 302
    assert Amendment.objects.get().new_terms == FOUR


def test_propose_answer_and_withdraw_through_the_pages(client, world, contract):
    with at(date(2026, 4, 10)):
        amendment = proposed(world, contract, FOUR)
        signed_in(client, world.signatory)
        page = client.get(amendment.get_absolute_url()).content.decode()
        assert "4 %" in page
        address = reverse("amendment_answer", args=[contract.number, amendment.number])
        client.post(address, {"answer": "decline"})
        amendment.refresh_from_db()
        assert amendment.state == "PROPOSED"  # it says why it is needed
        client.post(address, {"answer": "agree"})
        assert "被许可方 · 同意" in client.get(amendment.get_absolute_url()).content.decode()
        amendment.refresh_from_db()
        assert amendment.state == "AGREED"
        withdrawing = reverse("amendment_withdraw", args=[contract.number, amendment.number])
        signed_in(client, world.scout)  # may propose, and may not undo what their signatory has agreed
        assert withdrawing not in client.get(amendment.get_absolute_url()).content.decode()
        assert client.post(withdrawing, {"words": "另议"}).status_code == 403
        signed_in(client, world.stranger)
        assert client.get(amendment.get_absolute_url()).status_code == 404
        signed_in(client, world.officer)
        assert client.get(reverse("contract", args=[contract.number])).status_code == 200
        client.post(withdrawing, {"words": "另议"})
        amendment.refresh_from_db()
        assert (amendment.state, amendment.closed_words) == ("WITHDRAWN", "另议")
        assert "原定起适用日" in client.get(amendment.get_absolute_url()).content.decode()
        assert client.get(reverse("amendment_propose", args=[contract.number])).status_code == 200
    pass_day(date(2026, 4, 11))
