"""The form of terms: made anew for each draft, with exactly the fields that the draft needs."""

import json
from collections.abc import Callable

from django import forms
from django.http import JsonResponse, QueryDict
from django.utils.html import format_html
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from marketplace import terms as language
from marketplace.editor import door, labels
from marketplace.editor.starts import Start
from marketplace.money import SIGNS
from marketplace.terms import editor
from marketplace.terms.editor import Field, Typed

# A change of shape fetches the form anew and swaps it; without the script a button does the same.
SWAP = {
    "hx-post": "",
    "hx-target": "#terms-editor",
    "hx-select": "#terms-editor",
    "hx-select-oob": "#terms-words",
    "hx-swap": "outerHTML show:none",
}
_DIGITS = {"autocomplete": "off", "class": "num"}
_PERCENT = {**_DIGITS, "inputmode": "decimal", "data-unit": "%"}


class _Sent:
    """An empty value goes before boxes and lists, so that none chosen is told from never asked."""

    def render(self, name, value, attrs=None, renderer=None):
        shown = super().render(name, value, attrs, renderer)
        return format_html('<input type="hidden" name="{}" value="">{}', name, shown)


class Box(_Sent, forms.CheckboxInput):
    pass


class Boxes(_Sent, forms.CheckboxSelectMultiple):
    pass


class Listed(_Sent, forms.SelectMultiple):
    pass


class KnownOrOwn(forms.TextInput):
    """A word of the language, chosen by what it means, or the parties' own words beside it; own words count."""

    template_name = "editor/_known_or_own.html"

    def __init__(self, known, attrs=None):
        super().__init__(attrs)
        self.known = known

    def get_context(self, name, value, attrs):
        context = super().get_context(name, value, attrs)
        words, value = dict(self.known), value or ""
        chosen, own = (value, "") if value in words else (labels.OWN, value)
        named = own.removeprefix(labels.OWN_MILESTONE)
        if labels.OWN_MILESTONE in words and named != own and named == named.strip():
            chosen, own = labels.OWN_MILESTONE, named
        return context | {"known": self.known, "chosen": chosen, "own": own, "own_name": f"{OWN}{name}"}


OWN = "own:"  # before the name of the field that own words stand in


def with_own_words(data: QueryDict) -> QueryDict:
    """What was sent, with own words in place of what was chosen beside them; "milestone:" goes before its name.

    Own words come after what stood there when the page was drawn: left alone beside a known choice, they were
    forgotten there and the choice counts.
    """
    merged = data.copy()
    for name in [name for name in data if name.startswith(OWN)]:
        before, own = data.getlist(name)[0], data[name].strip()
        field = name.removeprefix(OWN)
        chosen = data.get(field, "")
        asks = chosen in (labels.OWN, labels.OWN_MILESTONE)
        if own and (asks or own != before or len(data.getlist(name)) == 1):
            merged[field] = f"{chosen}{own}" if chosen == labels.OWN_MILESTONE else own
    return merged


class TermsForm(forms.Form):
    """Terms as typed. A subclass declares what a page asks besides.

    `terms` is set where they are sound. A button with the name `do` changes the shape of the form and is
    answered with the form again (`acted`), nothing complained of and nothing lost.
    """

    def __init__(
        self,
        data: QueryDict | None = None,
        files=None,
        *,
        start: Start | None = None,
        also: Callable[[language.Terms], list[language.Problem]] | None = None,
        initial: dict | None = None,
    ) -> None:
        self.start = start or Start.of(language.Terms())
        self.acted = (data.get("do") or "") if data is not None else ""
        self.is_whole = data is None or data.get("whole") == "1"  # the last field of the page
        self.terms: language.Terms | None = None
        self.door_problems: list[str] = []
        gone = ""
        if data is None:
            self.draft = self.start.draft
        else:
            data = with_own_words(data)
            self.draft, gone = editor.without_other_rate(editor.from_fields(data))
            if self.acted == "load":
                self.draft, self.door_problems = door.load(data, files, self.draft)
            elif self.acted:
                self.draft = editor.act(self.draft, self.acted)
            else:
                self.draft = editor.act(self.draft, "show")
        self.listed = list(editor.each_field(self.draft))
        typed = {field.name: field.text for field in self.listed}
        self.understood = editor.understand(self.draft, also)
        mine = {name: data.get(name, "") for name in self.base_fields} if data is not None else {}
        if data is None or self.acted:
            super().__init__(initial={**(initial or {}), **mine, **typed}, auto_id="id_%s")
        else:
            super().__init__(_posted(typed, mine), initial=initial, auto_id="id_%s")
        asked = self.fields
        self.fields = {field.name: self._field(field) for field in self.listed} | asked
        if gone and "interest-rate" in self.fields:
            self.fields["interest-rate"].help_text = labels.other_rate(typed["interest-kind"], gone)
        for name, words in self.start.proposed(self.draft).items():
            self.fields[name].proposal = words

    def _field(self, field: Field) -> forms.Field:
        made = _MAKERS.get(field.typed, _text)(field, self)
        made.label = labels.label_of(field)
        made.help_text = labels.hint_of(field)
        attrs = made.widget.attrs
        made.unit, made.shapes = attrs.get("data-unit", ""), "hx-vals" in attrs
        made.proposal = ""
        made.is_wide = field.attribute in ("commitment", "straddling", "trigger_day", "charged") or (
            field.attribute == "kind" and field.of in ("trigger", "of", "due")
        )
        return made

    @property
    def currency_sign(self) -> str:
        wanted = self.draft.get("currency")
        return SIGNS.get((wanted[-1] if isinstance(wanted, list) else wanted) or "CNY", "")

    def ids(self, *kinds: str) -> list[tuple[str, str]]:
        """The elements that others may name: id → how it is called."""
        known = {field.name: str(field.text) for field in self.listed}
        named, place = [], 0
        while f"elements-{place}-kind" in known:
            name, kind = known[f"elements-{place}-id"], known[f"elements-{place}-kind"]
            place += 1
            if name and (not kinds or kind in kinds):
                title = labels.KINDS.get(kind, kind)
                named.append((name, f"{place}. {title}" if name == kind else f"{place}. {title} “{name}”"))
        return named

    def understood_kind(self, place: str) -> str:
        """The kind of the payment at a place."""
        name = f"elements-{place}-kind"
        return next((str(one.text) for one in self.listed if one.name == name), "")

    def clean(self):
        cleaned = super().clean()
        if not self.is_whole:
            self.add_error(None, _("The form did not arrive whole. Nothing was saved; please send it again."))
        lang = get_language() or "zh-hans"
        for name, problems in self.understood.errors.items():
            for problem in problems:
                self.add_error(name if name in self.fields else None, problem.message(lang))
        self.terms = self.understood.terms if not self.errors else None
        return cleaned

    @property
    def warnings(self) -> list[str]:
        """Findings that do not refuse, each with its source."""
        lang = get_language() or "zh-hans"
        found = [one for problems in self.understood.warnings.values() for one in problems]
        return [
            _("%(finding)s (source: %(source)s)") % {"finding": one.message(lang), "source": one.source}
            if one.source
            else one.message(lang)
            for one in found
        ]

    def download(self) -> JsonResponse | None:
        """The draft as a document, where that was asked for and it can be read."""
        if self.acted != "download" or self.understood.terms is None:
            return None
        return door.download(self.understood.terms)


def _posted(typed: dict, mine: dict) -> QueryDict:
    data = QueryDict(mutable=True)
    for name, text in {**typed, **mine}.items():
        data.setlist(name, text if isinstance(text, list) else [text])
    return data


def _text(field: Field, form: TermsForm) -> forms.Field:
    known = labels.known_words(field)
    widget = KnownOrOwn(known) if known else forms.TextInput()
    return forms.CharField(required=False, widget=widget)


def _digits(**attrs) -> Callable[[Field, TermsForm], forms.Field]:
    def make(field: Field, form: TermsForm) -> forms.Field:
        unit = {"data-unit": form.currency_sign} if attrs.get("data-unit") == "money" else {}
        return forms.CharField(required=False, widget=forms.TextInput(attrs={**_DIGITS, **attrs, **unit}))

    return make


def _lines(field: Field, form: TermsForm) -> forms.Field:
    return forms.CharField(required=False, widget=forms.Textarea(attrs={"rows": 2, "class": "short"}))


def _choice(field: Field, form: TermsForm) -> forms.Field:
    chosen = forms.Select(choices=labels.choices_of(field, []))
    if field.attribute in ("kind", "base", "span", "per"):
        row = "-".join(field.name.split("-")[:2])
        chosen.attrs |= {"hx-vals": json.dumps({"do": f"show {row}"}), "hx-trigger": "change", **SWAP}
    return forms.CharField(required=False, widget=chosen)


def _choices(field: Field, form: TermsForm) -> forms.Field:
    own = field.name.removesuffix(f"-{field.attribute}") + "-id"
    mine = next((str(one.text) for one in form.listed if one.name == own), "")
    kinds = ("royalty",) if field.attribute == "credit_against" else ()
    named = [pair for pair in form.ids(*kinds) if pair[0] != mine]
    listed = labels.choices_of(field, named)
    widget = (
        Listed(choices=listed, attrs={"size": 5}) if field.attribute == "territory" else Boxes(choices=listed)
    )
    return forms.Field(required=False, widget=widget)


def _box(field: Field, form: TermsForm) -> forms.Field:
    return forms.BooleanField(required=False, widget=Box())


_MAKERS = {
    Typed.TEXT: _text,
    Typed.LINES: _lines,
    Typed.CHOICE: _choice,
    Typed.CHOICES: _choices,
    Typed.FLAG: _box,
    Typed.WHOLE: _digits(inputmode="numeric"),
    Typed.MONEY: _digits(**{"data-unit": "money"}),
    Typed.AMOUNT: _digits(**{"data-unit": "money"}),
    Typed.SUMS: _digits(**{"data-unit": "money"}),
    Typed.PRICE: _digits(**{"data-unit": "money"}),
    Typed.PRICES: _digits(**{"data-unit": "money"}),
    Typed.PERCENT: _digits(**_PERCENT),
    Typed.PERCENTS: _digits(**{**_PERCENT, "inputmode": "text"}),
    Typed.NUMBER: _digits(inputmode="decimal"),
    Typed.DAY: _digits(placeholder="2027-01-15"),
}
