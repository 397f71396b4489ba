from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from contracts.lifecycle import services
from contracts.lifecycle.actions import actions_for
from contracts.lifecycle.models import LicenceContract
from marketplace.clock import at
from tests.contracts.lifecycle import world as made
from tests.factories.ground import signed_in

TABS = ("overview", "terms", "documents", "facts", "history")
DAY = timedelta(days=1)


def _objected(world):
    contract = made.on_notice(world)
    with at(date(2026, 1, 7)):
        services.lodge_objection(
            contract.notices.get(), name="张三", contact="a@example.com", text="价格过低"
        )
    return contract


def _in_breach(world):
    contract = made.trying(world)
    with at(date(2026, 3, 1)):
        services.record_fact(contract, actor=world.officer, name="first_income", on=date(2026, 2, 20))
        services.notify_breach(contract, actor=world.officer, kind="OTHER", words="越界使用")
        services.raise_dispute(contract, actor=world.signatory, reason="数量不符")
    return contract


def _winding_down(world):
    contract = made.trying(world)
    with at(date(2026, 12, 10)):
        services.decide(contract, actor=world.signatory, choice="DECLINE")
        services.certify_stop(contract, actor=world.signatory, material="DESTROYED", file=made.pdf())
    return contract


STORIES = {
    "draft": (lambda world: made.drafted(world, three_party=True), date(2026, 1, 5)),
    "review": (made.in_review, date(2026, 1, 5)),
    "notice": (made.on_notice, date(2026, 1, 8)),
    "objection": (_objected, date(2026, 1, 8)),
    "signing": (lambda world: made.signing(world, three_party=True), date(2026, 1, 22)),
    "delivery": (made.signed, date(2026, 2, 1)),
    "trial": (lambda world: made.trying(world, three_party=True), date(2026, 2, 1)),
    "breach": (_in_breach, date(2026, 6, 1)),
    "wind_down": (_winding_down, date(2026, 12, 11)),
}


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("story", STORIES)
def test_every_tab_and_every_button_opens(world, client, story, language):
    build, day = STORIES[story]
    contract = made.fresh(build(world))
    people = [
        world.officer,
        world.approver,
        world.uni_signatory,
        world.signatory,
        world.reporter,
        world.finance,
    ]
    if contract.agency_id:
        people += [world.broker, world.agency_signatory]
    seen = set()
    with at(day):
        for person in people:
            signed_in(client, person)
            for tab in TABS:
                page = client.get(f"/{language}/contracts/{contract.number}/?tab={tab}")
                assert page.status_code == 200, (person, tab)
            page = client.get(f"/{language}/contracts/")
            assert contract.number in page.content.decode()
            for action in actions_for(made.fresh(contract), person):
                seen.add(action.key)
                if not action.effect:
                    address = action.url.replace("/zh-hans/", f"/{language}/")
                    assert client.get(address).status_code == 200, (person, action.key)
            assert client.get(f"/{language}/contracts/{contract.number}/verify/").status_code == 200
    assert seen or story == "notice"


VISIBLE = {
    "officer": 200, "approver": 200, "finance": 200, "signatory": 200, "scout": 200, "broker": 200,
    "stranger": 404, "neighbour": 404, "operator": 200,
}  # fmt: skip


@pytest.mark.django_db
def test_who_sees_a_three_party_contract(world, client):
    contract = made.trying(world, three_party=True)
    url = reverse("contract", args=[contract.number])
    found = {}
    for name in VISIBLE:
        found[name] = signed_in(client, getattr(world, name)).get(url).status_code
    assert found == VISIBLE
    client.logout()
    assert client.get(url).status_code == 302


@pytest.mark.django_db
def test_operator_sees_the_state_and_nothing_more(world, client):
    contract = made.trying(world)
    signed_in(client, world.operator)
    page = client.get(reverse("contract", args=[contract.number])).content.decode()
    assert "免费使用期" in page
    assert "密封胶" not in page
    assert "100,000" not in page
    for tab in TABS:
        same = client.get(reverse("contract", args=[contract.number]) + f"?tab={tab}").content.decode()
        assert "密封胶" not in same
    document = contract.documents.first()
    assert client.get(document.get_absolute_url()).status_code == 404


@pytest.mark.django_db
def test_contributor_shares_are_seen_by_the_licensor_alone(world, client):
    contract = made.trying(world, three_party=True)
    shown = {}
    for name in ("officer", "finance", "signatory", "broker", "uni_signatory"):
        signed_in(client, getattr(world, name))
        pages = "".join(
            client.get(reverse("contract", args=[contract.number]) + f"?tab={tab}").content.decode()
            for tab in TABS
        )
        shown[name] = "赵强" in pages
    assert shown == {
        "officer": True, "finance": True, "signatory": False, "broker": False, "uni_signatory": False,
    }  # fmt: skip


@pytest.mark.django_db
def test_technical_material_is_not_for_the_broker(world, client):
    contract = made.trying(world, three_party=True)
    paper = contract.documents.get(kind="DELIVERY")
    found = {
        name: signed_in(client, getattr(world, name)).get(paper.get_absolute_url()).status_code
        for name in ("officer", "signatory", "broker", "stranger", "operator")
    }
    assert found == {"officer": 200, "signatory": 200, "broker": 404, "stranger": 404, "operator": 404}
    signed_in(client, world.broker)
    page = client.get(reverse("contract", args=[contract.number])).content.decode()
    assert "工艺文件" not in page


@pytest.mark.django_db
def test_list_costs_the_same_for_one_and_three(world, client):
    signed_in(client, world.officer)
    made.trying(world)
    client.get(reverse("contracts"))
    with CaptureQueriesContext(connection) as one:
        client.get(reverse("contracts"))
    for number in (2, 3):
        page = made.listing(world.uni, title_zh=f"成果{number}")
        made.in_review(world, page=page)
    with CaptureQueriesContext(connection) as three:
        client.get(reverse("contracts"))
    assert LicenceContract.objects.count() == 3
    assert len(one) == len(three)
    assert len(three) <= 20


@pytest.mark.django_db
def test_list_narrows_sorts_and_exports(world, client):
    contract = made.trying(world)
    other = made.drafted(world, page=made.listing(world.uni, title_zh="激光雷达"))
    signed_in(client, world.officer)

    def numbers(query):
        page = client.get(f"{reverse('contracts')}?{query}").content.decode()
        return {one.number for one in (contract, other) if one.number in page}

    assert numbers("") == {contract.number, other.number}
    assert numbers("state=TRIAL") == {contract.number}
    assert numbers("q=激光") == {other.number}
    assert numbers("next=me") == {other.number}
    assert numbers("side=LICENSEE") == set()
    assert numbers("sort=-due&state=nonsense") == {contract.number, other.number}
    answer = client.get(f"{reverse('contracts')}?export=csv")
    assert answer["Content-Type"].startswith("text/csv")
    assert contract.number in answer.content.decode()


@pytest.mark.django_db
def test_desk_and_notices_cost_the_same_for_one_and_three(world, client):
    from marketplace.desk import items_for

    def cost():
        with CaptureQueriesContext(connection) as desk:
            titles = [item.title for item in items_for(world.officer)]
        with CaptureQueriesContext(connection) as public:
            page = client.get(f"{reverse('notices')}?show=all").content.decode()
        return len(desk), len(public), sum("C-2026-" in title for title in titles), page.count("N-2026-")

    made.on_notice(world)
    made.trying(world, page=made.listing(world.uni, title_zh="一"))
    cost()
    before = cost()
    for number in (2, 3):
        made.drafted(world, page=made.listing(world.uni, title_zh=f"草稿{number}"))
        made.on_notice(world, page=made.listing(world.uni, title_zh=f"公示{number}"))
    after = cost()
    assert after[:2] == before[:2]
    assert after[2] > before[2]
    assert after[3] > before[3]


@pytest.mark.django_db
def test_notices_are_found_sorted_and_exported(world, client):
    first = made.on_notice(world, page=made.listing(world.uni, title_zh="电解液")).notices.get()
    second = made.on_notice(world, page=made.listing(world.uni, title_zh="催化剂")).notices.get()

    def shown(**query):
        return list(client.get(reverse("notices"), {"show": "all"} | query).context["page"])

    assert shown(q="电解") == [first]
    assert shown(q=second.number) == [second]
    assert {*shown(q=world.uni.name_zh)} == {first, second}
    assert shown(sort="-number") == [second, first]
    assert shown(q="\x00nothing' OR 1", sort="content") == []
    assert "没有符合条件的公示" in client.get(reverse("notices"), {"q": "nothing"}).content.decode()
    file = client.get(reverse("notices"), {"q": "催化", "export": "csv", "show": "all"}).content.decode()
    assert second.number in file
    assert world.uni.name_zh in file
    assert first.number not in file
