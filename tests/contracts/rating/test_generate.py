"""The random contracts leave nothing of the language out, and hold no contradiction."""

import types
from dataclasses import fields, is_dataclass
from enum import StrEnum
from random import Random
from typing import Union, get_args, get_origin

import pytest
from hypothesis import given, settings

from contracts import rating
from contracts.rating.steps import STEPS
from marketplace import terms
from marketplace.terms.codec import alternatives, shape

from .generate import contract, contracts, document
from .generate_terms import errors

SEEDS = 400
# interest and audits are apart
NOT_A_CHARGE = {*(code for code in STEPS if code.startswith("interest_")), "gap", "audit_cost"}
RARE = {"not_negative"}  # a test of its own in test_compositions


@pytest.fixture(scope="module")
def drawn():
    return [contract(Random(seed), missing=seed % 4 == 0) for seed in range(SEEDS)]


def test_random_terms_hold_no_contradiction_and_say_the_same_when_drawn_again(drawn):
    for made in drawn:
        for version in made.versions:
            assert errors(terms.write(version.terms)) == []
        for before, after in zip(made.versions, made.versions[1:], strict=False):
            assert terms.check_amendment(before.terms, after.terms) == []
    assert contract(Random(SEEDS - 1), missing=(SEEDS - 1) % 4 == 0) == drawn[-1]
    assert document(Random(7)) == document(Random(7)) != document(Random(8))


def test_every_kind_field_and_choice_of_the_language_is_drawn(drawn):
    seen: dict[tuple, set] = {}
    for made in drawn:
        for version in made.versions:
            _look(version.terms, seen)
    assert {missing for cls in _classes(terms.Terms) for missing in _unseen(cls, seen)} == set()


def test_every_step_of_a_working_and_every_reason_to_wait_comes_up(drawn):
    codes, reasons, triggers = set(), set(), set()
    for made in drawn:
        result = rating.rate(made.versions, made.facts, made.usage, made.until)
        codes |= {step.code for charge in result.charges for step in charge.working.steps}
        codes |= {part.code for c in result.charges for step in c.working.steps for part in step.parts}
        reasons |= {waiting.reason for waiting in result.waiting}
        triggers |= {fired.by for fired in result.triggers.values() if fired}
    assert set(STEPS) - NOT_A_CHARGE - RARE - codes == set()
    assert reasons == {"report_missing", "earlier_period", "split_needed"}
    assert triggers == {"time", "event", "threshold"}


@settings(deadline=None, max_examples=20)
@given(contracts(versions=1))
def test_as_a_strategy(made):
    assert len(made.versions) == 1
    rating.rate(made.versions, made.facts, made.usage, made.until)


def _look(value, seen) -> None:
    """Remember the value of every field, its kind where it is an object."""
    if isinstance(value, tuple):
        for item in value:
            _look(item, seen)
    elif is_dataclass(value):
        for field in fields(value):
            inner = getattr(value, field.name)
            found = inner if isinstance(inner, tuple) else (inner,)
            kinds = {type(item).__name__ if is_dataclass(item) else item for item in found}
            seen.setdefault((type(value).__name__, field.name), set()).update(kinds or {()})
            _look(inner, seen)


def _classes(cls, known=None) -> set[type]:
    """Every class that terms are made of."""
    known = set() if known is None else known
    if cls not in known:
        known.add(cls)
        for kind_of, _ in shape(cls).values():
            for member in _members(kind_of):
                if is_dataclass(member):
                    _classes(member, known)
    return known


def _members(kind_of) -> tuple:
    members = alternatives(kind_of)
    if get_origin(members[0]) is tuple:
        return _members(get_args(members[0])[0])
    return members


def _unseen(cls, seen):
    """What a field may be and never was."""
    for name, (kind_of, _) in shape(cls).items():
        found = seen.get((cls.__name__, name), set())
        if cls is terms.Cap and name == "span":
            expected = {"life", "year"}  # a cap for a period is refused
        elif cls is terms.Tiers and name == "span":
            expected = {"life", "year"}
        elif cls is terms.Milestone and name == "trigger":
            expected = _expected(kind_of) - {None}  # a milestone is its trigger
        else:
            expected = _expected(kind_of)
        for choice in expected - found:
            yield f"{cls.__name__}.{name}: {choice}"
        if len(expected) == 0 and name not in ("format", "id") and len(found) < 2:
            yield f"{cls.__name__}.{name} is always {found}"


def _expected(kind_of) -> set:
    members = _members(kind_of)
    expected: set = set()
    for member in members:
        if is_dataclass(member):
            expected.add(member.__name__)
        elif member is bool:
            expected |= {True, False}
        elif isinstance(member, type) and issubclass(member, StrEnum):
            expected |= set(member)
    if get_origin(kind_of) in (Union, types.UnionType) and type(None) in get_args(kind_of):
        expected.add(None)
    return expected
