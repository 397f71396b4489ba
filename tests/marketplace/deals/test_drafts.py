from dataclasses import replace
from datetime import date

import pytest

from marketplace import terms as language
from marketplace.deals import drafts
from marketplace.deals.changes import marked
from marketplace.deals.proposals import fill_in
from marketplace.terms import presets
from marketplace.terms.contract import Cure, Dispute, Exit
from tests.marketplace.deals.conftest import listing


@pytest.mark.parametrize("key", presets.PRESETS)
def test_terms_go_into_the_form_and_come_back(key):
    draft = drafts.draft_of(presets.preset(key))
    assert draft.exact
    assert drafts.build(draft.inputs, draft.base) == presets.preset(key)


@pytest.mark.parametrize(
    "changes",
    [
        {"trigger_join": "all", "trigger_on": "2027-05-01", "trigger_event": "first_income"},
        {"trigger_months": "", "trigger_threshold": "1,234,567.89", "trigger_meter": "gross_sales"},
        {"fields": "泵，阀门", "territory": ["CN-42", "HK"], "sublicence_allowed": True},
        {"interest_day": "0.05", "vat": "inclusive", "due_rule": "after_charge", "due_days": "45"},
        {"trial_months": "0", "commitment": "contingent"},
    ],
)
def test_what_the_form_can_say_it_says_again(changes):
    terms = presets.preset("year_or_income", **changes)
    draft = drafts.draft_of(terms)
    assert (draft.exact, drafts.build(draft.inputs, terms)) == (True, terms)


def test_conventions_outside_the_form_are_carried_along():
    terms = replace(
        presets.preset("royalty"),
        cure=Cure(payment_days=7),
        exit=Exit(certificate_days=10, sell_off_months=3),
        dispute=Dispute(place="武汉"),
        audit=None,
    )
    draft = drafts.draft_of(terms)
    assert draft.exact
    changed = drafts.build({**draft.inputs, "rate": "2"}, draft.base)
    assert (changed.cure, changed.exit, changed.audit, changed.dispute) == (
        terms.cure,
        terms.exit,
        None,
        terms.dispute,
    )


def test_terms_that_the_form_cannot_show_are_said_to_be_so():
    royalty = presets.preset("royalty").elements[0]
    two = replace(presets.preset("royalty"), elements=(royalty, replace(royalty, id="second")))
    assert not drafts.draft_of(two).exact


def test_instalments_by_date_come_back():
    terms = presets.preset("instalments", trigger_months="", trigger_on="2027-01-31", instalment_months="3")
    assert terms.elements[0].parts[1].trigger == language.OnDate(on=date(2027, 4, 30))
    assert drafts.draft_of(terms).exact


def test_a_draft_from_the_listing_takes_its_indicative_terms(world):
    stated = presets.preset("royalty", rate="2.5")
    page = listing(world.uni, "有意向条款", indicative_terms=language.write(stated))
    draft = drafts.draft_from_listing(page)
    inputs, proposed = fill_in(draft, page)
    assert (inputs["rate"], proposed) == ("2.5", {})


def test_values_that_nobody_stated_are_marked_as_ours(world):
    page = listing(world.uni, "无条款", free_months=None, payment_form="ROYALTY", exclusivity="SOLE")
    inputs, proposed = fill_in(drafts.draft_from_listing(page), page)
    assert (inputs["payment_form"], inputs["exclusivity"], inputs["trial_months"]) == (
        "royalty",
        "sole",
        "12",
    )
    assert {"rate", "trial_months", "term_months", "decision_days"} <= set(proposed)
    page.free_months = 18
    inputs, proposed = fill_in(drafts.draft_from_listing(page), page)
    assert (inputs["trial_months"], inputs["trigger_months"]) == ("18", "18")
    assert proposed["trial_months"] != proposed["rate"]


def test_differences_are_marked_inside_the_line():
    assert marked("提成率 4 %。", "提成率 3.5 %。") == (
        (("提成率 ", False), ("4", True), (" %。", False)),
        (("提成率 ", False), ("3.5", True), (" %。", False)),
    )
    assert marked("", "新增") == ((), (("新增", True),))
    assert marked("完全不同", "abc def") == ((("完全不同", True),), (("abc def", True),))
