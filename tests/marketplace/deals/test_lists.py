import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from marketplace.deals.panels import open_commissions, open_invitations, waiting_deals
from marketplace.deals.services import add_file, make_offer, open_enquiry
from marketplace.desk import items_for
from marketplace.terms import presets
from tests.marketplace.deals.conftest import listing, mandate


@pytest.mark.parametrize("reader", ["officer", "broker", "operator"])
@pytest.mark.parametrize("rows", [1, 3])
def test_lists_ask_a_fixed_number_of_questions(world, sign_in, django_assert_num_queries, reader, rows):
    mandate(world.agency, world.firm)
    for number in range(rows):
        page = listing(world.uni, f"成果{number}")
        open_enquiry(page, actor=world.broker, message="?", on_behalf_of=world.firm)
    client = sign_in(getattr(world, reader))
    client.get(reverse("deals"))
    with django_assert_num_queries({"officer": 7, "broker": 7, "operator": 6}[reader]):
        client.get(reverse("deals"))
    if reader == "broker":
        with django_assert_num_queries(6):
            client.get(reverse("pipeline"))
        with django_assert_num_queries(3):
            items = [*waiting_deals(world.broker), *open_invitations(world.broker)]
            items += open_commissions(world.broker)
        assert len(items) == rows


@pytest.mark.parametrize("rows", [1, 3])
def test_the_room_asks_a_fixed_number_of_questions(world, sign_in, django_assert_num_queries, rows):
    deal = open_enquiry(world.listing, actor=world.scout, message="?")
    for number in range(rows):
        open_enquiry(world.listing, actor=world.scout, message=f"{number}?")
        add_file(deal, actor=world.scout, file=SimpleUploadedFile("data.csv", b"a,b\n1,2\n"))
        make_offer(deal, actor=world.officer, terms=presets.preset("royalty", rate=str(3 + number)))
    client = sign_in(world.signatory)
    client.get(deal.get_absolute_url())
    with django_assert_num_queries(19):
        client.get(deal.get_absolute_url())


def test_lists_filter_sort_and_export(world, sign_in, terms):
    first = open_enquiry(world.listing, actor=world.scout, message="?")
    second = open_enquiry(listing(world.uni, "=第二项"), actor=world.scout, message="?")
    make_offer(second, actor=world.officer, terms=terms)
    client = sign_in(world.officer)

    def numbers(query):
        return [deal.number for deal, _stands in client.get(reverse("deals") + query).context["rows"]]

    assert numbers("?sort=number") == [first.number, second.number]
    assert numbers("?sort=-number") == [second.number, first.number]
    assert numbers("?next=me") == [first.number]
    assert numbers("?next=them") == [second.number]
    assert numbers("?side=LICENSEE&state=OPEN") == []
    assert numbers(f"?partner={world.firm.pk}&sort=number") == [first.number, second.number]
    assert numbers("?q=第二") == [second.number]
    assert len(numbers("?state=X&side=Y&partner=a&next=z&sort=nonsense&page=99")) == 2
    table = client.get(reverse("deals") + "?export=csv&sort=number").content.decode("utf-8-sig")
    assert first.number in table
    assert "'=第二项" in table
    assert sign_in(world.stranger).get(reverse("deals")).context["rows"] == []
    assert sign_in(world.officer).get(reverse("pipeline")).status_code == 404


def test_the_board_sorts_by_who_must_act(world, sign_in, terms):
    mandate(world.agency, world.firm)
    waiting = open_enquiry(world.listing, actor=world.broker, message="?", on_behalf_of=world.firm)
    ours = open_enquiry(listing(world.uni, "二"), actor=world.broker, message="?", on_behalf_of=world.firm)
    make_offer(ours, actor=world.officer, terms=terms)
    board = sign_in(world.broker).get(reverse("pipeline")).context["board"]
    cards = {column["key"]: [card["deal"].number for card in column["cards"]] for column in board}
    assert cards == {
        "mine": [ours.number],
        "LICENSOR": [waiting.number],
        "LICENSEE": [],
        "AGREED": [],
        "CLOSED": [],
    }
    assert {item.url: item.waits_for for item in items_for(world.broker)} == {
        ours.get_absolute_url(): "me",
        waiting.get_absolute_url(): "them",
    }
