""" "Open to my organisation": rules of a programme held against the result when it is indexed, against the enterprise
when it searches."""

from datetime import date

import pytest

from marketplace.organisations.roles import Kind
from marketplace.programmes.models import Key, PilotProgramme, ProgrammeRule
from tests.cms.world import University
from tests.factories.ground import make_acting, signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("database_search")]


@pytest.fixture
def pilot():
    def make(code, **rules):
        programme = PilotProgramme.objects.create(code=code, name_zh=f"{code}试点", name_en=f"Pilot {code}")
        for key, value in rules.items():
            ProgrammeRule.objects.create(
                programme=programme, key=Key[key], value=value, valid_from=date(2025, 1, 1), source="example"
            )

    return make


def shown(client, acting) -> set[str]:
    page = signed_in(client, acting).get("/en/search/?eligible=mine").content.decode()
    return {name for name in ("Open anode", "Ripe anode", "Raw anode") if name in page}


def test_only_results_and_programmes_that_shut_nobody_out_are_open(client, pilot, drained):
    pilot("regional", LICENSEE_REGIONS=["42"], MIN_TRL=6)
    pilot("anybody")
    uni = University()
    uni.published(title_en="Open anode", programme="anybody", trl=2)
    uni.published(title_en="Ripe anode", programme="regional", trl=7)
    uni.published(title_en="Raw anode", programme="regional", trl=3)
    uni.published(title_en="Anode of no programme", trl=7)
    drained()
    seen = {
        "near": shown(client, make_acting("ENTERPRISE", "SCOUT", region="420100")),
        "far": shown(client, make_acting("ENTERPRISE", "SCOUT", region="330100")),
        "agency": shown(client, make_acting(Kind.AGENCY)),
    }
    assert seen == {"near": {"Open anode", "Ripe anode"}, "far": {"Open anode"}, "agency": set()}
    client.logout()
    visitor = client.get("/en/search/").content.decode()
    assert "open to my organisation" not in visitor
    near = signed_in(client, make_acting("ENTERPRISE", "SCOUT", region="420100"))
    assert "open to my organisation" in near.get("/en/search/").content.decode()
