"""The road by clicking: from the deal room to the conversion, over pages alone."""

from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from contracts.lifecycle.due import run_due
from contracts.lifecycle.models import LicenceContract
from contracts.lifecycle.states import State
from marketplace.clock import at
from marketplace.desk import items_for
from tests.contracts.lifecycle import world as made
from tests.contracts.lifecycle.world import START, fresh
from tests.factories.ground import signed_in
from tests.flows.browser import filled_in, soup_of
from tests.marketplace.deals.conftest import PASSWORD


class People:
    """Posts as one person after another; every page must answer by leading on."""

    def __init__(self, client):
        self.client = client

    def post(self, actor, url, data=None, *, again=False):
        signed_in(self.client, actor)
        answer = self.client.post(url, data or {})
        if again:
            assert "reauthenticate" in answer.url
            answer = self.client.post(answer.url, {"password": PASSWORD})
        assert answer.status_code == 302, answer.content.decode()
        return answer


def step(contract, name, *args):
    return reverse(name, args=[contract.number, *args])


@pytest.mark.django_db
@pytest.mark.flow
def test_from_the_deal_room_to_conversion_by_clicking(world, client):
    people = People(client)
    sheet = made.agreed(world)
    with at(START):
        signed_in(client, world.officer)
        room = client.get(sheet.deal.get_absolute_url()).content.decode()
        assert reverse("contract_draft", args=[sheet.deal.number]) in room
        people.post(world.officer, reverse("contract_draft", args=[sheet.deal.number]))
        contract = LicenceContract.objects.get()
        again = people.post(world.officer, reverse("contract_draft", args=[sheet.deal.number]))
        assert again.url == contract.get_absolute_url()
        signed_in(client, world.officer)
        assert "尚未作出利害关系声明" in client.get(contract.get_absolute_url()).content.decode()
        people.post(world.officer, step(contract, "contract_declare"), {"is_related": "no"})
        people.post(world.signatory, step(contract, "contract_declare"), {"is_related": "no"})
        people.post(
            world.officer, step(contract, "contract_change"),
            {"pricing_method": "NEGOTIATED", "text_language": "both", "team_consent_on": "2025-12-01"},
        )  # fmt: skip
        people.post(world.officer, step(contract, "contract_submit"))
        assert any(item.waits_for == "me" for item in items_for(world.approver))
        people.post(world.approver, step(contract, "contract_review"), {"decision": "notice", "words": ""})
    run_due(date(2026, 1, 21))
    contract = fresh(contract)
    document = contract.documents.get()
    with at(date(2026, 1, 22)):
        consent = {"document_hash": document.sha256, "agreed": "on"}
        for actor in (world.uni_signatory, world.signatory):
            people.post(actor, step(contract, "contract_sign"), consent, again=True)
        people.post(
            world.officer, step(contract, "contract_deliver"),
            {"items": "图纸", "files": SimpleUploadedFile("图纸.pdf", made.PDF, "application/pdf")},
        )  # fmt: skip
        people.post(world.reporter, step(contract, "contract_delivery_accept"))
        assert fresh(contract).state == State.TRIAL
        people.post(
            world.signatory, step(contract, "contract_extension"), {"months": "3", "reason": "设备未到"}
        )
        asked = contract.extensions.get()
        people.post(
            world.officer,
            step(contract, "contract_extension_answer", asked.pk),
            {"granted": "yes", "words": ""},
        )
        people.post(
            world.officer, step(contract, "contract_fact_new"), {"event": "first_income", "on": "2026-01-22"}
        )
        fact = contract.facts.get()
        people.post(world.signatory, step(contract, "contract_fact_confirm", fact.pk))
        people.post(
            world.finance, step(contract, "contract_track", contract.compliance.get(track="REGISTRATION").pk),
            {"reference": "2026420100000001", "on": "2026-01-22"},
        )  # fmt: skip
    run_due(date(2027, 3, 1))
    with at(date(2027, 3, 2)):
        people.post(
            world.signatory, step(contract, "contract_decide"), {"choice": "CONVERT", "words": ""}, again=True
        )
    contract = fresh(contract)
    assert (contract.state, contract.converted_on) == (State.ACTIVE, date(2027, 3, 2))
    assert contract.registration_number == "2026420100000001"


@pytest.mark.django_db
@pytest.mark.flow
def test_changed_terms_by_clicking(world, client):
    contract = made.drafted(world)
    with at(START):
        signed_in(client, world.officer)
        url = step(contract, "contract_revise")
        soup = soup_of(client.get(url))
        data = filled_in(soup.select_one("#terms-form"), soup)
        data |= {"elements-0-amount": "120,000", "note": "双方重新协商"}
        preview = client.post(url, {**data, "preview": "1"})
        assert "120,000.00" in preview.content.decode()
        assert contract.versions.count() == 1
        soup = soup_of(preview)
        data = filled_in(soup.select_one("#terms-form"), soup)
        assert client.post(url, {**data, "send": "1"}).status_code == 302
        signed_in(client, world.signatory)
        shown = client.get(step(contract, "contract_revision")).content.decode()
        assert "双方重新协商" in shown
        assert "120,000.00" in shown
        stale = client.post(step(contract, "contract_revision"), {"version": "1"})
        assert stale.status_code == 409
        assert client.post(step(contract, "contract_revision"), {"version": "2"}).status_code == 302
    assert fresh(contract).current_terms_row.agreed_at is not None


@pytest.mark.django_db
def test_bad_input_is_named_and_saves_nothing(world, client):
    contract = made.trying(world)
    signed_in(client, world.signatory)
    with at(date(2026, 6, 1)):
        for name, data in {
            "contract_fact_new": {"event": "first_income", "on": "2027-01-01"},
            "contract_breach": {"kind": "PAYMENT", "words": "x", "amount_minor": "-5"},
            "contract_extension": {"months": "99", "reason": "x"},
            "contract_invalidate": {"on": "yesterday", "words": "x"},
            "contract_dispute": {"words": ""},
        }.items():
            answer = client.post(step(contract, name), data)
            assert answer.status_code == 200, name
            assert 'class="errors"' in answer.content.decode() or "error" in answer.content.decode(), name
        lying = SimpleUploadedFile("beleg.pdf", b"MZ not a pdf", "application/pdf")
        lie = client.post(
            step(contract, "contract_fact_new"),
            {"event": "first_income", "on": "2026-03-01", "evidence": lying},
        )
        assert lie.status_code == 200
    assert contract.facts.count() == contract.breaches.count() == contract.extensions.count() == 0
    assert client.get(step(contract, "contract_sign")).status_code == 409
    assert client.post(step(contract, "contract_submit")).status_code == 403


@pytest.mark.django_db
def test_other_peoples_rows_are_not_found(world, client):
    contract = made.trying(world)
    other = made.trying(world, page=made.listing(world.uni, title_zh="二"))
    task, document = other.compliance.first(), other.documents.first()
    signed_in(client, world.officer)
    assert client.get(step(contract, "contract_track", task.pk)).status_code == 404
    assert client.get(step(contract, "contract_document", document.pk)).status_code == 404
    assert client.get(step(other, "contract_document", document.pk)).status_code == 200
    signed_in(client, world.neighbour)
    assert client.get(step(other, "contract_document", document.pk)).status_code == 404
