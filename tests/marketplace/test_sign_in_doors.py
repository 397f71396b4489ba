"""There is one way in: the sign-in that knows the second factor."""

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.test import Client
from django.urls import reverse

from tests.factories.ground import PASSWORD, make_user

DOORS = ("/cms-admin/login/", "/zh-hans/_util/login/", "/en/_util/login/")


@pytest.mark.django_db
@pytest.mark.parametrize("door", DOORS)
def test_password_alone_opens_no_door_for_someone_with_a_second_factor(client, door):
    user = make_user()
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    TOTP.activate(user, generate_totp_secret())

    for given in ({"username": user.email}, {"login": user.email}):
        client.post(door, {**given, "password": PASSWORD}, follow=True)
        assert "_auth_user_id" not in client.session
    shown = Client().get(f"{door}?next=/cms-admin/")
    assert (shown.status_code, shown["Location"].partition("?")[2]) == (302, "next=/cms-admin/")

    page = client.post(reverse("account_login"), {"login": user.email, "password": PASSWORD})
    assert page["Location"] == reverse("mfa_authenticate")
