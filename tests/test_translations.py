"""Nothing that a visitor reads is left in English, and no translation breaks the sentence that it stands for."""

from django.utils.translation import ngettext, npgettext, override

from machine import messages
from machine.messages import Text


def test_every_text_has_a_chinese_translation():
    assert [f"{text.place}: {text.english}" for text in messages.missing()] == []


def test_translations_keep_the_placeholders():
    assert messages.broken() == []


def test_many_are_told_in_chinese_too():
    """A part without a rule of plurals would give English for every number but one."""
    english = []
    with override("zh-hans"):
        for (context, one), entry in messages.translations().items():
            if many := entry.msgid_plural:
                told = npgettext(context, one, many, 7) if context else ngettext(one, many, 7)
                english += [one] if told != entry.msgstr_plural[0] else []
    assert english == []


def test_texts_are_found_in_python():
    source = 'a = _("One")\nb = pgettext_lazy("verb", "Open")\nc = translation.ngettext("%(n)s day", "%(n)s days", n)\nd = _(name)'
    assert list(messages.in_python(source, "x.py")) == [
        Text(None, "One", "x.py:1"),
        Text("verb", "Open", "x.py:2"),
        Text(None, "%(n)s day", "x.py:3"),
    ]


def test_texts_are_found_in_templates():
    source = (
        '{% load i18n %}<a title="{% translate "Terms (short)" %}">{{ _("Home") }}</a>\n'
        '{% translate "Open" context "verb" %}'
        "{% blocktranslate trimmed count n=list|length with who=user.name %}\n  {{ who }} has one deal\n"
        "{% plural %}{{ who }} has {{ n }} deals{% endblocktranslate %}"
    )
    found = {(text.context, text.english) for text in messages.in_template(source, "x.html")}
    assert found == {
        (None, "Terms (short)"),
        (None, "Home"),
        ("verb", "Open"),
        (None, "%(who)s has one deal"),
    }
