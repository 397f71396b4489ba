"""What must hold for every contract: nothing lost, no order of arrival matters, nothing charged too early."""

import dataclasses
import json
from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts import rating
from contracts.rating.working import read_working
from marketplace import terms
from marketplace.money import Money

from .strategies import EFFECT, UNTIL, cases

LOOSE = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


def plain(result):
    """A rating as comparable values, the working included."""
    return [(c.key, c.dated_on, c.amount.minor, rating.working_json(c.working)) for c in result.charges]


@LOOSE
@given(cases(), st.randoms(use_true_random=False))
def test_the_order_of_inputs_does_not_matter_and_rating_twice_is_rating_once(case, random):
    versions, facts, usage, _ = case
    once = rating.rate(versions, facts, usage, UNTIL, hashed=True)
    mixed, turned = list(usage), list(versions)
    random.shuffle(mixed)
    random.shuffle(turned)
    other = dataclasses.replace(facts, accepted=facts.accepted[::-1], events=facts.events[::-1])
    again = rating.rate(turned, other, mixed, UNTIL, hashed=True)
    assert plain(again) == plain(once)
    assert (again.triggers, again.paid_up_on, again.inputs_hash) == (
        once.triggers,
        once.paid_up_on,
        once.inputs_hash,
    )


@LOOSE
@given(cases(with_missing=True), st.integers(0, 1200))
def test_rating_up_to_a_day_and_then_on_is_rating_at_once(case, days):
    versions, facts, usage, missing = case
    usage = [row for row in usage if not any(p.start <= row.period_end <= p.end for p in missing)]
    middle = EFFECT + timedelta(days=days)
    early = rating.rate(versions, facts, usage, middle)
    late = rating.rate(versions, facts, usage, UNTIL)
    upto = [line for line in plain(late) if line[1] <= min(middle, UNTIL)]
    held = {
        waiting.element_id for waiting in late.waiting
    }  # a report missing since may have fired a threshold first
    assert [line for line in plain(early) if line in upto or line[0].element_id not in held] == upto


@LOOSE
@given(cases(with_missing=True))
def test_no_charge_is_made_that_a_missing_report_could_still_change(case):
    versions, facts, usage, missing = case
    known = [row for row in usage if not any(p.start <= row.period_end <= p.end for p in missing)]
    with_gaps = rating.rate(versions, facts, known, UNTIL)
    complete = dataclasses.replace(facts, accepted=(*facts.accepted, *missing))
    full = {charge.key: charge.amount for charge in rating.rate(versions, complete, usage, UNTIL).charges}
    for charge in with_gaps.charges:
        assert full.get(charge.key) == charge.amount


@LOOSE
@given(cases(versions=1), st.integers(2, 5))
def test_splitting_rows_changes_nothing(case, parts):
    versions, facts, usage, _ = case
    whole = [row._replace(quantity=abs(row.quantity)) for row in usage]
    split = [
        row._replace(quantity=share.minor)
        for row in whole
        for share in Money(int(row.quantity)).split([1] * parts)
    ]
    before = [(c.key, c.amount, c.exact) for c in rating.rate(versions, facts, whole, UNTIL).charges]
    after = [(c.key, c.amount, c.exact) for c in rating.rate(versions, facts, split, UNTIL).charges]
    assert after == before


@LOOSE
@given(cases())
def test_invariants_of_every_charge(case):
    versions, facts, usage, _ = case
    result = rating.rate(versions, facts, usage, UNTIL)
    end = facts.sell_off_until or facts.licence_end(versions[-1].terms)
    keys = [charge.key for charge in result.charges]
    assert len(set(keys)) == len(keys)
    for charge in result.charges:
        name = f"{charge.element_id}#{charge.part}" if charge.part else charge.element_id
        assert charge.amount.minor >= 0
        assert result.triggers[name].on <= charge.dated_on <= end
        assert charge.dated_on <= UNTIL
        last = charge.working.steps[-1]
        assert last.value == charge.amount.minor
        document = json.loads(json.dumps(rating.working_json(charge.working)))
        assert rating.working_json(read_working(document)) == document
        for lang in ("zh-hans", "en"):
            assert all(rating.sentences(charge.working, lang))
    for cap in versions[-1].terms.caps:
        counted = [charge for charge in result.charges if charge.element_id in cap.counts]
        if cap.span == "life":  # a cap that an amendment brings does not take back what was charged before
            before = sum(charge.minor for charge in counted if charge.dated_on < versions[-1].effective_on)
            assert sum(charge.minor for charge in counted) <= max(cap.amount, before)
        for year in range(2026, 2030):
            if cap.span == "year":
                assert sum(c.amount.minor for c in counted if c.dated_on.year == year) <= cap.amount
    assert len(result.of("milestone")) <= 1
    parts = result.of("parts")
    capped = any("parts" in cap.counts for cap in versions[-1].terms.caps)
    if len(parts) == 3 and not capped:
        assert sum(charge.amount.minor for charge in parts) == 100_001


@LOOSE
@given(st.data(), cases())
def test_corrections_at_any_moment_end_at_one_rating_from_scratch(data, case):
    """Reports and facts arrive late, are replaced, and contracts are rated in between."""
    versions, facts, usage, _ = case
    final = rating.rate(versions, facts, usage, UNTIL)
    issued: list[rating.Issued] = []
    for moment in range(data.draw(st.integers(1, 3))):
        known = [row for row in usage if data.draw(st.integers(0, 3))]
        wrong = [row._replace(quantity=row.quantity + 7_777) if data.draw(st.integers(0, 4)) == 0 else row
                 for row in known]  # fmt: skip
        events = facts.events if data.draw(st.booleans()) else ()
        accepted = facts.accepted[: data.draw(st.integers(0, len(facts.accepted)))]
        then = rating.rate(
            versions[: 1 if moment == 0 else None],
            dataclasses.replace(facts, events=events, accepted=accepted),
            wrong,
            EFFECT + timedelta(days=data.draw(st.integers(0, 1200))),
        )
        _issue(issued, rating.correct(issued, then))
    _issue(issued, rating.correct(issued, final))
    sums: dict = {}
    for key, amount in issued:
        sums[key] = sums.get(key, 0) + amount.minor
    waiting_keys = set(rating.correct(issued, final).held)
    expected = {charge.key: charge.amount.minor for charge in final.charges}
    for key, amount in sums.items():
        if key not in waiting_keys:
            assert amount == expected.get(key, 0)
    assert set(expected) <= set(sums)


def _issue(issued, corrections):
    issued += [rating.Issued(charge.key, charge.amount) for charge in corrections.new]
    issued += [rating.Issued(adjustment.key, adjustment.amount) for adjustment in corrections.adjustments]


@LOOSE
@given(cases(versions=1), st.integers(1, 50_000))
def test_more_sales_never_lower_a_royalty(case, more):
    """True of every royalty by itself, save where a falling rate applies to the whole."""
    versions, facts, usage, _ = case
    document = terms.write(versions[0].terms)
    alone = {**document, "caps": [], "elements": [e for e in document["elements"] if e["id"] == "royalty"]}
    if alone["elements"][0]["rate"].get("mode") == "whole":
        alone["elements"][0]["rate"]["mode"] = "excess"
    versions = [versions[0]._replace(terms=terms.read(alone))]
    higher = [
        row if row.meter == "third_party_royalties" else row._replace(quantity=row.quantity + more)
        for row in usage
    ]
    low = rating.rate(versions, facts, usage, UNTIL)
    high = rating.rate(versions, facts, higher, UNTIL)
    rounding = len(high.charges)  # more in one period moves the tiers of the next: half a fen each way, each
    assert high.total.minor + rounding >= low.total.minor or high.waiting
