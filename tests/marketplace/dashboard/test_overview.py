import io
from datetime import timedelta
from pathlib import Path

import pytest
from django.template.utils import get_app_template_dirs
from django.urls import reverse
from openpyxl import load_workbook

from contracts.lifecycle.models import Objection, PublicNotice
from contracts.payments.gateways.models import GatewayAccount, WebhookEvent
from marketplace.clock import now, today
from marketplace.dashboard.occasions import OCCASIONS
from marketplace.dashboard.overview import overview
from marketplace.money import Money
from marketplace.notifications.models import Notification
from marketplace.organisations.roles import Kind, Role
from search.models import OutboxRow
from tests.contracts.payments.world import contract, invoice
from tests.factories.ground import signed_in
from tests.marketplace.dashboard.world import payment
from tests.marketplace.deals.conftest import listing, organisation, person

URL = "/en/operator/market/"
LISTS = ["overdue", "objections", "letters", "webhooks"]


def letter(user, attempts=8) -> Notification:
    return Notification.objects.create(
        user=user, template="deals/offer", subject_zh="机密", subject_en="secret", body_en="secret",
        created_at=now(), mail_attempts=attempts,
    )  # fmt: skip


def objection(world) -> Objection:
    n = PublicNotice.objects.count() + 1
    notice = PublicNotice.objects.create(
        contract=contract(world), number=f"N-{n}", content={}, hash="0" * 64, days=15,
        published_on=today() - timedelta(days=20), ends_on=today(), published_by=world.approver.user,
    )  # fmt: skip
    return Objection.objects.create(
        notice=notice, name="张三", contact="z@example.org", text="my secret text", token_hash=f"{n}",
        decide_by=today() - timedelta(days=1),
    )  # fmt: skip


def webhook(world) -> WebhookEvent:
    account, _made = GatewayAccount.objects.get_or_create(
        organisation=world.uni, defaults={"secret_key": "sk_test_secret", "key_tail": "cret"}
    )
    n = WebhookEvent.objects.count() + 1
    return WebhookEvent.objects.create(
        account=account, event_id=f"evt_{n}", kind="invoice.paid", payload={"secret": 1}, attempts=12,
        problem="no answer",
    )  # fmt: skip


def trouble(world) -> None:
    """One more row of everything that the page counts or lists."""
    listing(world.uni, f"成果{now().timestamp()}")
    late = today() - timedelta(days=3)
    invoice(world.contract, 40_000, on=late - timedelta(days=30), due_on=late)
    objection(world)
    letter(world.payer.user)
    webhook(world)
    organisation(Kind.ENTERPRISE, "待核验公司", state="PENDING", decided_at=None, decision_reason="")


def lines(found) -> dict:
    return {line.label: line.sums if line.sums is not None else line.count for line in found}


def test_overview_counts_states_sums_and_what_is_stuck(world):
    trouble(world)
    payment(world, 25_000)
    OutboxRow.objects.all().delete()
    OutboxRow.objects.create(page_id=1, created_at=now() - timedelta(minutes=90))
    found = overview()
    assert lines(found.listings) == {"已发布": 2}
    assert lines(found.contracts) == {"履行中": 2}
    assert lines(found.money) == {
        "已开账单": (Money(40_000),), "红字冲减": (), "已收到": (Money(25_000),), "退款": (),
        "已逾期": (Money(40_000),),
    }  # fmt: skip
    assert lines(found.waits) == {"待核验单位": 1, "审查中的异议": 1}
    assert lines(found.machines) == {
        "与事件不一致的每日用量合计": 0, "账簿核对发现": 0,
        "等待进入搜索的变更": 1, "搜索未能收录的变更": 0, "未能发出的邮件": 1, "未能处理的支付回调": 1,
    }  # fmt: skip
    assert [line.tone for line in found.machines] == ["", "bad", "", "bad", "warn", "bad"]


@pytest.mark.parametrize("path", ["", *(f"{name}/" for name in LISTS), "?export=xlsx"])
def test_only_the_operator_reads_it(client, world, path):
    clerk = person(world.operator.organisation, Role.ADMIN)
    answers = {
        "anonymous": client.get(URL + path).status_code,
        "university": signed_in(client, world.finance).get(URL + path).status_code,
        "clerk": signed_in(client, clerk).get(URL + path).status_code,
        "operator": signed_in(client, world.operator).get(URL + path).status_code,
    }
    assert answers == {"anonymous": 302, "university": 404, "clerk": 403, "operator": 200}


@pytest.mark.parametrize(("path", "queries"), [("", 26), *((f"{name}/", 6) for name in LISTS)])
def test_pages_have_a_fixed_number_of_queries(client, world, path, queries, django_assert_num_queries):
    client = signed_in(client, world.operator)
    client.get(URL + path)  # fills what is kept for the process
    for rows in (1, 2):
        for _row in range(rows):
            trouble(world)
        with django_assert_num_queries(queries):
            answer = client.get(URL + path)
        assert answer.status_code == 200


@pytest.mark.parametrize("name", LISTS)
def test_lists_say_nothing_of_contents(client, world, name):
    trouble(world)
    page = signed_in(client, world.operator).get(f"{URL}{name}/")
    assert len(page.context["rows"]) == 1
    leads_on = {"overdue": "/en/contracts/", "objections": "/en/notices/"}.get(name, "")
    assert f'<td><a href="{leads_on}' in page.content.decode() or not leads_on
    text = page.content.decode()
    for hidden in ("secret", "机密", "张三", "400.00", world.firm.name_zh):
        assert hidden not in text
    empty = {"sort": "nonsense", "page": "99"}
    assert client.get(f"{URL}{name}/", empty).status_code == 200
    assert client.get(f"{URL}{name}/", {"export": "csv"}).status_code == 200


def test_unknown_list_is_not_found(client, world):
    assert signed_in(client, world.operator).get(f"{URL}nothing/").status_code == 404


def test_export_holds_numbers_states_and_dates_alone(client, world):
    answer = signed_in(client, world.operator).get(URL, {"export": "xlsx"})
    header, row = load_workbook(io.BytesIO(answer.content)).active.values
    assert header[:3] == ("Number", "State", "In this state since")
    assert row[0] == world.contract.number
    assert row[1] == "in force"
    assert len(header) == 13
    assert all(cell is None or hasattr(cell, "year") for cell in row[2:])


def test_a_letter_is_named_by_its_occasion_in_the_readers_language(client, world):
    """And never by its subject, which tells sums and names."""
    row = letter(world.payer.user)
    Notification.objects.filter(pk=row.pk).update(template="payments/dunning")
    client = signed_in(client, world.operator)
    for language, words in (("en", "Reminder of an invoice"), ("zh-hans", "账单催款")):
        page = client.get(f"/{language}/operator/market/letters/").content.decode()
        assert words in page
        assert "secret" not in page
        assert "payments/dunning" not in page


def test_every_letter_has_an_occasion():
    """A template that is new gets its words; one that is gone takes them with it."""
    folders = [Path(folder) / "notifications" for folder in get_app_template_dirs("templates")]
    found = {path.relative_to(f).with_suffix("").as_posix() for f in folders for path in f.rglob("*.txt")}
    assert found - {"letter", "digest"} == OCCASIONS.keys()


def test_letters_are_tried_again(client, world):
    given_up, waiting = letter(world.payer.user), letter(world.payer.user, attempts=3)
    client = signed_in(client, world.operator)
    assert client.get(reverse("letters_retry")).status_code == 405
    assert client.post(reverse("letters_retry")).status_code == 302
    given_up.refresh_from_db()
    waiting.refresh_from_db()
    assert (given_up.mail_attempts, waiting.mail_attempts) == (0, 3)
    assert signed_in(client, world.finance).post(reverse("letters_retry")).status_code == 404
