from datetime import date, timedelta

import pytest

from contracts.lifecycle import services
from contracts.lifecycle.due import run_due
from contracts.lifecycle.facts import facts_of, terms_versions
from contracts.lifecycle.models import LicenceContract, Reminder
from contracts.lifecycle.states import State
from contracts.rating import rate
from marketplace.clock import at
from marketplace.notifications.models import Notification
from marketplace.refusals import NotPermitted, Refused, TransitionRefused
from tests.contracts.lifecycle import world as made
from tests.contracts.lifecycle.world import due_on, fresh, terms


def charged(contract, until) -> int:
    """What rating charges from what lifecycle keeps, in minor units."""
    return rate(terms_versions(contract), facts_of(contract), [], until).total.minor


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("on", "first_end", "extended_end"),
    [
        (date(2026, 1, 31), date(2026, 2, 27), date(2026, 3, 30)),  # 31 January + 1 and + 2 months
        (date(2026, 8, 31), date(2026, 9, 29), date(2026, 10, 30)),
        (date(2028, 1, 31), date(2028, 2, 28), date(2028, 3, 30)),
    ],
)
def test_an_extension_counts_from_the_original_start(world, on, first_end, extended_end):
    short = terms("option", trial_months="1", extension_months="1", decision_days="7")
    contract = made.trying(world, short, on=on)
    assert (contract.trial_starts_on, contract.trial_ends_on) == (on, first_end)
    with at(first_end):
        extension = services.ask_extension(contract, actor=world.reporter, months=1, reason="样机延误")
        services.answer_extension(extension, actor=world.officer, granted=True)
    contract = fresh(contract)
    assert contract.state == State.EXTENDED
    assert (contract.trial_starts_on, contract.trial_ends_on) == (on, extended_end)
    assert facts_of(contract).extension_months == 1


@pytest.mark.django_db
def test_extensions_keep_to_the_terms(world):
    contract = made.trying(world)  # one extension of at most six months
    with at(date(2026, 6, 1)):
        for months in (0, 7):
            with pytest.raises(Refused):
                services.ask_extension(contract, actor=world.signatory, months=months, reason="?")
        for actor in (world.officer, world.scout, world.stranger):
            with pytest.raises(NotPermitted):
                services.ask_extension(contract, actor=actor, months=3, reason="?")
        extension = services.ask_extension(contract, actor=world.signatory, months=3, reason="设备未到")
        with pytest.raises(TransitionRefused):
            services.ask_extension(contract, actor=world.signatory, months=3, reason="?")
        with pytest.raises(Refused):
            services.answer_extension(extension, actor=world.officer, granted=False, words="")
        services.answer_extension(extension, actor=world.officer, granted=True)
        with pytest.raises(TransitionRefused):
            services.answer_extension(extension, actor=world.officer, granted=True)
        with pytest.raises(Refused):
            services.ask_extension(contract, actor=world.signatory, months=3, reason="再次")
    assert fresh(contract).trial_ends_on == date(2027, 4, 29)  # 31 January + 15 months, minus a day


@pytest.mark.django_db
def test_a_decision_on_the_last_day_is_in_time_and_on_the_next_it_is_not(world):
    contract = made.trying(world)
    last = contract.trial_ends_on
    assert last == date(2027, 1, 30)
    with at(last + timedelta(days=1)), pytest.raises(Refused):
        services.decide(contract, actor=world.signatory, choice="CONVERT", proof="password")
    with at(last):
        for actor in (world.reporter, world.officer, world.stranger):
            with pytest.raises(NotPermitted):
                services.decide(contract, actor=actor, choice="CONVERT", proof="password")
        with pytest.raises(NotPermitted):
            services.decide(contract, actor=world.signatory, choice="CONVERT", proof="")
        services.decide(contract, actor=world.signatory, choice="CONVERT", proof="password")
        with pytest.raises(TransitionRefused):
            services.decide(contract, actor=world.signatory, choice="DECLINE")
    contract = fresh(contract)
    assert (contract.state, contract.converted_on) == (State.ACTIVE, last)
    assert charged(contract, date(2027, 12, 31)) == 100_000_00


@pytest.mark.django_db
def test_silence_counts_as_agreed_on_the_day_after(world):
    declines = made.trying(world)
    converts = made.trying(
        world, terms("option", on_silence="convert"), page=made.listing(world.uni, title_zh="二")
    )
    run_due(date(2027, 1, 30))
    assert {fresh(declines).state, fresh(converts).state} == {State.DECISION_DUE}
    # The timer was down for a week: the day that counts is still the day after the last free day.
    declines, converts = due_on(declines, date(2027, 2, 6)), fresh(converts)
    assert (declines.state, declines.declined_on, declines.licence_ended_on) == (
        State.WIND_DOWN, date(2027, 1, 31), date(2027, 1, 30),
    )  # fmt: skip
    assert declines.wind_down.certificate_due_on == date(2027, 3, 1)
    assert declines.decision.by_silence
    assert (converts.state, converts.converted_on) == (State.ACTIVE, date(2027, 1, 31))
    assert charged(declines, date(2027, 12, 31)) == 0
    assert charged(converts, date(2027, 12, 31)) == 100_000_00


@pytest.mark.django_db
def test_declining_ends_options_only(world):
    """D1: an option declined costs nothing; a deferred obligation stays owed and cannot be declined."""
    deferred = made.trying(world, terms("deferred"), on=date(2026, 1, 15))
    with at(date(2026, 12, 1)), pytest.raises(Refused):
        services.decide(deferred, actor=world.signatory, choice="DECLINE")
    mixed = made.trying(
        world, terms("entry_royalty"), on=date(2026, 1, 15), page=made.listing(world.uni, title_zh="二")
    )
    with at(date(2027, 1, 10)):
        services.decide(mixed, actor=world.signatory, choice="DECLINE")
    mixed = fresh(mixed)
    assert (mixed.state, mixed.licence_ended_on) == (State.ACTIVE, None)
    run_due(date(2027, 1, 15))
    deferred = fresh(deferred)
    assert (deferred.state, deferred.activated_on) == (State.ACTIVE, date(2027, 1, 15))
    assert charged(deferred, date(2027, 1, 15)) == 100_000_00


@pytest.mark.django_db
def test_trigger_puts_the_contract_in_force_though_nobody_decides(world):
    """D2: a year or the first income, whichever comes first."""
    by_time = made.trying(world, terms("year_or_income"), on=date(2026, 3, 1))
    by_event = made.trying(
        world, terms("year_or_income"), on=date(2026, 3, 1), page=made.listing(world.uni, title_zh="二")
    )
    with at(date(2026, 10, 2)):
        services.record_fact(by_event, actor=world.reporter, name="first_income", on=date(2026, 9, 20))
    by_event = fresh(by_event)
    assert (by_event.state, by_event.activated_on) == (State.ACTIVE, date(2026, 9, 20))
    assert charged(by_event, date(2026, 9, 20)) == 80_000_00
    run_due(date(2027, 2, 28))
    assert fresh(by_time).state == State.TRIAL
    run_due(date(2027, 3, 1))
    by_time = fresh(by_time)
    assert (by_time.state, by_time.activated_on) == (State.ACTIVE, date(2027, 3, 1))


@pytest.mark.django_db
def test_after_a_trigger_the_open_option_can_still_be_decided(world):
    contract = made.trying(world, terms("entry_royalty"), on=date(2026, 1, 15))
    with at(date(2026, 6, 1)):
        services.record_fact(contract, actor=world.reporter, name="first_income", on=date(2026, 5, 20))
    contract = fresh(contract)
    assert (contract.state, contract.act_by) == (State.ACTIVE, date(2027, 1, 14))
    with at(date(2027, 1, 14)):
        services.decide(contract, actor=world.signatory, choice="CONVERT", proof="mfa")
    assert fresh(contract).converted_on == date(2027, 1, 14)
    silent = made.trying(
        world, terms("entry_royalty"), on=date(2026, 1, 15), page=made.listing(world.uni, title_zh="二")
    )
    with at(date(2026, 6, 1)):
        services.record_fact(silent, actor=world.reporter, name="first_income", on=date(2026, 5, 20))
    silent = due_on(silent, date(2027, 1, 15))
    assert (silent.state, silent.declined_on, silent.licence_ended_on) == (
        State.ACTIVE, date(2027, 1, 15), None,
    )  # fmt: skip


@pytest.mark.django_db
def test_a_threshold_fires_by_the_triggers_of_a_rating_with_reports(world):
    from contracts.rating import Fired

    contract = made.trying(world, terms("royalty", trigger_months="", trigger_threshold="1,000,000"))
    assert not services.activate_due(contract)
    with at(date(2026, 8, 1)):
        fired = {"royalty": Fired(date(2026, 6, 30), "threshold")}
        assert services.activate_due(contract, triggers=fired)
        assert not services.activate_due(contract, triggers=fired)
    contract = fresh(contract)
    assert (contract.state, contract.activated_on) == (State.ACTIVE, date(2026, 6, 30))


@pytest.mark.django_db
def test_free_licence_and_licence_without_free_use(world):
    free = made.trying(world, terms("free"))
    assert due_on(free, date(2027, 1, 30)).state == State.TRIAL
    assert due_on(free, date(2027, 1, 31)).state == State.ACTIVE
    direct = terms("deferred", trial_months="0")
    straight = made.trying(world, direct, page=made.listing(world.uni, title_zh="二"))
    assert (straight.state, straight.trial_ends_on) == (State.ACTIVE, None)


@pytest.mark.django_db
def test_trial_from_delivery_begins_with_acceptance(world):
    contract = made.signed(world, terms("option", trial_starts="delivery"), on=date(2026, 1, 31))
    assert contract.trial_starts_on is None
    with at(date(2026, 2, 3)):
        services.deliver(contract, actor=world.officer, items="图纸")
        services.reject_delivery(contract, actor=world.reporter, reason="缺配方")
        with pytest.raises(TransitionRefused):
            services.accept_delivery(contract, actor=world.reporter)
        services.deliver(contract, actor=world.officer, items="图纸\n配方")
    with at(date(2026, 2, 20)):
        services.accept_delivery(contract, actor=world.reporter)
        with pytest.raises(TransitionRefused):
            services.accept_delivery(contract, actor=world.reporter)
    contract = fresh(contract)
    assert (contract.delivered_on, contract.trial_starts_on, contract.trial_ends_on) == (
        date(2026, 2, 20), date(2026, 2, 20), date(2027, 2, 19),
    )  # fmt: skip


@pytest.mark.django_db
def test_the_daily_run_may_run_any_number_of_times_and_reminds_once(world):
    contract = made.trying(world)
    for day in (date(2026, 12, 1), date(2026, 12, 31), date(2027, 1, 23)):
        run_due(day)
        rows = Notification.objects.count()
        state = fresh(contract).state
        for _again in range(2):
            run_due(day)
        assert Notification.objects.count() == rows
        assert fresh(contract).state == state
    keys = Reminder.objects.filter(contract=contract, key__startswith="trial:").values_list("key", flat=True)
    assert sorted(keys) == [f"trial:2027-01-30:{days}" for days in (30, 60, 7)]
    letters = Notification.objects.filter(user=world.signatory.user, subject_zh__contains="距决定期限还有")
    assert [letter.subject_zh[-4:] for letter in letters.order_by("id")] == ["60 天", "30 天", " 7 天"]
    assert all("视为：不转化" in letter.body_zh for letter in letters)


@pytest.mark.django_db
def test_term_ends_and_the_contract_winds_down(world):
    contract = made.trying(world, terms("year_or_income", term_months="24"), on=date(2026, 1, 31))
    run_due(date(2027, 1, 31))
    assert due_on(contract, date(2028, 1, 30)).state == State.ACTIVE
    contract = due_on(contract, date(2028, 1, 31))
    assert (contract.state, contract.exit_kind, contract.licence_ended_on) == (
        State.WIND_DOWN, "EXPIRED", None,
    )  # fmt: skip


@pytest.mark.django_db
def test_one_contract_that_fails_does_not_stop_the_others(world, caplog):
    broken = made.trying(world)
    sound = made.trying(world, page=made.listing(world.uni, title_zh="二"))
    broken.versions.update(terms={"format": 99})
    run_due(date(2026, 12, 1))
    assert LicenceContract.objects.get(pk=broken.pk).state == State.TRIAL
    assert fresh(sound).state == State.DECISION_DUE
    assert "could not be done" in caplog.text
