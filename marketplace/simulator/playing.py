"""One look at the simulator: what was asked, what is assumed, and the course of the terms, perhaps of changed ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from functools import cached_property
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from marketplace.clock import today
from marketplace.terms import Terms, TermsError, read, write
from marketplace.terms.dates import add_months
from marketplace.terms.problems import Problem

from .assumed import BY_PERIOD, BY_YEAR, Assumed, Played, play, stretches_of
from .course import Course, course_of
from .dials import Dial, checked, dials_of, turned
from .forms import EARLIEST, LATEST, Asked, PlayForm
from .limits import MAX_BYTES, refuse_too_large
from .needs import Needs, needs_of
from .path import filled, spread
from .ready import KEYS, ready
from .scenario import Scenario
from .simulate import simulate

MAX_YEARS, MAX_PERIODS = 10, 24  # fields of a path; its last value goes on
EXAMPLE = "example"
SO_FAR = "so_far"  # of a contract in force: it goes on at its own pace
NAMES = {
    "slow": gettext_lazy("Slow"),
    "expected": gettext_lazy("Expected"),
    "fast": gettext_lazy("Fast"),
    "nothing": gettext_lazy("Nothing sold"),
    EXAMPLE: gettext_lazy("As in the example"),
    SO_FAR: gettext_lazy("As so far"),
}


class Playing:
    """The terms of a source under what `data` (an address or a sent form) says; whatever it leaves out is filled in.

    Besides the fields `data` says which ready scenario is wanted (`scenario`), and which one the fields come from
    (`base`), with their effective date and measure (`was`, `was_by`).

    Other terms are laid beside them: whole ones as JSON in `data`, those of `source.beside`, or the same with figures
    turned. `course` is None while something typed cannot be used: `form` then says what. With other terms `then` is
    their course, and `course` the one before.
    """

    def __init__(self, source, data: Mapping[str, str], lang: str):
        self.source, self.data, self.lang = source, data, lang
        self.agreed: Terms = source.agreed
        self.wrong: TermsError | None = None
        self.other = self._other()
        self.needs = self._needs()
        self.form = self._form()
        self.changed: Terms | None = None
        self.played: Played | None = None
        self.scenario: Scenario | None = None  # with the terms in front
        self.answer: dict[str, Any] = {}
        self.course: Course | None = None
        self.then: Course | None = None
        try:
            refuse_too_large(checked(self.agreed))
            if self.form.is_valid():
                if self.wrong:
                    raise self.wrong
                self._play()
        except TermsError as error:
            self._tell(error)

    @property
    def sent_terms(self) -> str:
        """Whole terms as they were sent."""
        return self.data.get("terms", "").strip()

    def _other(self) -> Terms | None:
        """Whole terms that are laid beside the source's."""
        text = self.sent_terms
        if not text:
            return self.source.beside
        try:
            if len(text) > MAX_BYTES:
                raise TermsError([Problem("", "too_long", {"limit": MAX_BYTES})])
            other = checked(read(text))
            refuse_too_large(other)
        except TermsError as error:
            self.wrong = error
            return None
        return other

    def _needs(self) -> Needs:
        terms = [self.agreed, self.other] if self.other else [self.agreed]
        return Needs() if self.fixed else needs_of(*terms)

    @property
    def dials(self) -> list[Dial]:
        return [] if self.other else dials_of(self.agreed)

    def _ready(self, key: str, start: date) -> Assumed:
        """The ready scenario for these terms; what only the other ones ask for follows from them."""
        known = ready(key, self.agreed, start, self.needs)
        if self.other is None:
            return known
        mine, theirs = needs_of(self.agreed).meters, ready(key, self.other, start, self.needs)
        own = {meter.key for meter in mine}
        paths = {name: path if name in own else theirs.paths[name] for name, path in known.paths.items()}
        return replace(known, paths=paths)

    # --- What was asked ---------------------------------------------------------------------------------

    @cached_property
    def keys(self) -> tuple[str, ...]:
        return (EXAMPLE, *KEYS) if self.source.scenario else KEYS

    def _key(self, name: str) -> str:
        said = self.data.get(name, "")
        return said if said in self.keys else ""

    @cached_property
    def key(self) -> str:
        """Which ready scenario the fields start from."""
        default = EXAMPLE if EXAMPLE in self.keys else "expected"
        return self._key("scenario") or self._key("base") or default

    @property
    def fixed(self) -> bool:
        """Whether the example's own scenario is played: nothing is assumed then."""
        return self.key == EXAMPLE

    @cached_property
    def first_day(self) -> date:
        """The effective date while nobody has said one: the example's or agreed one, else the first of next month."""
        if self.source.scenario:
            return self.source.scenario.facts.effective_on
        return self.source.start or add_months(today().replace(day=1), 1)

    def _day(self, name: str) -> date | None:
        try:
            day = date.fromisoformat(self.data.get(name, ""))
        except ValueError:
            return None
        return day if EARLIEST <= day <= LATEST else None

    @cached_property
    def by(self) -> str:
        return BY_PERIOD if self.data.get("by") == BY_PERIOD else BY_YEAR

    def _asked(self, key: str, start: date, by: str) -> Asked:
        dials = self.dials
        if key == EXAMPLE:
            return Asked(self.agreed, Needs(), dials, Assumed(effective_on=start), ())
        known = self._ready(key, start)
        stretches = stretches_of(self.agreed, known)
        if by == BY_PERIOD:
            years, known = stretches, replace(known, by=BY_PERIOD)
            stretches = stretches_of(self.agreed, known)
            paths = {
                name: tuple(spread(years, filled(path, len(years)), stretches))
                for name, path in known.paths.items()
            }
            known = replace(known, paths=paths)
        return Asked(
            self.agreed, self.needs, dials, known, stretches[: MAX_PERIODS if by == BY_PERIOD else MAX_YEARS]
        )

    def _form(self) -> PlayForm:
        """The fields, filled in where nothing else was typed. Another ready scenario replaces what was assumed;
        another effective date moves the days that nobody touched."""
        start = self._day("start") or self.first_day
        try:
            asked = self._asked(self.key, start, self.by)
            typed = dict(self.data.items())
            before, was = self._key("base"), self._day("was")
            if before and before != self.key:
                typed = {
                    name: text for name, text in typed.items() if name == "start" or name.startswith("t.")
                }
            elif before and before != EXAMPLE and was and (was != start or self._was_by != self.by):
                typed = self._moved(typed, PlayForm(self._asked(before, was, self._was_by), typed), asked)
        except (TermsError, ValueError, OverflowError):
            # terms that contradict themselves cannot be assumed about: only their figures can be changed
            asked = Asked(self.agreed, Needs(), self.dials, Assumed(effective_on=start), ())
            typed = dict(self.data.items())
        return PlayForm(asked, typed)

    @property
    def _was_by(self) -> str:
        return BY_PERIOD if self.data.get("was_by") == BY_PERIOD else BY_YEAR

    def _moved(self, typed: dict[str, str], old: PlayForm, asked: Asked) -> dict[str, str]:
        touched = set(old.changed())
        kept = {name: text for name, text in typed.items() if name in touched or name in ("start", "by")}
        if self._was_by != self.by:
            sold = {name for name in kept if name.startswith("m")}
            kept = {name: text for name, text in kept.items() if name not in sold}
            if sold and old.is_valid():
                kept |= self._respread(old, asked)
        return kept

    def _respread(self, old: PlayForm, asked: Asked) -> dict[str, str]:
        """What was typed by year, by period, or the other way round."""
        said, new = old.assumed(), {}
        for meter in self.needs.meters:
            amounts = filled(said.paths[meter.key], len(old.asked.stretches))
            new[meter.key] = tuple(spread(old.asked.stretches, amounts, asked.stretches))
        known = replace(asked.ready, paths=new)
        text = PlayForm(replace(asked, ready=known)).filled
        return {name: value for name, value in text.items() if name.startswith("m")}

    # --- What comes out -----------------------------------------------------------------------------------

    def _play(self) -> None:
        self.changed = self._changed()
        self.course = self._course(self.agreed)
        if self.changed is not None:
            self.then = self._course(self.changed)

    def _course(self, agreed: Terms) -> Course:
        if self.fixed:
            scenario = self.source.scenario
            played = Played(agreed, scenario, simulate(agreed, scenario))
        else:
            played = play(agreed, self.form.assumed(), self.form.asked.stretches)
        self.played, self.scenario, self.answer = played, played.scenario, played.answer
        return course_of(agreed, played.scenario, played.answer, self.lang)

    def _changed(self) -> Terms | None:
        """Other terms beside the source's; None where there are none, or they mean the same."""
        other = self.other
        if other is None and (turns := self.form.turns()):
            other = turned(self.agreed, turns)
            refuse_too_large(other)
        return None if other == self.agreed else other

    def _tell(self, error: TermsError) -> None:
        """Problems of the terms at the dials that they concern, else (and for whole terms) above all."""
        places = {dial.path: f"t.{dial.name}" for dial in self.form.asked.dials}
        for problem in error.problems:
            said = problem.message(self.lang)
            near = [path for path in places if problem.path == path or problem.path.startswith(f"{path}.")]
            inside = [path for path in places if problem.path and path.startswith(f"{problem.path}.")]
            found = [] if self.data.get("terms") else [*near, *(inside if len(inside) == 1 else [])]
            where = "" if found or not problem.path else f"{problem.path}: "
            self.form.add_error(places[found[0]] if found else None, f"{where}{said}")
        self.course = self.then = None

    # --- What the page and the address say ----------------------------------------------------------------

    @cached_property
    def said(self) -> dict[str, str]:
        """What an address has to say besides the source, so that it opens the same again."""
        told = {"scenario": self.key, "start": self.form.data.get("start", ""), "by": self.by}
        if self.fixed:
            told = {}
        if told.get("by") == BY_YEAR:
            del told["by"]
        skip = {"start", "by", "since"}
        return told | {name: self.form.data[name].strip() for name in self.form.changed() if name not in skip}

    @property
    def query(self) -> dict[str, str]:
        return {**self.source.query, **self.said}

    @property
    def own(self) -> bool:
        """Whether something else is assumed than the ready scenario says."""
        skip = ("start", "by", "since")
        return any(not name.startswith("t.") and name not in skip for name in self.form.changed())

    @property
    def scenarios(self) -> list[dict[str, Any]]:
        """The ready scenarios with their names, and which one is shown."""
        return [{"key": key, "name": NAMES[key], "on": key == self.key} for key in self.keys]

    @property
    def scenario_name(self) -> str:
        name = str(NAMES[self.key])
        return _("%(scenario)s, changed by you") % {"scenario": name} if self.own else name

    @property
    def today(self) -> date | None:
        """The day that divides what happened from what is assumed; None where all is assumed."""
        return None

    @property
    def shown(self) -> Terms:
        """The terms in front: the changed ones where there are any."""
        return self.changed or self.agreed

    def if_nothing_is_sold(self) -> Course | None:
        """The terms in front with no use at all; None where that is shown anyway, or nothing counts use."""
        if self.course is None or self.key == "nothing" or not needs_of(self.shown).meters:
            return None
        kept = ("start", "since", "terms")
        said = {name: text for name, text in self.data.items() if name in kept or name.startswith("t.")}
        other = type(self)(self.source, {**said, "scenario": "nothing"}, self.lang)
        return other.then or other.course

    @property
    def document(self) -> dict[str, Any]:
        """Terms, scenario and answer, as command and API take and give them; of the terms in front."""
        played = self.played
        return {
            "terms": write(played.agreed),
            "scenario": write(played.scenario),
            "answer": played.answer,
        }
