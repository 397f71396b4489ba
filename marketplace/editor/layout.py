"""How the form of terms is laid out: sections, cards of payments, conditions as trees, parts that may be left out."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.forms import BoundField
from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from marketplace.editor import labels
from marketplace.editor.forms import TermsForm
from marketplace.terms.editor import each_field
from marketplace.terms.words import element_gist

Words = str | Promise
ADDED = ("lump_sum", "instalments", "milestone", "entry_fee", "royalty", "yearly_fee", "minimum")
MAX_NESTED = 4


@dataclass(frozen=True)
class Button:
    do: str
    label: Words
    sign: str = ""
    spoken: Words = ""  # for those who hear the button without its surroundings


@dataclass
class Part:
    """A piece of the form. `kind` is the template's: fields, fold, given, rows, row, condition, card."""

    kind: str
    path: str = ""
    title: Words = ""
    hint: Words = ""
    fields: list[BoundField] = field(default_factory=list)
    hidden: list[BoundField] = field(default_factory=list)
    parts: list["Part"] = field(default_factory=list)
    buttons: list[Button] = field(default_factory=list)
    gist: str = ""
    is_open: bool = False
    wrong: int = 0
    lines: Iterable[str] = ()


# What one sees first of each kind of payment; the rest are its conventions.
_FIRST = {
    "lump_sum": ("amount",),
    "instalments": ("amount",),
    "milestone": ("name", "amount"),
    "entry_fee": ("amount", "credit_against"),
    "yearly_fee": ("amounts",),
    "minimum": ("amounts", "counts", "carry_excess", "pro_rate"),
    "royalty": ("base", "meter"),
}
_EXTRAS = {
    "baseline": (_("Baseline"), _("The first so much of a year is not charged (new output value).")),
    "free": (_("Free allowance"), _("The first so many are free.")),
    "stacking": (
        _("Offset of third-party royalties"),
        _("Licences that the product needs besides lower this one."),
    ),
}


class Layout:
    """Places every field of a form once; what has no place stays as a hidden field, so that nothing is lost."""

    def __init__(self, form: TermsForm, words: dict[str, list[str]] | None = None) -> None:
        self.form = form
        self.listed = {one.name: one for one in each_field(form.draft)}
        self.free = dict.fromkeys(self.listed)
        self.words = words or {}
        self.opened = False

    def take(self, *names: str) -> list[BoundField]:
        taken = [name for name in names if name in self.free]
        for name in taken:
            del self.free[name]
        return [self.form[name] for name in taken]

    def below(self, path: str, *attributes: str) -> list[BoundField]:
        return self.take(*(f"{path}-{attribute}" for attribute in attributes))

    def without_idle_year(self, part: Part) -> Part:
        """Which year counts matters only where something is counted by the year."""
        spans = [self.value(f"{part.path}-{name}") for name in ("span", "per")]
        if "year" not in spans and any(spans):
            part.hidden += [one for one in part.fields if one.name == f"{part.path}-year"]
            part.fields = [one for one in part.fields if one.name != f"{part.path}-year"]
        return part

    def value(self, name: str) -> str:
        one = self.listed.get(name)
        return str(one.text) if one is not None and isinstance(one.text, str) else ""

    def wrong_in(self, path: str) -> int:
        return sum(
            len(self.form.errors[n]) for n in self.form.errors if n == path or n.startswith(f"{path}-")
        )

    def sections(self) -> list[Part]:
        made = [
            Part("section", "right", _("The right"), fields=self.take(
                "exclusivity", "term_months", "fields", "territory", "sublicence_allowed", "open_licence")),
            Part("section", "free-use", _("Free use"),
                 _("How long the licensee may use the result without paying, and what happens at the end."),
                 parts=[self.optional("trial", _("Free use"), (
                     "months", "starts", "permitted", "extensions", "extension_months", "decision_days",
                     "on_silence"))]),
            self.payments(),
            self.caps(),
            Part("folded", "reports", _("Reports, invoices and due dates"),
                 fields=[*self.take("report-every", "report-days", "report-deductions", "currency", "vat",
                                    "invoice_days", "interest-kind"),
                         *self.take("interest-rate", "interest-part_months", "interest-charged")]),
            Part("folded", "conventions", _("Conventions"),
                 _("They hold wherever the terms say nothing else. Leave them unless you agreed otherwise."),
                 fields=self.take("trigger_day", "report-year", "report-final_days", "report-evidence",
                                  "report-metered", "report-inspection"),
                 parts=[self.optional("report-deemed", _("Deemed figures for a missing report"),
                                      ("days", "basis", "factor"),
                                      hint=_("What counts while a report is missing, until the late one is accepted.")),
                        self.optional("audit", _("Cost of an audit"), ("cost_shift_at",))],
                 lines=self.words.get("counting", ())),
            Part("folded", "rest", _("Other conditions"),
                 fields=self.take("confidentiality_years", "improvements", "exit-certificate_days",
                                  "exit-sell_off_months", "cure-payment_days", "cure-report_days",
                                  "cure-other_days", "dispute-forum", "dispute-place")),
        ]  # fmt: skip
        for part in made:
            names = [bound.name for bound in _all_fields(part)]
            part.wrong = sum(len(self.form.errors.get(name, ())) for name in names)
            part.is_open = part.wrong > 0
        made[0].hidden = [self.form[name] for name in list(self.free)]
        return made

    # --- payments --------------------------------------------------------------------------------

    def payments(self) -> Part:
        count = len(self.form.draft.get("elements") or [])
        cards = [self.card(place, count) for place in range(count)]
        if cards and not any(card.is_open for card in cards):
            cards[0].is_open = True
        return Part(
            "payments",
            "elements",
            _("What is paid"),
            _(
                "One card a payment, each with its own commitment, condition and due day. None: the licence is free."
            ),
            parts=cards,
            buttons=[Button(f"add elements {kind}", labels.KINDS[kind], "plus") for kind in ADDED],
        )

    def card(self, place: int, count: int) -> Part:
        path = f"elements-{place}"
        kind = self.value(f"{path}-kind")
        hidden = self.below(path, "kind")
        fields = self.below(path, *_FIRST.get(kind, ()))
        parts: list[Part] = []
        if kind == "royalty":
            if self.value(f"{path}-base") != "units":
                hidden += [one for one in fields if one.name == f"{path}-meter"]
                fields = [one for one in fields if one.name != f"{path}-meter"]
            parts += [self.rate(f"{path}-rate")]
        if kind == "instalments":
            parts.append(self.instalments(path))
        fields += self.below(path, "commitment")
        conditions = self.condition(f"{path}-trigger", _("Condition"), nested=0)
        due = self.choice_of(f"{path}-due", _("Due day"))
        extras = self.extras(path) if kind == "royalty" else []
        rest = self.below(
            path, "year", "day_count", "loss_carry", "free_use_fills", "straddling", "products", "id"
        )
        if kind == "royalty" and self.value(f"{path}-rate-kind") != "tiers":
            hidden += [one for one in rest if one.name.endswith("-free_use_fills")]
            rest = [one for one in rest if not one.name.endswith("-free_use_fills")]
        conventions = Part(
            "fold", f"{path}-conventions", _("Conventions"), fields=rest, is_open=self.any_wrong(rest)
        )
        wrong = self.wrong_in(path)
        is_open = self.opens(path, place, count, wrong)
        return Part(
            "card",
            path,
            labels.KINDS.get(kind, kind),
            fields=fields,
            hidden=hidden,
            parts=[*parts, conditions, due, *extras, conventions],
            buttons=self.row_buttons(path, place, count),
            gist=self.gist(place),
            is_open=is_open,
            wrong=wrong,
        )

    def opens(self, path: str, place: int, count: int, wrong: int) -> bool:
        """One card at a time: the one that was just touched, else the first with something wrong."""
        if self.opened:
            return False
        verb, _sep, rest = self.form.acted.partition(" ")
        about, _sep, _word = rest.partition(" ")
        if (verb, about) == ("add", "elements"):
            self.opened = place == count - 1
        elif verb:
            self.opened = about == path or about.startswith(f"{path}-")
        else:
            self.opened = bool(wrong)
        return self.opened

    def any_wrong(self, fields: list[BoundField]) -> bool:
        return any(one.name in self.form.errors for one in fields)

    def gist(self, place: int) -> str:
        """The payment in a few words, while it can be said."""
        terms = self.form.understood.terms
        if terms is None or place >= len(terms.elements):
            return ""
        return element_gist(terms, terms.elements[place], get_language() or "zh-hans")

    def row_buttons(self, path: str, place: int, count: int) -> list[Button]:
        buttons = []
        if place:
            buttons.append(Button(f"up {path}", _("Up"), "sort-up"))
        if place < count - 1:
            buttons.append(Button(f"down {path}", _("Down"), "sort-down"))
        return [
            *buttons,
            Button(f"copy {path}", _("Copy"), "copy"),
            Button(f"remove {path}", _("Remove"), "cross"),
        ]

    def rate(self, path: str) -> Part:
        part = Part("group", path, _("Rate"), fields=self.below(path, "kind", "rate", "rates", "year"))
        part.fields += self.below(path, "mode", "span")
        tiers = self.rows(f"{path}-tiers", ("up_to", "rate"))
        if tiers:
            part.parts = [Part("rows", f"{path}-tiers", _("Tiers"), parts=tiers, buttons=[
                Button(f"add {path}-tiers", _("Add a tier"), "plus")])]  # fmt: skip
        return self.without_idle_year(part)

    def rows(self, path: str, attributes: tuple[str, ...]) -> list[Part]:
        made = []
        while any(f"{path}-{len(made)}-{name}" in self.free for name in attributes):
            row = f"{path}-{len(made)}"
            remove = Button(f"remove {row}", _("Remove"), "cross")
            made.append(Part("row", row, fields=self.below(row, *attributes), buttons=[remove]))
        return made

    def instalments(self, path: str) -> Part:
        rows = []
        while f"{path}-parts-{len(rows)}-share" in self.free:
            row = f"{path}-parts-{len(rows)}"
            share = self.below(row, "share")
            when = self.condition(f"{row}-trigger", _("Condition"), nested=1, optional=False)
            rows.append(
                Part(
                    "part",
                    row,
                    fields=share,
                    parts=[when],
                    buttons=[Button(f"remove {row}", _("Remove"), "cross")],
                )
            )
        add = Button(f"add {path}-parts", _("Add an instalment"), "plus")
        return Part("rows", f"{path}-parts", _("Instalments"), parts=rows, buttons=[add])

    def extras(self, path: str) -> list[Part]:
        made = [
            self.optional(f"{path}-{name}", title, ("quantity", "span", "year", "pro_rate", "offset", "floor", "carry"),
                          hint=hint)
            for name, (title, hint) in _EXTRAS.items()
        ]  # fmt: skip
        rows = self.rows(f"{path}-combinations", ("product", "own", "other"))
        add = Button(f"add {path}-combinations", _("Combination product A/(A+B)"), "plus")
        made.append(Part("rows", f"{path}-combinations", _("Combination products") if rows else "", parts=rows,
                         buttons=[add]))  # fmt: skip
        return made

    def optional(self, path: str, title: Words, attributes: tuple[str, ...], hint: Words = "") -> Part:
        """An object that may be left out: a button that adds it, or its fields and a button that takes it away."""
        given = self.below(path, "given")
        part = Part("given", path, title, hint, hidden=given, fields=self.below(path, *attributes))
        there = self.value(f"{path}-given") == "on"
        part.buttons = [
            Button(f"drop {path}", _("Leave out"), "cross")
            if there
            else Button(f"give {path}", title, "plus")
        ]
        part.is_open = there
        return self.without_idle_year(part)

    def choice_of(self, path: str, title: Words) -> Part:
        return Part("group", path, title, fields=self.below(path, "kind", "days", "month", "day"))

    def condition(self, path: str, title: Words, nested: int, *, optional: bool = True) -> Part:
        """A tree of conditions: each leaf can be joined with another, each group takes more."""
        kind = self.value(f"{path}-kind")
        part = Part("condition", path, title, fields=self.below(path, "kind"))
        if kind in ("any", "all"):
            place = 0
            while f"{path}-of-{place}-kind" in self.free:
                inner = self.condition(f"{path}-of-{place}", "", nested + 1)
                inner.buttons.append(Button(f"remove {path}-of-{place}", _("Remove"), "cross"))
                part.parts.append(inner)
                place += 1
            part.buttons = [Button(f"add {path}-of", _("Add a condition"), "plus")]
        elif kind:
            part.fields += self.below(
                path, "months", "days", "anchor", "on", "name", "attested_by", "evidence", "meter", "at_least",
                "per", "year", "free_use_counts",
            )  # fmt: skip
            if nested < MAX_NESTED:
                part.buttons = [
                    Button(f"join {path} any", _("or another"), "plus", _("or another condition")),
                    Button(f"join {path} all", _("and another"), "plus", _("and another condition")),
                ]
        else:
            part.buttons = [Button(f"join {path} any", _("Add a condition"), "plus")]
        return self.without_idle_year(part)

    def caps(self) -> Part:
        count = len(self.form.draft.get("caps") or [])
        rows = []
        for place in range(count):
            path = f"caps-{place}"
            fields = self.below(path, "amount", "span", "counts", "year", "id")
            remove = Button(f"remove {path}", _("Remove"), "cross")
            rows.append(self.without_idle_year(Part("part", path, fields=fields, buttons=[remove])))
        return Part(
            "section",
            "caps",
            _("Caps"),
            _("The most that payments may cost together. When a cap for the whole term is reached, the licence is paid up."),
            parts=[Part("rows", "caps", "", parts=rows, buttons=[
                Button("add caps life", _("Cap for the whole term"), "plus"),
                Button("add caps year", _("Cap of a year"), "plus"),
            ])],
        )  # fmt: skip


def _all_fields(part: Part) -> list[BoundField]:
    inner = [bound for one in part.parts for bound in _all_fields(one)]
    return [*part.fields, *part.hidden, *inner]
