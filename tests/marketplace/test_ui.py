from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django import forms
from django.core.paginator import Paginator
from django.template import engines
from django.test import RequestFactory
from django.utils import translation

from marketplace import panels as registry
from marketplace.money import Money
from marketplace.templatetags import ui


def draw(source: str, query: str = "", **context) -> str:
    request = RequestFactory().get("/en/list/" + query)
    with translation.override("en"):
        return engines["django"].from_string("{% load ui %}" + source).render(context, request)


@pytest.mark.parametrize(
    ("shown", "words"),
    [
        (ui.money(6_900_000), "¥69,000.00"),
        (ui.money(None), "–"),
        (ui.money(1500, "JPY"), "JP¥1,500"),
        (ui.money(Money(-5)), "-¥0.05"),
        (ui.percent(Decimal("0.0250")), "2.5 %"),
        (ui.percent(Decimal("1")), "100 %"),
        (ui.day(date(2026, 11, 23)), "2026-11-23"),
        (ui.day(datetime(2026, 11, 23, 16, 30, tzinfo=UTC)), "2026-11-24"),
        (ui.day(None), "–"),
        (ui.moment(datetime(2026, 11, 23, 16, 30, tzinfo=UTC)), "2026-11-24 00:30"),
    ],
)
def test_sums_and_days_as_people_read_them(shown, words):
    assert shown == words


def test_days_and_numbers_do_not_break_at_their_hyphens():
    """On a page; a letter, a title and an attribute get the bare text."""
    kept = '<span class="nowrap">2026-11-23</span>'
    words = {"on": date(2026, 11, 23), "number": "C-2026-000001", "title": "CO2-freies Bauen"}
    assert draw("{{ on|day }}", **words) == kept
    assert draw("{% autoescape off %}{{ on|day }}{% endautoescape %}", **words) == "2026-11-23"
    heading = draw('{% wrap "h1" "" %}{{ number }} {{ on|day }} {{ title }}{% endwrap %}', **words)
    assert heading == f'<h1 class=""><span class="nowrap">C-2026-000001</span> {kept} CO2-freies Bauen</h1>'
    linked = draw('{% wrap "h1" "" %}<a href="/C-2026-000001/">x</a>{% endwrap %}', **words)
    assert linked == '<h1 class=""><a href="/C-2026-000001/">x</a></h1>'


def test_large_sums_say_ten_thousands_on_hover():
    with translation.override("zh-hans"):
        assert str(ui.amount(6_900_050)) == '<span class="money" title="6.9 万元">¥69,000.50</span>'
        assert "title" not in ui.amount(999_999)
        assert "title" not in ui.amount(6_900_050, "USD")


def test_what_users_wrote_is_escaped():
    assert "<b>" not in draw('{% badge "ACTIVE" word %}{% empty word hint=word %}', word="<b>")
    assert "<b>" not in draw('{% sortable "name" word %}{% confirm_button "/x" word word %}', word="<b>")


@pytest.mark.parametrize(
    ("state", "tone"), [("IN_BREACH", "bad"), ("active", "good"), ("DRAFT", "quiet"), ("NEVER_SEEN", "info")]
)
def test_badge_shows_sign_and_word(state, tone):
    badge = draw(f'{{% badge "{state}" "word" %}}')
    assert f'class="badge {tone}"' in badge
    assert "<svg" in badge
    assert "word" in badge


def test_sorting_keeps_the_filter_and_forgets_the_page():
    assert 'href="?q=pump&amp;sort=name"' in draw('{% sortable "name" "Name" %}', "?q=pump&page=3&sort=-name")
    assert 'href="?q=pump&amp;sort=-name"' in draw('{% sortable "name" "Name" %}', "?q=pump&sort=name")


def test_pager_keeps_the_query_and_marks_the_page():
    html = draw("{% pager page %}", "?q=a%26b&page=2", page=Paginator(range(60), 20).page(2))
    assert 'href="?q=a%26b&amp;page=3"' in html
    assert 'aria-current="page">2<' in html
    assert "21–40 of 60" in html
    assert draw("{% pager page %}", page=Paginator(range(3), 20).page(1)).strip() == ""


class Form(forms.Form):
    name = forms.CharField(label="Name", help_text="As in the register.")
    kind = forms.ChoiceField(label="Kind", choices=[("a", "A")], widget=forms.RadioSelect)
    sure = forms.BooleanField(label="Sure", required=False)
    secret = forms.CharField(widget=forms.HiddenInput, required=False)


def test_form_has_token_summary_with_links_and_described_fields():
    html = draw('{% form form submit="Go" cancel="/back/" %}', form=Form({"secret": "s"}))
    assert 'name="csrfmiddlewaretoken"' in html
    assert 'href="#id_name">Name: This field is required.' in html
    assert 'aria-describedby="id_name_helptext id_name_error"' in html
    assert 'id="id_name_helptext"' in html
    assert 'id="id_name_error"' in html
    assert "<legend>Kind" in html
    assert 'type="hidden" name="secret" value="s"' in html
    assert 'href="/back/">Cancel' in html
    assert "multipart" not in html


def test_form_with_file_is_sent_in_parts():
    class WithFile(forms.Form):
        file = forms.FileField()

    assert 'enctype="multipart/form-data"' in draw("{% form form %}", form=WithFile())


def test_wrap_leaves_no_empty_element():
    assert draw('{% wrap "aside" "x" %}  {% if no %}a{% endif %} {% endwrap %}') == ""
    assert draw('{% wrap "aside" "x" %} a {% endwrap %}') == '<aside class="x">a</aside>'


def test_panels_come_in_order_and_escape_plain_text(monkeypatch):
    monkeypatch.setattr(registry, "_panels", {})

    @registry.panel("here", order=2)
    def second(request, obj):
        return f"<{obj}>"

    @registry.panel("here", order=1)
    def first(request, obj):
        return ""

    assert draw('{% panels "here" thing %}', thing="x") == "&lt;x&gt;"
    assert draw('{% panels "elsewhere" thing %}', thing="x") == ""


def test_every_sign_and_tone_can_be_drawn():
    from marketplace.badges import SIGNS
    from marketplace.icons import ICONS

    assert set(SIGNS.values()) <= set(ICONS)
    with pytest.raises(KeyError):
        ui.icon("no such sign")
