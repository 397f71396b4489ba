"""Chinese is complete: every string has a translation, none is doubtful, none lost a placeholder."""

import re
from pathlib import Path

import allauth
import polib
import pytest

from tests.messages import (
    PACKAGES,
    ROOT,
    Message,
    all_messages,
    in_python,
    in_template,
    python_files,
    raw_words,
    template_files,
)

PARTS = sorted((ROOT / "locale").rglob("zh_Hans/LC_MESSAGES/django.po"))
ALLAUTH = Path(allauth.__file__).parent
_PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w*\}")
# Pages that speak both languages at once, because nothing is known when they are shown.
BOTH_LANGUAGES = {"500.html"}


def entries(path: Path) -> list[polib.POEntry]:
    return [entry for entry in polib.pofile(str(path)) if not entry.obsolete]


def key(entry: polib.POEntry) -> tuple[str, str]:
    return entry.msgctxt or "", entry.msgid


def translations(entry: polib.POEntry) -> list[str]:
    return list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]


@pytest.fixture(scope="module")
def translated() -> set[tuple[str, str]]:
    """What our parts and the sign-in package translate."""
    files = [*PARTS, ALLAUTH / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"]
    return {key(entry) for path in files for entry in entries(path) if entry.translated()}


def test_every_message_has_a_chinese_translation(translated):
    missing = [
        f"{place}: {message.text!r}" + (f" [{message.context}]" if message.context else "")
        for message, place in all_messages().items()
        if message.key not in translated
    ]
    assert not missing, "\n".join(["without a Chinese translation:", *sorted(missing)])


def test_pages_of_the_sign_in_package_have_chinese_translations(translated):
    shown = [ALLAUTH / "account", ALLAUTH / "mfa"]
    pages = [ALLAUTH / "templates" / name for name in ("account", "mfa", "allauth")]
    messages = {m for path in python_files(*shown) for m in in_python(path.read_text("utf-8"))}
    messages |= {m for path in template_files(*pages) for m in in_template(path.read_text("utf-8"))}
    assert sorted(message.text for message in messages if message.key not in translated) == []


@pytest.mark.parametrize("path", PARTS, ids=lambda path: path.parts[-4])
def test_translations_are_sound(path):
    wrong = []
    for entry in entries(path):
        if "fuzzy" in entry.flags:
            wrong.append(f"fuzzy: {entry.msgid!r}")
        wanted = set(_PLACEHOLDER.findall(entry.msgid_plural or entry.msgid))
        for text in translations(entry):
            if set(_PLACEHOLDER.findall(text)) != wanted:
                wrong.append(f"placeholders differ: {entry.msgid!r} → {text!r}")
            if text == entry.msgid and len(re.findall(r"\b[a-z]{2,}\b", text)) > 1:
                wrong.append(f"still English: {text!r}")
            if text.startswith("\n") != entry.msgid.startswith("\n"):
                wrong.append(f"line breaks differ: {entry.msgid!r}")
    assert not wrong, "\n".join(wrong)


def test_parts_agree_on_a_message():
    said: dict[tuple[str, str], dict[str, list[str]]] = {}
    for path in PARTS:
        for entry in entries(path):
            if entry.translated():
                said.setdefault(key(entry), {}).setdefault("|".join(translations(entry)), []).append(
                    path.parts[-4]
                )
    assert {message: texts for message, texts in said.items() if len(texts) > 1} == {}


def test_templates_show_no_text_that_cannot_be_translated():
    raw = {
        path.relative_to(ROOT).as_posix(): words
        for path in template_files(*(ROOT / package for package in PACKAGES))
        if path.name not in BOTH_LANGUAGES and (words := raw_words(path.read_text("utf-8")))
    }
    assert not raw, "\n".join(f"{path}: {words}" for path, words in sorted(raw.items()))


def test_messages_are_found_in_python_and_templates():
    source = (
        "from django.utils.translation import gettext_lazy as words, ngettext, pgettext\n"
        "a = words('One ' 'line')\nb = ngettext('%(n)d day', '%(n)d days', 2)\nc = pgettext('menu', 'Work')\n"
        "d = words(a)\n"
    )
    template = (
        '{% load i18n %}{% translate "Save" %}{% empty _("Nothing") hint=_("It\'s new") %}'
        "{% blocktranslate count n=2 trimmed %}\n {{ n }} day\n{% plural %}{{ n }} days{% endblocktranslate %}"
        '{% translate "Work" context "menu" %}<p title="raw">Text {{ x }}</p>'
    )
    assert set(in_python(source)) == {
        Message("", "One line"),
        Message("", "%(n)d day", "%(n)d days"),
        Message("menu", "Work"),
    }
    assert set(in_template(template)) == {
        Message("", "Save"),
        Message("", "Nothing"),
        Message("", "It's new"),
        Message("", "%(n)s day", "%(n)s days"),
        Message("menu", "Work"),
    }
    assert raw_words(template) == ["raw", "Text"]
