from datetime import UTC, datetime

import pytest

from marketplace.accounts.models import User
from marketplace.notifications.models import MailPreference, Notification
from marketplace.notifications.tasks import send_digests, send_mails


@pytest.fixture
def user(db):
    return User.objects.create_user("li@example.org", "long-enough-1", language="zh-hans")


def note(user, **facts) -> Notification:
    return Notification.objects.create(
        user=user,
        template="x",
        subject_zh="报告 A&B 已被接受",
        subject_en="Report A&B accepted",
        body_zh="第三季度 <净销售额>。",
        body_en="Third quarter.",
        created_at=datetime(2026, 11, 23, 6, 5, tzinfo=UTC),
        **facts,
    )


def test_letter_has_one_fact_and_one_button_in_the_reader_s_language(user, mailoutbox, settings):
    settings.SITE_URL = "https://market.example"
    note(user, path="/contracts/1/")
    send_mails()
    [letter] = mailoutbox
    [(html, kind)] = letter.alternatives
    url = "https://market.example/zh-hans/contracts/1/"
    assert (letter.subject, kind) == ("报告 A&B 已被接受", "text/html")
    assert letter.body.startswith("报告 A&B 已被接受\n\n第三季度 <净销售额>。\n\n请在此查看：\n" + url)
    assert html.count("<a ") == 1
    assert f'href="{url}"' in html
    assert "&lt;净销售额&gt;" in html


def test_letter_without_an_address_has_no_button(user, mailoutbox):
    note(user)
    send_mails()
    assert "<a " not in mailoutbox[0].alternatives[0][0]
    assert "请在此查看" not in mailoutbox[0].body


def test_digest_tells_everything_in_one_letter(user, mailoutbox, settings):
    settings.SITE_URL = "https://market.example"
    user.language = "en"
    user.save()
    MailPreference.objects.create(user=user, mode=MailPreference.Mode.DIGEST)
    note(user, path="/contracts/1/")
    note(user)
    send_mails()
    assert mailoutbox == []
    send_digests()
    [letter] = mailoutbox
    assert letter.subject == "UseFirst: 2 messages of the day"
    assert letter.body.count("2026-11-23 14:05  Report A&B accepted\nThird quarter.") == 2
    assert letter.body.count("https://market.example/en/contracts/1/") == 1
