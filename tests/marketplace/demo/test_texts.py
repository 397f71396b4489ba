"""The demo's texts fit together before anything is made of them."""

from collections import Counter
from decimal import Decimal

import pytest

from cms.models import Field
from marketplace import terms as language
from marketplace.dashboard.demo import DEMO_DOMAIN
from marketplace.demo.market import KINDS, LANGUAGES
from marketplace.demo.plots import STORIES
from marketplace.demo.proposals import PROPOSALS
from marketplace.demo.terms import terms_of
from marketplace.demo.texts import listings, texts
from marketplace.organisations.roles import ROLES_OF_KIND, Kind
from marketplace.terms.words import one_line

PAIRS = ("title", "summary", "problem", "advantage", "applications", "body", "trl_evidence", "keywords")
KIND_OF = {"enterprises": Kind.ENTERPRISE, "agencies": Kind.AGENCY, "providers": Kind.PROVIDER}
LISTINGS = pytest.mark.parametrize("row", listings(), ids=lambda row: row["ref"])


def organisations() -> dict[str, tuple[str, dict]]:
    """Kind and facts by slug."""
    book = texts("organisations")
    found = [(Kind.OPERATOR, book["operator"])]
    found += [(kind, facts) for section, kind in KIND_OF.items() for facts in book[section]]
    found += [(facts["kind"], facts) for section in ("research", "waiting") for facts in book[section]]
    return {facts["slug"]: (kind, facts) for kind, facts in found}


def twice(values) -> list:
    return [value for value, n in Counter(values).items() if n > 1]


def has_chinese(text) -> bool:
    return any("一" <= sign <= "鿿" for sign in "".join(text))


def test_nothing_is_numbered_twice():
    book = organisations().values()
    assert len(book) == sum(
        len(rows) if isinstance(rows, list) else 1 for rows in texts("organisations").values()
    )
    assert twice(facts["credit_code"] for _kind, facts in book) == []
    assert twice(person[0] for _kind, facts in book for person in facts["people"]) == []
    assert twice([row["ref"] for row in listings()] + [row["ref"] for row in texts("nasa")]) == []
    numbers = [right[1] for row in listings() for right in row["ip"] if right[1]]
    assert twice(numbers) == []


def test_people_hold_roles_that_their_organisation_has():
    for kind, facts in organisations().values():
        assert has_chinese(facts["name_zh"])
        assert not has_chinese(facts["name_en"])
        for email, name, roles in facts["people"]:
            assert email.endswith(DEMO_DOMAIN)
            assert name
            assert set(roles) <= set(ROLES_OF_KIND[kind]), email


@LISTINGS
def test_listing_is_written_in_its_languages(row):
    for code in LANGUAGES[row.get("only")]:
        given = {name: row[f"{name}_{code}"] for name in PAIRS}
        assert all(given.values()), [name for name, text in given.items() if not text]
        assert has_chinese(given["title"]) == (code == "zh")


@LISTINGS
def test_shares_of_a_team_are_the_whole(row):
    assert sum(Decimal(share) for _name, share in row["team"]) == 1
    assert twice(name for name, _share in row["team"]) == []


@LISTINGS
def test_terms_of_a_listing_build(row):
    terms = terms_of(row)
    assert language.read(language.write(terms)) == terms
    for code in ("zh-hans", "en"):
        assert 0 < len(one_line(terms, code)) <= 200


@LISTINGS
def test_listing_belongs_to_people_who_may_publish_it(row):
    kind, facts = organisations()[row["org"]]
    editors = {email for email, _name, roles in facts["people"] if "EDITOR" in roles}
    approvers = {email for email, _name, roles in facts["people"] if "APPROVER" in roles}
    assert "EDITOR" in ROLES_OF_KIND[kind]
    assert editors
    assert approvers - editors
    assert set(row.get("invited", ())) <= organisations().keys()


def test_fields_are_known(db):
    names = {row["field"] for row in [*listings(), *texts("needs")]}
    assert {name for name in names if Field.objects.find(name) is None} == set()


@pytest.mark.parametrize(
    ("name", "pairs"),
    [
        ("needs", ("title", "summary", "problem", "constraints", "keywords")),
        ("services", ("title", "summary", "body")),
    ],
)
def test_needs_and_services_are_written_in_both_languages(name, pairs):
    for row in texts(name):
        for pair in pairs:
            assert has_chinese(row[f"{pair}_zh"]) or pair == "keywords", row["title_zh"]
            assert row[f"{pair}_en"], row["title_zh"]
            assert not has_chinese(row[f"{pair}_en"]), row["title_zh"]
        assert row["org"] in organisations()
    assert {row["org"] for row in texts("services")} == KINDS.keys()


def test_messages_are_said_in_both_languages():
    for key, pair in texts("messages").items():
        assert pair.keys() == {"zh", "en"}, key
        assert has_chinese(pair["zh"]), key
        assert not has_chinese(pair["en"]), key


def test_stories_play_on_published_listings_between_two_houses():
    rows = {row["ref"]: row for row in listings()}
    for plot, ref, licensee, ago, agency, changes in STORIES:
        assert "stage" not in rows[ref], (plot.__name__, ref)
        assert organisations()[licensee][0] == Kind.ENTERPRISE
        assert not agency or organisations()[agency][0] == Kind.AGENCY
        assert 0 < ago < 700
        terms_of(rows[ref], **changes)


def test_proposals_are_made_of_published_listings_for_needs_of_other_houses():
    rows = {row["ref"]: row for row in listings()}
    needs = {row["title_zh"]: row for row in texts("needs")}
    for title, ref, ago, _taken_up in PROPOSALS:
        assert "stage" not in rows[ref], ref
        assert rows[ref].get("visibility") != "INVITED", ref
        assert needs[title]["org"] != rows[ref]["org"]
        assert 0 < ago < 100
