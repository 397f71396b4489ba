from dataclasses import replace
from datetime import date

import pytest
from django.urls import reverse

from contracts.lifecycle import rights, services
from contracts.lifecycle.completeness import find_missing
from contracts.lifecycle.models import ContractAnnex, ContractTerms, LicenceContract
from contracts.lifecycle.states import State
from marketplace import terms as language
from marketplace.clock import at
from marketplace.deals.models import Deal
from marketplace.desk import items_for
from marketplace.programmes.models import PilotProgramme, ProgrammeRule
from marketplace.refusals import Incomplete, NotPermitted, Refused
from tests.contracts.lifecycle import world as made
from tests.contracts.lifecycle.world import START, fresh, terms
from tests.factories.ground import signed_in


def blocking(contract, on=START) -> set[str]:
    with at(on):
        return {finding.code for finding in find_missing(fresh(contract)) if finding.blocking}


@pytest.mark.django_db
def test_a_sound_draft_has_nothing_missing(world):
    assert blocking(made.drafted(world)) == set()


@pytest.mark.django_db
def test_everything_is_copied_and_nothing_is_typed_again(world):
    sheet = made.agreed(world)
    with at(START):
        contract = services.draft_contract(sheet, actor=world.officer)
    assert contract.subject == sheet.snapshot
    assert contract.terms == sheet.agreed_terms
    assert contract.versions.get().terms_hash == sheet.terms_hash
    annex = contract.annexes.get()
    assert (annex.kind, annex.readers, annex.hash) == (
        "CONTRIBUTORS", [world.uni.pk], sheet.contributor_annex.hash,
    )  # fmt: skip
    assert contract.right_numbers == ["2023100000011"]
    assert contract.number == "C-2026-000001"


@pytest.mark.django_db
def test_who_may_draft(world):
    sheet = made.agreed(world)
    with at(START):
        for actor in (world.signatory, world.finance, world.stranger, world.broker, world.operator):
            with pytest.raises(NotPermitted):
                services.draft_contract(sheet, actor=actor)
        world.listing.live = False
        world.listing.save()
        with pytest.raises(Refused):
            services.draft_contract(sheet, actor=world.officer)


@pytest.mark.django_db
def test_each_gap_is_found(world):
    contract = made.drafted(world)
    subject = contract.subject

    def gaps(change) -> set[str]:
        import copy

        altered = fresh(contract)
        altered.subject = copy.deepcopy(subject)
        change(altered)
        with at(START):
            return {finding.code for finding in find_missing(altered) if finding.blocking}

    def listing(**facts):
        return lambda one: one.subject["listing"].update(facts)

    def right(**facts):
        return lambda one: one.subject["listing"]["ip_rights"][0].update(facts)

    assert gaps(listing(is_secret=True)) == {"secret"}
    assert gaps(listing(ip_rights=[])) == {"no_right"}
    assert gaps(listing(team_consent_on=None)) == {"team_consent"}
    assert gaps(right(number="")) == {"right_number"}
    assert gaps(right(filed_on=None)) == {"right_filed"}
    assert gaps(right(expires_on=None)) == {"right_expiry"}
    assert gaps(right(status="LAPSED")) == {"right_gone"}
    assert gaps(right(expires_on="2030-01-01")) == {"terms_after_patent_end"}
    assert gaps(lambda one: one.subject["licensee"].update(credit_code="")) == {"party_code"}


@pytest.mark.django_db
def test_terms_that_cannot_be_registered_are_found(world):
    contract = made.drafted(world)

    def with_terms(changed) -> set[str]:
        ContractTerms.objects.filter(contract=contract).update(
            terms=language.write(changed), terms_hash=language.hash_of(changed)
        )
        return blocking(contract)

    late = terms("deferred")
    element = replace(late.elements[0], trigger=language.OnDate(on=date(2040, 1, 1)))
    assert with_terms(replace(late, elements=(element,))) == {"terms_after_licence_end"}
    months = replace(late.elements[0], trigger=language.After(months=60))
    assert with_terms(replace(late, elements=(months,))) == {"terms_after_licence_months"}
    option = terms("option")
    assert with_terms(replace(option, trial=replace(option.trial, permitted=()))) == {"scope"}
    assert with_terms(replace(option, term_months=240)) == {"terms_after_patent_end"}


@pytest.mark.django_db
def test_declarations_shares_and_size_are_needed(world):
    world.firm.size_class = ""
    world.firm.save()
    sheet = made.agreed(world)
    with at(START):
        contract = services.draft_contract(sheet, actor=world.officer)
        assert blocking(contract) == {"declaration_licensor", "declaration_licensee", "size_class"}
        with pytest.raises(Incomplete) as refused:
            services.submit_review(contract, actor=world.officer)
        assert len(refused.value.missing) == 3
        with pytest.raises(Refused):
            services.declare_relation(contract, actor=world.officer, is_related=True, details=" ")
        services.declare_relation(contract, actor=world.officer, is_related=True, details="王芳持股 5 %")
    assert fresh(contract).state == State.DRAFT
    short = made.listing(world.uni, title_zh="份额不足")
    short.contributors.filter(name="赵强").delete()
    contract = made.drafted(world, page=short)
    assert "contributors" in blocking(contract)
    assert ContractAnnex.objects.get(contract=contract).content[0]["share"] == "0.6"


@pytest.mark.django_db
def test_a_declared_relation_stands_in_the_public_notice(world, client):
    contract = made.drafted(world)
    with at(START):
        services.declare_relation(
            contract, actor=world.officer, is_related=True, details="王芳持有被许可方 5 % 股权"
        )
        services.submit_review(contract, actor=world.officer)
        services.approve(contract, actor=world.approver)
        notice = services.open_notice(contract, actor=world.approver)
        assert "王芳持有被许可方 5 % 股权" in client.get(notice.get_absolute_url()).content.decode()


@pytest.mark.django_db
def test_programme_rules_are_held_against_the_deal(world):
    programme = PilotProgramme.objects.create(code="x", name_zh="示例", name_en="Example")
    for key, value in (("LICENSEE_SIZES", ["MICRO"]), ("MIN_TRL", 4), ("LICENSOR_KINDS", None)):
        ProgrammeRule.objects.create(
            programme=programme, key=key, value=value, valid_from=date(2020, 1, 1), source="办法"
        )
    world.listing.programme = programme
    world.listing.save()
    contract = made.drafted(world)
    with at(START):
        found = {finding.code: finding.blocking for finding in find_missing(contract)}
    assert found["programme_licensee_sizes"]
    assert not found["programme_unknown"]  # rules not published: cannot be checked, are not invented
    assert "programme_min_trl" not in found


@pytest.mark.django_db
def test_a_contract_can_leave_a_programme_that_shuts_it_out(world):
    programme = PilotProgramme.objects.create(code="x", name_zh="示例", name_en="Example")
    rule = {"key": "LICENSEE_REGIONS", "value": ["浙江"], "valid_from": date(2020, 1, 1), "source": "通知"}
    ProgrammeRule.objects.create(programme=programme, **rule)
    world.listing.programme = programme
    world.listing.save()
    contract = made.drafted(world)
    assert blocking(contract) == {"programme_licensee_regions"}
    how = {"pricing_method": "NEGOTIATED", "text_language": "both"}
    with at(START):
        services.change_draft(contract, actor=world.officer, outside_programme=True, **how)
        assert fresh(contract).programme is None
        assert blocking(contract) == set()
        services.change_draft(contract, actor=world.officer, **how)
    assert fresh(contract).programme == programme


@pytest.mark.django_db
def test_what_comes_after_the_agreement_is_found_from_desk_and_room(world, client):
    """Who may draft is told so; the licensor declares with the same button, and who says yes is asked in what way."""
    sheet = made.agreed(world)
    deal = sheet.deal
    with at(START):
        for person, told in ((world.officer, True), (world.finance, False), (world.signatory, False)):
            titles = [item.title for item in items_for(person) if item.waits_for == "me"]
            assert any(deal.number in title for title in titles) == told, person
        signed_in(client, world.officer)
        room = client.get(deal.get_absolute_url())
        assert 'href="#contract"' in room.content.decode()
        draft = reverse("contract_draft", args=[deal.number])
        answer = client.post(draft, {"is_related": "yes"})
        contract = LicenceContract.objects.get()
        assert answer.url == reverse("contract_declare", args=[contract.number])
        services.withdraw_contract(contract, actor=world.officer, reason="重来")
        client.post(draft, {"is_related": "no"})
    again = LicenceContract.objects.exclude(pk=contract.pk).get()
    assert [(row.side, row.is_related) for row in again.declarations.all()] == [("LICENSOR", False)]
    assert not any(deal.number in item.title for item in items_for(world.officer))


@pytest.mark.django_db
def test_a_draft_made_by_the_broker_needs_the_licensors_review(world):
    sheet = made.agreed(world, three_party=True)
    with at(START):
        contract = services.draft_contract(sheet, actor=world.broker)
        services.declare_relation(contract, actor=world.officer, is_related=False)
        services.declare_relation(contract, actor=world.signatory, is_related=False)
        with pytest.raises(NotPermitted):
            services.revise_terms(contract, actor=world.broker, terms=terms("free"), reason="?")
        services.submit_review(contract, actor=world.broker)
        with pytest.raises(NotPermitted):
            services.approve(contract, actor=world.broker)
        services.return_draft(contract, actor=world.approver, words="补充附件")
    assert fresh(contract).state == State.DRAFT


@pytest.mark.parametrize(
    ("one", "other", "collide"),
    [
        ({}, {}, False),
        ({"exclusivity": "exclusive"}, {}, True),
        ({"exclusivity": "sole"}, {"exclusivity": "sole"}, True),
        ({"exclusivity": "sole"}, {"open_licence": True}, True),
        ({"exclusivity": "exclusive", "territory": "CN-42"}, {"territory": "CN-33"}, False),
        ({"exclusivity": "exclusive", "territory": "CN-42"}, {"territory": "CN"}, True),
        ({"exclusivity": "exclusive", "territory": "420100"}, {"territory": "CN-42"}, True),
        ({"exclusivity": "exclusive", "fields": "泵"}, {"fields": "阀门"}, False),
        ({"exclusivity": "exclusive", "fields": "泵"}, {"fields": "泵/水泵"}, True),
        ({"exclusivity": "exclusive", "fields": "泵"}, {}, True),
    ],
)
def test_which_grants_exclude_each_other(one, other, collide):
    a, b = terms("option", **one), terms("option", **other)
    assert rights.exclude_each_other(a, b) is collide
    assert rights.exclude_each_other(b, a) is collide


@pytest.mark.parametrize(
    ("number", "key"),
    [
        ("ZL 2023 1 0012345.6", "2023100123456"),
        ("CN202310012345.6", "2023100123456"),
        ("zl202310012345.6", "2023100123456"),
        ("US 11,222,333 B2", "us11,222,333b2"),
        ("", ""),
    ],
)
def test_a_number_has_one_key_however_it_is_written(number, key):
    assert rights.number_key(number) == key


@pytest.mark.django_db
def test_an_exclusive_grant_is_refused_while_another_licence_of_the_right_runs(world):
    running = made.trying(world)
    again = made.listing(world.uni, title_zh="同一专利另挂")
    contract = made.drafted(world, terms("option", exclusivity="exclusive"), on=date(2026, 3, 1), page=again)
    assert blocking(contract, date(2026, 3, 1)) == {"conflict"}
    with at(date(2026, 12, 10)):
        services.decide(running, actor=world.signatory, choice="DECLINE")
    # Declined, the licence ended that day: from the next one the right is free again.
    assert blocking(contract, date(2026, 12, 11)) == set()


@pytest.mark.django_db
def test_deal_with_a_living_contract_is_not_closed(world):
    from marketplace.deals.services import close_deal

    contract = made.drafted(world)
    deal = Deal.objects.get()
    with at(START):
        with pytest.raises(Refused):
            close_deal(deal, actor=world.officer, reason="NO_INTEREST")
        services.withdraw_contract(contract, actor=world.officer, reason="?")
        close_deal(deal, actor=world.officer, reason="NO_INTEREST")
