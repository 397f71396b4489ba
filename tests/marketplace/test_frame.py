"""What stands around every page: menu, switches, banner, error pages, the page of components."""

import pytest
from allauth.account.models import EmailAddress
from django.urls import path, reverse
from django.utils import translation
from django.views.decorators.http import require_POST

from marketplace import clock, desk, menu
from marketplace.accounts.models import User
from marketplace.clock import now, today
from marketplace.notifications.models import Notification
from marketplace.organisations.acting import Acting
from marketplace.organisations.models import Membership, Organisation
from marketplace.organisations.roles import Kind, Role


def organisation(number: int, kind=Kind.UNIVERSITY, state="VERIFIED") -> Organisation:
    return Organisation.objects.create(
        kind=kind,
        name_zh=f"示例单位{number}",
        name_en=f"Example {number}",
        slug=f"example-{number}",
        credit_code=f"12420000000000{number:04}",
        state=state,
        decided_at=now(),
        decision_reason="register seen",
    )


@pytest.fixture
def person(db):
    return User.objects.create_user("li@example.org", "long-enough-1", name="李明")


def member(user, number, roles=(Role.EDITOR,)) -> Membership:
    return Membership.objects.create(user=user, organisation=organisation(number), roles=list(roles))


@pytest.fixture
def looking(settings):
    settings.DEMO = True


# --- Menu and desk ------------------------------------------------------------------------------------------


@pytest.fixture
def items(monkeypatch):
    monkeypatch.setattr(menu, "_items", {})
    menu.register_menu(menu.MenuItem("all", "For all", "look", group="market"))
    menu.register_menu(
        menu.MenuItem("in", "Signed in", "look_paper", menu.SIGNED_IN, group="market", order=1)
    )
    menu.register_menu(menu.MenuItem("own", "Members", "account_email", menu.MEMBER))
    menu.register_menu(menu.MenuItem("edit", "Editors", "mfa_index", "listing.edit", order=1))
    menu.register_menu(
        menu.MenuItem("lab", "Hospitals", "account_login", menu.MEMBER, kinds=frozenset({Kind.HOSPITAL}))
    )


def keys(acting) -> list[list[str]]:
    return [[str(entry.label) for entry in group.entries] for group in menu.menu_for(acting)]


def test_menu_marks_the_list_that_a_page_elsewhere_belongs_to(items):
    menu.register_menu(menu.MenuItem("more", "More", "look", group="work", also=frozenset({"credit-notes"})))

    def here(path):
        groups = menu.menu_for(Acting(None), path)
        return [
            entry.label for group in groups for entry in group.entries if entry.here and entry.label == "More"
        ]

    assert (here("/en/credit-notes/1/"), here("/en/credit/"), here("/")) == (["More"], [], [])


def test_menu_shows_what_the_role_can_do(items):
    user = User(pk=1)
    university = Organisation(pk=1, kind=Kind.UNIVERSITY, state="VERIFIED")
    assert keys(Acting(None)) == [["For all"]]
    assert keys(Acting(user)) == [["For all", "Signed in"]]
    assert keys(Acting(user, university, frozenset({Role.FINANCE}))) == [
        ["For all", "Signed in"],
        ["Members"],
    ]
    assert keys(Acting(user, university, frozenset({Role.EDITOR}))) == [
        ["For all", "Signed in"],
        ["Members", "Editors"],
    ]


def test_menu_marks_the_nearest_entry(items):
    with translation.override("en"):
        groups = menu.menu_for(Acting(User(pk=1)), reverse("look_paper"))
    assert [entry.here for group in groups for entry in group.entries] == [False, True]


def test_menu_refuses_an_unknown_group():
    with pytest.raises(ValueError, match="no menu group"):
        menu.register_menu(menu.MenuItem("x", "X", "look", group="elsewhere"))


def test_desk_puts_the_earliest_deadline_first(monkeypatch):
    monkeypatch.setattr(desk, "_providers", {})
    early, late = (
        desk.DeskItem("Early", "/e/", today()),
        desk.DeskItem("Late", "/l/", today().replace(year=2999)),
    )
    some_day = desk.DeskItem("Some day", "/s/", waits_for="them")

    @desk.desk_items
    def one(acting):
        return [some_day, late]

    @desk.desk_items
    def other(acting):
        return [early]

    assert desk.items_for(Acting(User(), Organisation())) == [early, late, some_day]
    assert desk.items_for(Acting(User())) == []


# --- The header ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("organisations", [1, 3])
def test_header_asks_a_fixed_number_of_questions(
    client, person, looking, organisations, django_assert_num_queries, monkeypatch
):
    monkeypatch.setattr(clock, "_DEMO_READ_SECONDS", 600)
    for number in range(organisations):
        member(person, number)
    Notification.objects.bulk_create(
        Notification(user=person, template="x", subject_zh="甲", subject_en="A", created_at=now())
        for _again in range(organisations)
    )
    client.force_login(person)
    client.get("/en/look/")  # the demo's clock is read and remembered
    with django_assert_num_queries(4):  # session, user, memberships, unread
        page = client.get("/en/look/")
    assert page.status_code == 200
    assert "Example 0" in page.content.decode()


def test_anonymous_header_asks_nothing(client, looking, db, django_assert_num_queries, monkeypatch):
    monkeypatch.setattr(clock, "_DEMO_READ_SECONDS", 600)
    client.get("/en/look/")
    with django_assert_num_queries(0):
        page = client.get("/en/look/").content.decode()
    assert reverse("account_login").removeprefix("/zh-hans") in page


def test_language_switch_stays_on_the_page(client, looking, db):
    page = client.get("/en/look/", {"q": "a&b", "page": "2"}).content.decode()
    assert 'href="/zh-hans/look/?q=a%26b&amp;page=2"' in page
    assert '<html lang="en">' in page


def test_banner_shows_the_market_s_date_in_the_demo_only(client, settings, db):
    settings.DEMO = True
    assert str(today()) in client.get("/en/look/").content.decode()
    settings.DEMO = False
    assert "demo-banner" not in client.get("/en/accounts/login/").content.decode()


# --- Pages of our own --------------------------------------------------------------------------------------------


def test_components_are_shown_only_for_looking(client, settings, db):
    settings.DEMO = settings.DEBUG = False
    assert client.get("/en/look/").status_code == 404
    assert client.get("/en/look/paper.pdf").status_code == 404
    settings.DEMO = True
    assert client.get("/zh-hans/look/").status_code == 200
    assert client.get("/zh-hans/look/paper.pdf").content.startswith(b"%PDF")
    assert client.get("/zh-hans/look/?export=csv")["Content-Type"].startswith("text/csv")


@pytest.mark.parametrize(
    "page",
    ["account_login", "account_signup", "account_reset_password", "account_reset_password_done"],
)
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_entrance_pages(client, db, page, language):
    with translation.override(language):
        answer = client.get(reverse(page))
    assert answer.status_code == 200
    assert answer.content.decode().count("<h1") == 1


@pytest.mark.parametrize(
    "page",
    [
        "account_email", "account_change_password", "mfa_index", "mfa_activate_totp", "mfa_list_webauthn",
        "account_logout", "account_reauthenticate", "look",
    ],
)  # fmt: skip
def test_account_pages(client, person, looking, page):
    EmailAddress.objects.create(user=person, email=person.email, verified=True, primary=True)
    password = {"password": "long-enough-1"}
    client.post("/zh-hans/accounts/login/?next=/healthz", {"login": person.email, **password})
    client.post("/zh-hans/accounts/reauthenticate/", password | {"next": "/healthz"})
    answer = client.get(reverse(page))
    assert answer.status_code == 200
    html = answer.content.decode()
    assert html.count("<h1") == 1
    assert ' style="' not in html
    assert "<script>" not in html


def test_sign_up_leads_to_a_letter_in_the_reader_s_language(client, db, mailoutbox):
    client.post(
        "/zh-hans/accounts/signup/",
        {
            "email": "new@example.org",
            "name": "王芳",
            "password1": "kuài-lè-2026",
            "password2": "kuài-lè-2026",
        },
    )
    [letter] = mailoutbox
    assert letter.subject == "先用：请确认您的电子邮箱"
    assert "/accounts/confirm-email/" in letter.body


@pytest.fixture
def broken(settings):
    """A site with one address that fails and one that only receives forms."""

    def fail(request):
        raise RuntimeError("on purpose")

    from marketplace import urls

    module = type(
        "urls",
        (),
        {"urlpatterns": [path("fail/", fail), path("only-forms/", require_POST(fail)), *urls.urlpatterns]},
    )
    settings.ROOT_URLCONF = module
    settings.DEBUG = False


def test_a_failure_is_told_in_both_languages(client, broken, db):
    client.raise_request_exception = False
    answer = client.get("/fail/")
    assert answer.status_code == 500
    assert "出错了" in answer.content.decode()
    assert "Something went wrong" in answer.content.decode()


def test_not_found_says_whom_one_acts_for(client, person):
    member(person, 1)
    client.force_login(person)
    answer = client.get("/en/no/such/page/")
    assert answer.status_code == 404
    assert "<strong>Example 1</strong>" in answer.content.decode()


def test_way_back_leads_only_to_pages_of_ours(client, db):
    def back(referer):
        return client.get("/en/no/such/page/", headers={"Referer": referer}).content.decode()

    assert 'href="http://testserver/en/look/"' in back("http://testserver/en/look/")
    assert "evil" not in back("https://evil.example/")
    assert "alert" not in back("javascript:alert(1)")


def test_request_for_a_foreign_host_is_explained(client, db):
    answer = client.get("/en/look/", headers={"Host": "evil.example"})
    assert answer.status_code == 400
    assert "could not understand" in answer.content.decode()


def test_stray_visitor_of_a_form_s_address_is_told_what_to_do(client, broken, db):
    page = client.get("/only-forms/", headers={"Accept": "text/html,*/*"})
    assert (page.status_code, page["Allow"]) == (405, "POST")
    assert "draft-link" in page.content.decode()
    assert client.get("/only-forms/", headers={"Accept": "application/json"}).content == b""


@pytest.mark.parametrize("address", ["/en/needs/un-%00/", "/en/ask/%00/", "/no-such%00/"])
def test_address_with_a_sign_that_the_database_refuses_is_none(client, db, address):
    answer = client.get(address)
    assert (answer.status_code, "<html" in answer.content.decode()) == (404, True)


def test_form_from_an_old_page_is_explained(db):
    from django.test import Client

    answer = Client(enforce_csrf_checks=True).post("/en/accounts/login/", {"login": "a"})
    assert answer.status_code == 403
    assert "open too long" in answer.content.decode()
