import pytest
from django.core import mail
from django.urls import reverse
from django.utils import translation

from marketplace.notifications import tasks
from marketplace.notifications.models import MailPreference, Notification
from marketplace.notifications.services import notify
from marketplace.organisations.acting import members
from marketplace.organisations.roles import Kind
from tests.factories.ground import make_acting, make_member, make_organisation, make_user, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


def tell(*users, path="/zh-hans/organisation/"):
    return notify(users, "organisation_verified", organisation=make_organisation(), path=path)


def test_notification_is_told_in_both_languages_and_leads_to_the_readers(client):
    user = make_user()
    (row,) = tell(user)
    assert row.subject_en.endswith("is verified")
    assert "已通过" in row.subject_zh
    client.force_login(user)
    assert client.get(reverse("notification_open", args=[row.pk])).url == "/en/organisation/"
    row.refresh_from_db()
    assert row.read_at
    assert client.get(f"/zh-hans/notifications/{row.pk}/").url == "/zh-hans/organisation/"


def test_notifications_are_ones_own(client):
    mine, other = make_user(), make_user()
    (row,) = tell(other)
    assert client.get(reverse("notifications")).status_code == 302
    client.force_login(mine)
    assert client.get(reverse("notification_open", args=[row.pk])).status_code == 404
    assert list(client.get(reverse("notifications")).context["page_obj"]) == []
    client.post(reverse("notifications_read"))
    row.refresh_from_db()
    assert row.read_at is None


def test_reading_all(client):
    user = make_user()
    tell(user), tell(user)
    client.force_login(user)
    assert len(client.get(reverse("notifications") + "?unread=1").context["page_obj"]) == 2
    assert client.get(reverse("notifications_read")).status_code == 405
    client.post(reverse("notifications_read"))
    assert len(client.get(reverse("notifications") + "?unread=1").context["page_obj"]) == 0


@pytest.mark.parametrize("rows", [1, 3])
def test_list_asks_the_same_number_of_questions(client, django_assert_num_queries, rows):
    acting = make_acting(Kind.ENTERPRISE)
    for _number in range(rows):
        tell(acting.user)
    signed_in(client, acting)
    with django_assert_num_queries(6):
        client.get(reverse("notifications"))


def test_profile_changes_name_language_and_letters(client):
    user = make_user(language="en")
    tell(user)
    client.force_login(user)
    page = client.get(reverse("profile"))
    assert page.context["form"]["mail"].value() == "AT_ONCE"
    answer = client.post(reverse("profile"), {"name": "李明", "language": "zh-hans", "mail": "NEVER"})
    assert answer.url == "/zh-hans/profile/"
    user.refresh_from_db()
    assert (user.name, user.language, user.mail_preference.mode) == ("李明", "zh-hans", "NEVER")
    assert not Notification.objects.to_mail().exists()
    wrong = client.post(reverse("profile"), {"name": "", "language": "fr", "mail": "LOUD"})
    assert sorted(wrong.context["form"].errors) == ["language", "mail", "name"]


def test_letters_follow_the_preference():
    at_once, digest, never = make_user(), make_user(language="en"), make_user()
    MailPreference.objects.create(user=digest, mode=MailPreference.Mode.DIGEST)
    MailPreference.objects.create(user=never, mode=MailPreference.Mode.NEVER)
    tell(at_once, digest, never), tell(digest)
    tasks.send_mails()
    assert [letter.to for letter in mail.outbox] == [[at_once.email]]
    tasks.send_digests()
    tasks.send_mails(), tasks.send_digests()
    assert [letter.to for letter in mail.outbox[1:]] == [[digest.email]]
    assert mail.outbox[1].subject == "UseFirst: 2 messages of the day"


def test_a_notification_for_another_house_asks_before_it_opens(client):
    """Who belongs to two organisations and acts for one is led to what was told to them as one of the other."""
    acting = make_acting(Kind.ENTERPRISE)
    other = make_member(make_organisation(Kind.AGENCY), user=acting.user).organisation
    (row,) = tell(*members(other, "mandate.propose"), path=reverse("mandates"))
    signed_in(client, acting)
    assert other.name in client.get(reverse("notifications")).content.decode()
    door = client.get(reverse("notification_open", args=[row.pk]))
    assert (door.status_code, door.context["house"]) == (200, other)
    switched = client.post(reverse("act_for"), {"organisation": other.pk, "next": row.url})
    assert (switched.url, client.get(switched.url).status_code) == (reverse("mandates"), 200)
    assert client.get(reverse("notification_open", args=[row.pk])).url == reverse("mandates")
    tasks.send_mails()
    assert f"/notifications/{row.pk}/" in mail.outbox[0].body


def test_a_name_begins_no_other_header_and_holds_up_no_other_letter():
    hostile = make_organisation(name_zh="甲\r乙\x0b丙\u2028丁\x07戊", name_en="A\rBcc: x@example.org")
    reader = make_user(language="en")
    (row,) = notify([reader], "organisation_verified", organisation=hostile)
    assert (row.subject_zh[:9], row.subject_en) == ("甲 乙 丙 丁戊 ", "A Bcc: x@example.org is verified")
    Notification.objects.filter(pk=row.pk).update(subject_en="of an earlier version\rBcc: x@example.org")
    tell(make_user())
    tasks.send_mails()
    row.refresh_from_db()
    assert (len(mail.outbox), row.mailed_at, row.mail_attempts) == (1, None, 1)


def test_a_notification_for_a_house_one_has_left_says_so(client):
    acting = make_acting(Kind.ENTERPRISE)
    membership = make_member(make_organisation(Kind.AGENCY), user=acting.user)
    (row,) = tell(*members(membership.organisation, "mandate.propose"), path=reverse("mandates"))
    membership.delete()
    door = signed_in(client, acting).get(reverse("notification_open", args=[row.pk]))
    assert (door.status_code, door.context["house"]) == (200, None)
