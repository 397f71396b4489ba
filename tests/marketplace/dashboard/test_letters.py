import re

import pytest
from allauth.account.models import EmailAddress
from django.core.mail import EmailMultiAlternatives, get_connection
from django.urls import reverse

from marketplace.dashboard.letters import letter_files, read_letters

URL = "/en/demo/letters/"


@pytest.fixture
def folder(settings, tmp_path):
    settings.DEMO = True
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = str(tmp_path / "mail")
    return tmp_path / "mail"


def send(*letters):
    """Some letters over one connection: they lie in one file."""
    with get_connection() as connection:
        for to, subject, text in letters:
            letter = EmailMultiAlternatives(subject, text, to=[to], connection=connection)
            letter.attach_alternative(f"<p>{text}</p>", "text/html")
            letter.send()


def test_there_are_no_letters_outside_demo_mode(client, db, settings):
    settings.DEMO = False
    assert client.get(URL).status_code == 404


def test_letters_of_one_file_are_read_newest_first(folder):
    send(
        ("a@example.org", "第一封 — 一个很长很长很长很长的主题，要折行才放得下", "正文"),
        ("b@example.org", "Second", "-" * 79),
    )
    second, first = [letter for path in letter_files() for letter in read_letters(path)]
    assert (first.subject, first.to, first.text) == (
        "第一封 — 一个很长很长很长很长的主题，要折行才放得下", "a@example.org", "正文",
    )  # fmt: skip
    assert (second.subject, second.text) == ("Second", "-" * 79)
    assert first.sent_at is not None


def test_letters_are_found_by_recipient(client, db, folder):
    send(("a@example.org", "For A", "x"))
    send(("b@example.org", "For B", "x"))
    page = client.get(URL, {"to": "A@example"}).content.decode()
    assert "For A" in page
    assert "For B" not in page
    assert "No letter to this recipient." in client.get(URL, {"to": "nobody"}).content.decode()


def test_text_of_a_letter_is_never_markup(client, db, folder):
    send(("a@example.org", "<b>bold</b>", "<script>alert(1)</script> https://example.org/x?a=1&b=2"))
    page = client.get(URL).content.decode()
    assert "<script>alert" not in page
    assert "<b>bold" not in page
    assert 'href="https://example.org/x?a=1&amp;b=2"' in page


def test_page_without_any_letter_says_how_one_comes(client, db, folder):
    assert "No letter was written yet." in client.get(URL).content.decode()


def test_newcomer_confirms_the_address_from_the_letters(client, db, folder):
    fields = {
        "email": "newcomer@example.org",
        "password1": "a long enough one",
        "password2": "a long enough one",
    }
    sent = client.post(reverse("account_signup"), {**fields, "name": "新人"}, follow=True)
    main = sent.content.decode().partition("<main")[2]
    assert main.count(reverse("demo_letters")) == 1

    page = client.get(URL).content.decode()
    link = re.search(r'href="https?://[^/]+(/[^"]*confirm[^"]*)"', page).group(1)
    client.post(link)

    assert EmailAddress.objects.get(email="newcomer@example.org").verified
