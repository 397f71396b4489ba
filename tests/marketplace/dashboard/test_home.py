from datetime import date, timedelta

import pytest
from django.core.cache import cache
from django.utils import translation

from cms.models import Field, NeedPage
from cms.structure import ensure_institution_page
from contracts.lifecycle.models import LicenceContract
from contracts.payments.models import Allocation
from marketplace.clock import now, today
from marketplace.dashboard.queries import fields_with_listings, market_numbers, newest_listings, newest_needs
from marketplace.organisations.roles import Kind
from tests.contracts.payments.world import contract, invoice
from tests.marketplace.dashboard.world import payment
from tests.marketplace.deals.conftest import listing, organisation

HOME = "/zh-hans/"


def allocate(payment, invoice, minor, **facts):
    return Allocation.objects.create(
        payment=payment, invoice=invoice, amount_minor=minor, allocated_on=today(), **facts
    )


def need(firm, title, **facts):
    page = NeedPage(organisation=firm, title_zh=title, live=True, **facts)
    page.derive()
    return ensure_institution_page(firm).add_child(instance=page)


def test_numbers_tell_what_anybody_may_read(world):
    listing(world.uni, "只给受邀者", visibility="INVITED")
    listing(world.uni, "草稿", live=False)
    listing(organisation(Kind.UNIVERSITY, "未核验大学", state="PENDING", decided_at=None), "看不见")
    need(world.firm, "求购")
    went_on, tried = contract(world), contract(world)
    dates = {"trial_starts_on": date(2026, 2, 1), "trial_ends_on": date(2026, 8, 1)}
    LicenceContract.objects.filter(pk=went_on.pk).update(
        state="CLOSED_EXPIRED", activated_on=date(2026, 8, 1), **dates
    )
    LicenceContract.objects.filter(pk=tried.pk).update(state="TRIAL", **dates)
    bill = invoice(world.contract, 500_000)
    received = payment(world, 300_000)
    wrong = allocate(received, bill, 100_000)
    allocate(received, bill, -100_000, reverses=wrong, reason="wrong invoice")
    allocate(received, bill, 250_000)

    numbers = market_numbers()

    assert (numbers.listings, numbers.needs, numbers.trials, numbers.converted) == (1, 1, 1, 1)
    assert numbers.institutions == 2  # the world has two universities
    assert numbers.paid_minor == 250_000


def test_fields_are_counted_with_their_categories(world):
    materials = Field.objects.get(code="materials")
    counts = {materials.pk: 3, Field.objects.get(code="optical-engineering").pk: 5}
    (category,) = fields_with_listings(counts)
    assert (category.field.code, category.listings) == ("engineering", 8)
    assert [(field.code, n) for field, n in category.disciplines] == [
        ("optical-engineering", 5),
        ("materials", 3),
    ]


def test_newest_listings_let_every_institution_appear_first(world):
    other = organisation(Kind.UNIVERSITY, "第三大学")
    start = now()
    mine = [
        listing(world.uni, f"批量导入{n}", first_published_at=start + timedelta(minutes=n)) for n in range(4)
    ]
    theirs = listing(other, "另一家的成果", first_published_at=start - timedelta(days=30))
    english = listing(other, "", first_published_at=start + timedelta(days=1))
    with translation.override("zh-hans"):
        found = list(newest_listings(limit=20))
    assert [page.pk for page in found[:3]] == [mine[3].pk, theirs.pk, mine[2].pk]
    assert found[-1].pk == english.pk


def test_needs_that_are_over_come_last(world):
    over = need(world.firm, "过期", deadline_on=today() - timedelta(days=1), first_published_at=now())
    running = need(world.firm, "征集中", deadline_on=today(), first_published_at=now() - timedelta(days=9))
    assert [page.pk for page in newest_needs()] == [running.pk, over.pk]


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_home_has_a_fixed_number_of_queries(client, world, language, django_assert_num_queries):
    client.get(f"/{language}/")  # fills what is kept for the process: site, content types
    for listings in (1, 3):
        for n in range(listings):
            listing(world.uni, f"成果{listings}{n}", field=Field.objects.get(code="materials"))
            need(world.firm, f"需求{listings}{n}")
        cache.delete("market_numbers")
        with django_assert_num_queries(15):
            answer = client.get(f"/{language}/")
        with django_assert_num_queries(8):
            again = client.get(f"/{language}/")
        assert answer.status_code == again.status_code == 200


def test_home_of_an_empty_market_says_so(client, world):
    world.listing.live = False
    world.listing.save()
    page = client.get("/en/").content.decode()
    assert "Nothing is published yet." in page
    assert "No needs are published yet." in page
