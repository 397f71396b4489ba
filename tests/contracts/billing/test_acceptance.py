"""The acceptance property: whatever happens, in whatever order, invoices minus credit notes, plus what is carried,
disputed, waived, held or not invoiced yet, are one rating from scratch over what was accepted."""

import os
from collections import Counter
from random import Random

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from marketplace import terms as language
from marketplace.refusals import Refused
from tests.contracts.billing.life import Life
from tests.contracts.rating import generate, generate_terms, strategies
from tests.contracts.rating.generate_terms import EVENTS

EXAMPLES = int(os.environ.get("ACCEPTANCE_EXAMPLES", "12"))
STEPS = int(os.environ.get("ACCEPTANCE_STEPS", "25"))

places = st.integers(0, 7)
carries = st.sampled_from([0, 5_000, 10_000_000])
sizes = st.sampled_from([0, 1, 999, 12_345, 400_001, 2_000_000, 60_000_000])


def figures_of(size: int, shape: int):
    """Figures from two small numbers, so that examples shrink well; every meter and month gets another one."""

    def figures(meter: str, piece) -> int:
        if not size:
            return 0
        spread = (piece[0].month * 7 + len(meter) * 3 + shape) % 5
        amount = size * (spread + 1) // 3
        if meter == "profit" and spread == 0:
            return -amount
        return amount // 40 if meter == "third_party_royalties" else amount

    return figures


seeds = st.integers(0, 2**32 - 1).map(Random)
documents = st.one_of(strategies.documents(), seeds.map(generate.document))


COUNTS: Counter = Counter()  # how often each step was done or refused, shown by a soak


class AnyLife(RuleBasedStateMachine):
    world, kind = None, Life

    def __init__(self):
        super().__init__()
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.life, self.whole = None, False

    @initialize(document=documents, carry=carries)
    def begin(self, document, carry):
        agreed = language.read(document)
        self.document = document
        self.life = self.kind(self.world, agreed)
        self.life.carry(carry)
        self.whole = True

    def attempt(self, step, *args, **more):
        """One step; what the rules refuse leaves nothing behind."""
        self.whole, done = False, "done"
        try:
            with transaction.atomic():
                step(*args, **more)
        except Refused:
            done = "refused"
        COUNTS[step.__name__, done] += 1
        self.whole = True

    @rule(days=st.integers(1, 150))
    def pass_days(self, days):
        self.attempt(self.life.pass_days, days)

    @rule(days=st.integers(20, 130), size=sizes, shape=places)
    def a_while_with_reports(self, days, size, shape):
        self._a_while(days, size, shape)

    @rule(days=st.integers(20, 130), size=sizes, shape=places, place=places, then=sizes, carry=carries)
    def correct_what_was_billed(self, days, size, shape, place, then, carry):
        self.life.carry(carry)
        self._a_while(days, size, shape)
        self._bill()
        if found := self.life.billed_reports():
            self.attempt(self.life.amend, found[place % len(found)], figures_of(then, shape))
        self._bill()

    @rule(days=st.integers(20, 130), size=sizes, shape=places, place=places, then=sizes)
    def correct_what_was_waived(self, days, size, shape, place, then):
        self._a_while(days, size, shape)
        self.attempt(self.life.waive_and_lower, place, figures_of(then, shape))

    @rule(name=st.sampled_from(EVENTS), place=places, back=st.integers(0, 200), bill=st.booleans())
    def correct_what_happened(self, name, place, back, bill):
        self.attempt(self.life.happen, name, back, confirm=True)
        self.attempt(self.life.charge)
        if bill:
            self._bill()
        self.attempt(self.life.replace, place, (back + 97) % 200)
        self.attempt(self.life.confirm, place)
        self.attempt(self.life.charge)

    def _bill(self):
        self.attempt(self.life.charge)
        self.attempt(self.life.approve, 0, True)
        self.attempt(self.life.issue, 0, True, False)

    def _a_while(self, days, size, shape):
        self.attempt(self.life.pass_days, days)
        self.attempt(self.life.send, shape, days, size // 1000)
        self.attempt(self.life.close)
        for report in self.life.open_reports():
            self.attempt(self.life.accept, report, figures_of(size, shape))
        self.attempt(self.life.charge)

    @rule(place=places, size=sizes, shape=places)
    def report(self, place, size, shape):
        if found := self.life.open_reports():
            self.attempt(self.life.accept, found[place % len(found)], figures_of(size, shape))

    @rule(place=places, size=sizes, shape=places)
    def amend(self, place, size, shape):
        if found := self.life.accepted_reports():
            self.attempt(self.life.amend, found[place % len(found)], figures_of(size, shape))

    @rule(place=places, back=st.integers(0, 200), size=sizes)
    def send_event(self, place, back, size):
        self.attempt(self.life.send, place, back, size // 1000)

    @rule(place=places)
    def void_event(self, place):
        self.attempt(self.life.void_event, place)

    @rule(place=places, back=st.integers(0, 200), size=sizes)
    def replace_event(self, place, back, size):
        self.attempt(self.life.replace_event, place, back, size // 1000)

    @rule(most=st.integers(1, 4))
    def close(self, most):
        self.attempt(self.life.close, most=most)

    @rule(name=st.sampled_from(EVENTS), back=st.integers(0, 200), confirm=st.booleans())
    def happen(self, name, back, confirm):
        self.attempt(self.life.happen, name, back, confirm=confirm)

    @rule(place=places)
    def confirm(self, place):
        self.attempt(self.life.confirm, place)

    @rule(place=places)
    def void(self, place):
        self.attempt(self.life.void, place)

    @rule(place=places, back=st.integers(0, 200))
    def replace(self, place, back):
        self.attempt(self.life.replace, place, back)

    @rule(random=seeds, in_days=st.integers(0, 60), wait=st.sampled_from([0, 0, 1, 25]))
    def amend_terms(self, random, in_days, wait):
        if len(self.life.versions) > 3:
            return
        document = generate.amendment(random, self.document)
        before = len(self.life.versions)
        self.attempt(self.life.amend_terms, language.read(document), in_days=in_days, wait=wait)
        if len(self.life.versions) > before:
            self.document = document

    @rule(days=st.integers(20, 130), size=sizes, shape=places)
    def other_rates_for_what_comes(self, days, size, shape):
        """Figures before and after an amendment of the rates, so that each is rated by its own version."""
        if len(self.life.versions) > 3:
            return
        self._a_while(days, size, shape)
        self._other_rates()
        self._a_while(days, size, shape)

    def _other_rates(self):
        document = generate_terms.other_rates(self.document)
        before = len(self.life.versions)
        self.attempt(self.life.amend_terms, language.read(document), in_days=0, wait=0)
        if len(self.life.versions) > before:
            self.document = document

    @rule(months=st.integers(1, 6))
    def extend(self, months):
        self.attempt(self.life.extend, months)

    @rule(converts=st.booleans())
    def decide(self, converts):
        self.attempt(self.life.decide, converts)

    @rule(chance=st.integers(0, 3))
    def end_early(self, chance):
        if not chance:
            self.attempt(self.life.end_early)

    @rule(chance=st.integers(0, 5), back=st.integers(0, 300))
    def invalidate(self, chance, back):
        if not chance:
            self.attempt(self.life.invalidate, back)

    @rule()
    def charge(self):
        self.attempt(self.life.charge)

    @rule(place=places, many=st.booleans())
    def approve(self, place, many):
        self.attempt(self.life.approve, place, many)

    @rule(place=places, many=st.booleans(), with_carried=st.booleans())
    def issue(self, place, many, with_carried):
        self.attempt(self.life.issue, place, many, with_carried)

    @rule()
    def bill(self):
        self._bill()

    @rule(how=st.sampled_from(["release", "refuse", "dispute", "withdraw", "uphold", "waive"]), place=places)
    def judge(self, how, place):
        self.attempt(self.life.judge, how, place)

    @rule()
    def quarrel(self):
        self.attempt(self.life.quarrel)

    @rule(carry=carries)
    def carry(self, carry):
        self.life.carry(carry)

    @precondition(lambda self: self.life is not None)
    @invariant()
    def papers_add_up(self):
        self.life.check_papers()

    def teardown(self):
        try:
            if self.whole:
                self._a_while(100, 12_345, 1)
                self._other_rates()
                self.life.finish(figures_of(12_345, 1), figures_of(12_345, 4), figures_of(60_000_000, 3))
                self.life.check_end()
                with connection.cursor() as cursor:
                    cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        finally:
            transaction.set_rollback(True)
            self.atomic.__exit__(None, None, None)


@pytest.mark.slow
def test_whatever_happens_the_bills_are_one_rating_from_scratch(world):
    AnyLife.world = world
    run_state_machine_as_test(
        AnyLife,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    if EXAMPLES >= 100:
        print("\n".join(f"{name} {done}: {n}" for (name, done), n in sorted(COUNTS.items())))  # noqa: T201
        never = {name for name, _done in COUNTS} - {name for name, done in COUNTS if done == "done"}
        assert not never, "steps that the rules always refused"
