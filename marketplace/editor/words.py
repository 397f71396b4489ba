"""What stands beside the form: the terms in plain words of both languages, and what is found in them."""

from dataclasses import dataclass

from django.core.exceptions import NON_FIELD_ERRORS
from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from marketplace.editor import labels
from marketplace.editor.forms import TermsForm
from marketplace.editor.layout import Layout
from marketplace.terms import ERROR, Terms
from marketplace.terms.difference import groups
from marketplace.terms.words import Section, one_line, plain_words

LANGUAGES = (("zh-Hans", "中文", "zh-hans"), ("en", "English", "en"))


@dataclass(frozen=True)
class Found:
    """One finding: where in words, the field's id, what, whether it refuses, its source."""

    where: str | Promise
    id: str
    message: str
    refuses: bool
    source: str = ""


@dataclass(frozen=True)
class Said:
    """The terms in one language."""

    code: str
    label: str
    gist: str
    sections: list[Section]
    is_mine: bool


@dataclass(frozen=True)
class Pane:
    said: tuple[Said, ...]
    found: tuple[Found, ...]
    is_whole: bool  # whether everything typed could be read

    @property
    def errors(self) -> list[Found]:
        return [one for one in self.found if one.refuses]

    @property
    def gist(self) -> str:
        return next((one.gist for one in self.said if one.is_mine), "")

    @property
    def counting(self) -> list[str]:
        """The conventions in the reader's words."""
        mine = next((one for one in self.said if one.is_mine), None)
        return list(mine.sections[-2].lines) if mine and len(mine.sections) > 1 else []


def pane(form: TermsForm) -> Pane:
    """The reader's language first."""
    known = form.understood
    terms = known.terms or known.partial
    mine = "en" if (get_language() or "").startswith("en") else "zh-hans"
    said = [
        Said(code, label, one_line(terms, lang), plain_words(terms, lang), lang == mine)
        for code, label, lang in LANGUAGES
        if terms is not None and "currency" not in known.errors
    ]
    said.sort(key=lambda one: not one.is_mine)
    return Pane(tuple(said), tuple(_found(form)), known.terms is not None)


def _found(form: TermsForm):
    lang = get_language() or "zh-hans"
    for name, problems in form.understood.problems.items():
        for problem in problems:
            yield Found(
                where(form, name),
                f"at-{name.removesuffix('-given')}" if name in form.fields else "terms-editor",
                problem.message(lang),
                problem.severity == ERROR,
                problem.source,
            )


def shown(form: TermsForm) -> dict:
    """What the templates of the editor need of a form."""
    beside = pane(form)
    layout = Layout(form, {"counting": beside.counting})
    wrong = [
        Found(where(form, name), f"at-{name.removesuffix('-given')}", message, True)
        for name, messages in form.errors.items()
        if name != NON_FIELD_ERRORS
        for message in messages
    ]
    return {"form": form, "pane": beside, "sections": layout.sections(), "wrong": wrong}


def in_both(before: Terms, after: Terms) -> list[dict]:
    """What changes, in both languages, the reader's first."""
    mine = "en" if (get_language() or "").startswith("en") else "zh-hans"
    said = [
        {"code": code, "label": label, "groups": groups(before, after, lang), "is_mine": lang == mine}
        for code, label, lang in LANGUAGES
    ]
    return sorted(said, key=lambda one: not one["is_mine"])


def where(form: TermsForm, name: str) -> str:
    """What a field is called, with the payment it belongs to."""
    if name not in form.fields:
        return str(_("The whole"))
    label = str(form.fields[name].label)
    parts = name.split("-")
    if parts[0] == "elements" and len(parts) > 2 and parts[1].isdigit():
        kind = form.understood_kind(parts[1])
        return f"{int(parts[1]) + 1}. {labels.KINDS.get(kind, kind)}: {label}"
    return label
