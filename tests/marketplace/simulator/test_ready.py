"""What has to be assumed, the ready scenarios, and the scenario that follows."""

import json
from datetime import date

import pytest

from marketplace import terms
from marketplace.simulator.assumed import Assumed, play, scenario_of, stretches_of
from marketplace.simulator.needs import needs_of
from marketplace.simulator.ready import KEYS, ready
from marketplace.simulator.scenario import read_scenario
from marketplace.simulator.simulate import simulate
from marketplace.terms.presets import PRESETS, preset

from .test_examples import CHARGES, read

START = date(2026, 1, 15)


def example(name):
    return terms.read(read(name, "terms"))


@pytest.mark.parametrize("name", sorted(PRESETS))
@pytest.mark.parametrize("key", KEYS)
def test_every_preset_plays_without_anything_waiting(name, key):
    played = play(preset(name), ready(key, preset(name), START))
    assert played.answer["waiting"] == []
    assert played.answer == simulate(played.agreed, played.scenario)


@pytest.mark.parametrize("name", sorted(CHARGES))
def test_every_example_plays_in_every_ready_scenario_and_more_sales_never_cost_less(name):
    agreed = example(name)
    start = date.fromisoformat(read(name, "scenario")["facts"]["effective_on"])
    played = {key: play(agreed, ready(key, agreed, start)) for key in KEYS}
    assert [played[key].answer["waiting"] for key in KEYS] == [[]] * 4
    totals = [played[key].answer["total"] for key in ("nothing", "slow", "expected", "fast")]
    assert totals == sorted(totals)


def test_what_is_assumed_is_asked_for_by_the_terms():
    needs = needs_of(preset("entry_royalty"))
    assert ([meter.key for meter in needs.meters], needs.events) == (["net_sales"], ("first_income",))
    assert needs.decides  # the entry fee is an option
    assert needs_of(preset("deferred")).meters == ()
    assert [meter.key for meter in needs_of(example("D15")).meters] == ["net_sales", "third_party_royalties"]
    assert needs_of(preset("milestones")).events == ("milestone:validation", "milestone:launch")


def test_nothing_sold_means_nothing_sold_nothing_happened_and_no_conversion():
    agreed = preset("entry_royalty")
    scenario = scenario_of(agreed, ready("nothing", agreed, START))
    assert (scenario.usage, scenario.events) == ((), ())
    assert scenario.facts.declined_on == date(2027, 1, 14)  # the last free day


def test_a_decision_falls_on_the_last_free_day_and_a_delivery_on_the_first():
    agreed = preset("option", trial_months="12", trial_starts="delivery")
    known = scenario_of(agreed, Assumed(effective_on=START)).facts
    assert (known.delivered_on, known.converted_on) == (START, date(2027, 1, 14))


def test_the_whole_path_arrives_in_the_rows():
    agreed = preset("royalty")
    path = (100_00, 70_000_01, 3, 0, 12_345_678_99)
    scenario = scenario_of(agreed, Assumed(effective_on=START, paths={"net_sales": path}))
    assert sum(row.quantity for row in scenario.usage) == sum(path)
    days = [(row.start, row.end) for row in scenario.usage]
    assert days == sorted(days)


def test_a_longer_licence_sells_on_at_the_same_pace_and_a_shorter_one_less():
    assumed = Assumed(effective_on=date(2026, 12, 1), paths={"net_sales": (100_000_00,)})
    stretches = stretches_of(preset("royalty"), assumed)
    sold = {
        months: sum(row.quantity for row in scenario_of(agreed, assumed, stretches).usage)
        for months in (18, 60, 240)
        for agreed in [preset("royalty", term_months=str(months))]
    }
    assert sold == {18: 150_000_00, 60: 500_000_00, 240: 2_000_000_00}


def test_by_reporting_period_each_value_is_one_report():
    agreed = preset("royalty", trigger_months="", trigger_event="first_income")
    assumed = Assumed(
        effective_on=date(2026, 1, 1),
        by="period",
        paths={"net_sales": (1_00, 2_00, 3_00)},
        events={"first_income": date(2026, 4, 1)},
    )
    rows = [(row.start, row.quantity) for row in scenario_of(agreed, assumed).usage][:4]
    quarters = [stretch.start for stretch in stretches_of(agreed, assumed)][:4]
    assert rows == list(zip(quarters, [1_00, 2_00, 3_00, 3_00], strict=True))


def test_rows_are_split_where_the_trigger_falls_into_a_period():
    agreed = preset("royalty", trigger_months="13")
    played = play(agreed, Assumed(effective_on=START, paths={"net_sales": (0, 120_000_00)}))
    assert played.answer["waiting"] == []
    assert date(2027, 2, 15) in {row.start for row in played.scenario.usage}


def test_a_played_scenario_is_a_document_that_command_and_api_take():
    agreed = preset("entry_royalty")
    played = play(agreed, ready("expected", agreed, START))
    document = json.loads(json.dumps(terms.write(played.scenario)))
    assert simulate(terms.read(terms.write(agreed)), read_scenario(document)) == played.answer
