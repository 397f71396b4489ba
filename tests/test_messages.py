"""Chinese is good as well as complete: no doubtful or English translation, no two answers, no text without a mark."""

import re
from pathlib import Path

import allauth
import polib

from machine.messages import CODE, LOCALE, ROOT, in_python, in_template, translations

PARTS = sorted(LOCALE.rglob("zh_Hans/**/*.po"))
ALLAUTH = Path(allauth.__file__).parent
# Pages that speak both languages at once, because nothing is known when they are shown.
BOTH_LANGUAGES = {"500.html"}
# Names and signs that are the same in every language.
SAME_EVERYWHERE = frozenset({
    "API", "CNY", "CSV", "DOI", "Excel", "GB", "ID", "IP", "JSON", "MB", "NASA", "PDF", "QR", "RSS", "SHA", "Stripe", "TOTP",
    "TRL", "UF", "URL", "UseFirst", "XLSX", "http", "https", "kB",
})  # fmt: skip
_NOT_TEXT = re.compile(
    r"\{#.*?#\}"
    r"|\{%\s*comment.*?endcomment\s*%\}"
    r"|\{%\s*blocktrans(?:late)?\b.*?endblocktrans(?:late)?\s*%\}"
    r"|\{%\s*block body_class.*?endblock\s*%\}"
    r"|\{%\s*setvar \w+_tags.*?endsetvar\s*%\}"
    r"|<(script|style|svg)\b.*?</\1>"
    r"|<!--.*?-->"
    r"|\{%.*?%\}|\{\{.*?\}\}"
    r"|&#?\w+;",
    re.DOTALL,
)
_ATTRIBUTE = re.compile(r"(?<=\s)(?:alt|title|placeholder|aria-label|aria-description)\s*=\s*\"([^\"]*)\"")
_TAG = re.compile(r"<[^>]*>", re.DOTALL)
_PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|\{\w*\}")
_WORD = re.compile(r"[A-Za-z]{2,}|[\u4e00-\u9fff]+")


def raw_words(source: str) -> list[str]:
    """Words of a template that reach the reader without translation."""
    plain = _NOT_TEXT.sub(" ", source)
    texts = [*_ATTRIBUTE.findall(plain), _TAG.sub(" ", plain)]
    return [word for text in texts for word in _WORD.findall(text) if word not in SAME_EVERYWHERE]


def templates(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.rglob("templates/**/*")) if path.suffix in (".html", ".txt")]


def told(entry: polib.POEntry) -> list[str]:
    return list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]


def test_templates_show_no_text_that_cannot_be_translated():
    wrong = [
        f"{path.relative_to(ROOT)}: {' '.join(words)}"
        for app in CODE
        for path in templates(ROOT / app)
        if path.name not in BOTH_LANGUAGES and (words := raw_words(path.read_text("utf-8")))
    ]
    assert not wrong, "\n".join(wrong)


def test_no_translation_is_doubtful_or_still_english():
    wrong = []
    for path in PARTS:
        for entry in polib.pofile(str(path)):
            english = any(
                text == entry.msgid and len(re.findall(r"\b[a-z]{2,}\b", _PLACEHOLDER.sub("", text))) > 1
                for text in told(entry)
            )
            if english or "fuzzy" in entry.flags:
                wrong.append(f"{path.relative_to(ROOT)}: {entry.msgid!r}")
    assert not wrong, "\n".join(wrong)


def test_parts_agree_on_a_message():
    said: dict[tuple, dict[str, str]] = {}
    for path in PARTS:
        for entry in polib.pofile(str(path)):
            if entry.translated():
                said.setdefault((entry.msgctxt, entry.msgid), {})["|".join(told(entry))] = path.parts[-4]
    wrong = [f"{key[1]!r}: {answers}" for key, answers in said.items() if len(answers) > 1]
    assert not wrong, "\n".join(wrong)


def test_pages_of_the_sign_in_package_are_translated():
    theirs = polib.pofile(str(ALLAUTH / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"))
    known = {(entry.msgctxt, entry.msgid) for entry in theirs if entry.translated()} | set(translations())
    texts = set()
    for area in ("account", "mfa"):
        for path in (ALLAUTH / area).rglob("*.py"):
            texts |= set(in_python(path.read_text("utf-8"), path.name))
        for path in (ALLAUTH / "templates" / area).rglob("*.*"):
            texts |= set(in_template(path.read_text("utf-8"), path.name))
    missing = [
        f"{text.place}: {text.english!r}" for text in texts if (text.context, text.english) not in known
    ]
    assert not missing, "\n".join(sorted(missing))


def test_raw_text_is_found_in_texts_and_attributes():
    template = (
        '{% load i18n %}{# not shown #}<p title="raw" class="card">Text {{ value }}&nbsp;{% translate "Save" %}</p>'
        "<script>code()</script>{% blocktranslate %}shown in Chinese{% endblocktranslate %} PDF"
    )
    assert raw_words(template) == ["raw", "Text"]
