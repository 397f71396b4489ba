"""What must hold for every contract: nothing lost, no order of arrival matters, nothing charged too early."""

import dataclasses
import json
from datetime import date, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts import rating
from contracts.rating.schedule import window_of
from contracts.rating.working import read_working
from marketplace import terms

from .generate import contracts
from .generate_terms import METERED, PIECES

LOOSE = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


def plain(result):
    """A rating as comparable values, the working included."""
    return [(c.key, c.dated_on, c.amount.minor, rating.working_json(c.working)) for c in result.charges]


@LOOSE
@given(contracts(), st.randoms(use_true_random=False))
def test_the_order_of_inputs_does_not_matter_and_rating_twice_is_rating_once(made, random):
    versions, facts, usage, until, _ = made
    once = rating.rate(versions, facts, usage, until, hashed=True)
    mixed, turned = list(usage), list(versions)
    random.shuffle(mixed)
    random.shuffle(turned)
    other = dataclasses.replace(
        facts, accepted=facts.accepted[::-1], events=facts.events[::-1], closed=facts.closed[::-1]
    )
    again = rating.rate(turned, other, mixed, until, hashed=True)
    assert plain(again) == plain(once)
    assert (again.triggers, again.paid_up_on, again.inputs_hash) == (
        once.triggers,
        once.paid_up_on,
        once.inputs_hash,
    )


@LOOSE
@given(contracts(missing=True), st.integers(0, 1200))
def test_rating_up_to_a_day_and_then_on_is_rating_at_once(made, days):
    versions, facts, usage, until, missing = made
    usage = [row for row in usage if not any(p.start <= row.period_end <= p.end for p in missing)]
    middle = min(facts.effective_on + timedelta(days=days), until)
    early = rating.rate(versions, facts, usage, middle)
    late = rating.rate(versions, facts, usage, until)
    upto = [line for line in plain(late) if line[1] <= middle]
    held = {
        waiting.element_id for waiting in late.waiting
    }  # a report missing since may have fired a threshold first
    assert [line for line in plain(early) if line in upto or line[0].element_id not in held] == upto


@LOOSE
@given(contracts(missing=True))
def test_no_charge_is_made_that_a_missing_report_could_still_change(made):
    versions, facts, usage, until, missing = made
    known = [row for row in usage if not any(p.start <= row.period_end <= p.end for p in missing)]
    with_gaps = rating.rate(versions, facts, known, until)
    closed = [rating.Closed(meter, *period) for meter in (METERED, PIECES) for period in missing]
    complete = dataclasses.replace(
        facts, accepted=(*facts.accepted, *missing), closed=(*facts.closed, *closed)
    )
    full = {charge.key: charge.amount for charge in rating.rate(versions, complete, usage, until).charges}
    for charge in with_gaps.charges:
        assert full.get(charge.key) == charge.amount


@LOOSE
@given(contracts(), st.integers(2, 5))
def test_splitting_rows_changes_nothing(made, parts):
    versions, facts, usage, until, _ = made
    split = [piece for row in usage for piece in _split(row, parts)]
    before = [(c.key, c.amount, c.exact) for c in rating.rate(versions, facts, usage, until).charges]
    after = [(c.key, c.amount, c.exact) for c in rating.rate(versions, facts, split, until).charges]
    assert after == before


def _split(row, parts):
    """The same quantity in several rows of the same period."""

    def shares(whole):
        part = whole // parts
        return [part] * (parts - 1) + [whole - part * (parts - 1)]

    if row.components is None:
        return [row._replace(quantity=share) for share in shares(row.quantity)]
    divided = {name: shares(amount) for name, amount in row.components.items()}
    return [
        row._replace(components={name: listed[place] for name, listed in divided.items()})
        for place in range(parts)
    ]


@LOOSE
@given(contracts())
def test_invariants_of_every_charge(made):
    versions, facts, usage, until, _ = made
    result = rating.rate(versions, facts, usage, until)
    end = max(facts.sell_off_until or date.min, facts.licence_end(versions[-1].terms))
    owed = {e.id for v in versions for e in v.terms.elements if e.commitment == "deferred_obligation"}
    options = {e.id for v in versions for e in v.terms.elements if e.commitment == "option"}
    keys = [charge.key for charge in result.charges]
    assert len(set(keys)) == len(keys)
    for charge in result.charges:
        name = f"{charge.element_id}#{charge.part}" if charge.part else charge.element_id
        assert charge.minor >= 0
        assert result.triggers[name].on <= charge.dated_on <= until  # never inside free use without a trigger
        assert charge.dated_on <= end or charge.element_id in owed
        assert charge.element_id not in options or facts.first("conversion") is not None
        assert charge.working.steps[-1].value == charge.minor
        document = json.loads(json.dumps(rating.working_json(charge.working)))
        assert rating.working_json(read_working(document)) == document
        for lang in ("zh-hans", "en"):
            assert all(rating.sentences(charge.working, lang))
    assert result.total.minor == sum(charge.minor for charge in result.charges)
    assert len(result.of("node")) <= 1
    _hold_caps(versions, facts, result)
    parts = result.of("parts")
    plan = versions[-1].terms.element("parts")
    capped = any("parts" in cap.counts for version in versions for cap in version.terms.caps)
    if plan and len(parts) == len(plan.parts) and not capped and len(versions) == 1:
        assert sum(charge.minor for charge in parts) == plan.amount


def _hold_caps(versions, facts, result):
    """No cap in force is exceeded; one that an amendment brings does not take back what was charged before."""
    since = versions[-1].effective_on
    for cap in versions[-1].terms.caps:
        counted = [charge for charge in result.charges if charge.element_id in cap.counts]
        windows: dict = {}
        for charge in counted:
            key = window_of(cap.year, charge.dated_on, facts.effective_on) if cap.span == "year" else 0
            windows.setdefault(key, []).append(charge)
        for charges in windows.values():
            before = sum(charge.minor for charge in charges if charge.dated_on < since)
            assert sum(charge.minor for charge in charges) <= max(cap.amount, before)


@LOOSE
@given(contracts(), st.randoms(use_true_random=False))
def test_corrections_at_any_moment_end_at_one_rating_from_scratch(made, random):
    """Reports and facts arrive late, are replaced, and contracts are rated in between."""
    versions, facts, usage, until, _ = made
    final = rating.rate(versions, facts, usage, until)
    issued: list[rating.Issued] = []
    for moment in range(random.randint(1, 3)):
        known = [row for row in usage if random.randint(0, 3)]
        wrong = [
            row._replace(quantity=row.quantity + 7_777)
            if row.components is None and random.randint(0, 4) == 0
            else row
            for row in known
        ]
        events = facts.events if random.randint(0, 1) else ()
        accepted = facts.accepted[: random.randint(0, len(facts.accepted))]
        then = rating.rate(
            versions[: 1 if moment == 0 else None],
            dataclasses.replace(facts, events=events, accepted=accepted),
            wrong,
            min(facts.effective_on + timedelta(days=random.randint(0, 1200)), until),
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
@given(contracts(versions=1), st.integers(1, 50_000))
def test_more_sales_never_lower_what_a_royalty_comes_to(made, more):
    """True of every royalty by itself, save where a falling rate applies to the whole, or where more sales let it begin
    earlier and so more of what was paid to third parties is set off against it."""
    versions, facts, usage, until, _ = made
    document = terms.write(versions[0].terms)
    royalties = [element for element in document["elements"] if element["kind"] == "royalty"][:1]
    for element in royalties:
        if element["rate"].get("mode") == "whole":
            element["rate"]["mode"] = "excess"
        if "threshold" in json.dumps(element.get("trigger")):
            element["stacking"] = None
    versions = [versions[0]._replace(terms=terms.read({**document, "caps": [], "elements": royalties}))]
    higher = [
        row
        if row.meter == "third_party_royalties" or row.components is not None
        else row._replace(quantity=row.quantity + more)
        for row in usage
    ]
    low = rating.rate(versions, facts, usage, until)
    high = rating.rate(versions, facts, higher, until)
    rounding = len(high.charges)  # more in one period moves the tiers of the next: half a fen each way, each
    assert high.total.minor + rounding >= low.total.minor or high.waiting
