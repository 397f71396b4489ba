from datetime import timedelta

import pytest
from django.urls import reverse

from marketplace import desk
from marketplace.clock import today
from marketplace.dashboard.standing import standing_of
from marketplace.desk import DeskItem
from marketplace.money import Money
from marketplace.organisations.acting import Acting
from marketplace.organisations.roles import Kind, Role
from tests.contracts.payments.world import invoice
from tests.factories.ground import signed_in
from tests.marketplace.deals.conftest import organisation, person

DESK = "/en/desk/"


@pytest.fixture
def items(monkeypatch):
    """What providers would tell; the list stays open to the test."""
    found: list[DeskItem] = []
    monkeypatch.setattr(desk, "_providers", {"test": lambda acting: found})
    return found


def test_desk_orders_by_deadline_and_marks_what_is_late(client, world, items):
    items += [
        DeskItem("Some day", "/a/"),
        DeskItem("Next week", "/b/", today() + timedelta(days=6), "report"),
        DeskItem("Long ago", "/c/", today() - timedelta(days=1)),
        DeskItem("Their turn", "/d/", today() + timedelta(days=90), waits_for="them"),
    ]
    page = signed_in(client, world.officer).get(DESK)
    text = page.content.decode()
    assert [item.title for item in page.context["page_obj"]] == ["Long ago", "Next week", "Some day"]
    assert [item.title for item in page.context["others"]] == ["Their turn"]
    assert text.count("due late") == 1
    assert text.count("due soon") == 1


def test_desk_pages_both_lists_apart(client, world, items):
    items += [DeskItem(f"Mine {n:02}", "/a/") for n in range(40)]
    items += [DeskItem(f"Theirs {n:02}", "/a/", waits_for="them") for n in range(40)]
    page = signed_in(client, world.officer).get(DESK, {"others": "2"})
    assert page.context["page_obj"].number == 1
    assert next(iter(page.context["others"])).title == "Theirs 30"


@pytest.mark.parametrize(
    ("who", "begin"),
    [("scout", "search"), ("operator", "market"), ("finance", None), ("editor", "listing_new")],
)
def test_empty_desk_says_what_to_begin_with(client, world, items, who, begin):
    acting = person(world.uni, Role.EDITOR) if who == "editor" else getattr(world, who)
    page = signed_in(client, acting).get(DESK)
    assert "Nothing waits for you." in page.content.decode()
    step = page.context["first_step"]
    assert (step and step[0]) == (begin and reverse(begin))


def test_desk_without_an_organisation_leads_to_registration(client, db):
    page = signed_in(client, person(None)).get(DESK)
    assert reverse("organisation_register") in page.content.decode()


@pytest.mark.parametrize(
    ("state", "words"), [("PENDING", "waiting for verification"), ("REFUSED", "not verified")]
)
def test_desk_tells_that_the_organisation_is_not_verified(client, db, state, words):
    decided = {"decided_at": None, "decision_reason": ""} if state == "PENDING" else {}
    acting = person(organisation(Kind.ENTERPRISE, "新公司", state=state, **decided), Role.ADMIN)
    assert words in signed_in(client, acting).get(DESK).content.decode()


def test_desk_asks_for_sign_in(client, db):
    assert client.get(DESK).status_code == 302


def figures(acting) -> dict:
    return {one.label: one.sums or one.count for one in standing_of(acting)}


def test_figures_follow_what_a_person_may_read(world):
    invoice(world.contract, 70_000, due_on=today() + timedelta(days=5))
    invoice(world.contract, 30_000, on=today() - timedelta(days=60), due_on=today() - timedelta(days=1))
    sums = {"应收未收": (Money(100_000),), "其中逾期": (Money(30_000),)}
    assert figures(world.finance) == {
        "已发布成果": 1, "进行中的洽谈": 0, "筹备中的合同": 0, "履行中的合同": 1, **sums,
    }  # fmt: skip
    assert figures(world.payer)["应付未付"] == (Money(100_000),)
    assert figures(world.inventor) == {"已发布成果": 1}
    assert not {"应收未收", "应付未付"} & figures(world.broker).keys()
    assert figures(world.other_finance)["履行中的合同"] == 0
    assert figures(world.operator) == {}
    assert standing_of(Acting(None)) == []
