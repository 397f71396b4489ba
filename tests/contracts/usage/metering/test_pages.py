"""What people see of events: sums, days, closings, spreadsheets, the running period."""

from datetime import date, datetime
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation
from openpyxl import Workbook, load_workbook

from contracts.billing.sofar import so_far
from contracts.usage.metering.models import EventFile
from contracts.usage.metering.queries import refused_events
from contracts.usage.services import set_broker_access
from marketplace.clock import ZONE, at
from tests.contracts.rating.samples import fixed, royalty, sheet
from tests.contracts.usage.metering.world import closing, event, metered, send, sums, void
from tests.contracts.usage.world import charged, pass_day, report_for
from tests.factories.ground import signed_in

TODAY = date(2026, 3, 12)


@pytest.fixture
def contract(world):
    return metered(world)


@pytest.fixture
def ask(client):
    """ask(acting, name, *arguments, post data, on a day)"""

    def asked(acting, name, *arguments, data=None, query="", on=TODAY):
        signed_in(client, acting)
        with at(on):
            url = reverse(name, args=arguments) + query
            return client.get(url) if data is None else client.post(url, data)

    return asked


def test_so_far_is_the_later_charge(world, contract, ask):
    send(world, event(contract, "a", "100.5", time="2026-02-10T09:00:00+08:00"), event(contract, "b", 7),
         closing(contract, "2026-01-31", "2026-02-28"))  # fmt: skip
    pass_day(TODAY)
    with at(TODAY):
        now = so_far(contract, "en")
    assert (now.start, now.end, str(now.total.decimal), now.waiting) == (
        date(2026, 3, 1), date(2026, 3, 31), "14.00", [],
    )  # fmt: skip
    for acting in (world.finance, world.reporter):
        assert "¥14.00" in ask(acting, "contract", contract.number).content.decode()
        assert "¥14.00" in ask(acting, "contract_usage", contract.number).content.decode()
    send(
        world,
        closing(contract, "2026-03-01", "2026-03-31", "march"),
        moment=datetime(2026, 4, 1, tzinfo=ZONE),
    )
    pass_day(date(2026, 4, 1))
    assert charged(contract) == [("2026-02-28", "201.00"), ("2026-03-31", "14.00")]


def test_so_far_without_metering_is_the_report_that_the_events_draft(world, ask):
    contract = metered(world, sheet(royalty(fixed("0.03")), report={"every": "month"}))
    march = "2026-03-10T09:30:00+08:00"
    send(world, event(contract, "a", 113_000, data={"meter": "sales"}),
         event(contract, "b", 13_000, data={"meter": "sales.vat"}, time=march))  # fmt: skip
    with at(TODAY):
        assert str(so_far(contract, "en").total.decimal) == "30.00"
    pass_day(date(2026, 4, 2))
    report = report_for(contract, date(2026, 3, 31))
    page = ask(world.reporter, "report", report.pk, on=date(2026, 4, 2))
    form = page.context["form"]
    drafted = {name: form[name].initial for group in form.groups for name in group["names"]}
    assert sorted(value for value in drafted.values() if value is not None) == [13_000, 113_000]
    assert form.is_drafted


def test_a_person_closes_a_period(world, contract, ask):
    send(world, event(contract, "a", 5, time="2026-02-10T09:00:00+08:00"))
    page = ask(world.reporter, "contract_usage", contract.number)
    assert [(p.figure, p.start, p.end) for p in page.context["open_periods"]] == [
        ("calls", date(2026, 1, 31), date(2026, 1, 31)), ("calls", date(2026, 2, 1), date(2026, 2, 28)),
    ]  # fmt: skip
    assert "2026-02-01 – 2026-02-28" in ask(world.reporter, "desk").content.decode()
    close = {"meter": "calls", "start": "2026-01-31", "end": "2026-02-28"}
    assert ask(world.officer, "contract_usage_close", contract.number, data=close).status_code == 403
    assert (
        ask(world.reporter, "contract_usage_close", contract.number, data=close | {"end": "x"}).status_code
        == 409
    )
    assert ask(world.reporter, "contract_usage_close", contract.number, data=close).status_code == 302
    assert ask(world.reporter, "contract_usage", contract.number).context["open_periods"] == []
    pass_day(date(2026, 3, 13))
    assert charged(contract) == [("2026-02-28", "10.00")]


def test_days_and_their_events(world, contract, ask):
    send(world, event(contract, "a", "1.50"), event(contract, "b", 2), void(contract, "b"))
    page = ask(
        world.officer, "contract_usage", contract.number, query="?meter=calls&sort=-quantity&from=2026-03-01"
    )
    assert [(row.day, row.events) for row in page.context["page_obj"]] == [(20260310, 1)]
    day = ask(world.officer, "contract_usage_day", contract.number, 20260310)
    assert [(row.event_id, row.corrected_by) for row in day.context["page_obj"]] == [
        ("a", None),
        ("b", "void-b"),
    ]
    assert ask(world.officer, "contract_usage_day", contract.number, 20261399).status_code == 404
    for name, arguments in (("contract_usage", ()), ("contract_usage_day", (20260310,))):
        assert ask(world.officer, name, contract.number, *arguments, query="?export=xlsx").status_code == 200
    assert ask(world.officer, "contract_usage_refused", contract.number).status_code == 200


@pytest.mark.parametrize(
    ("agreed", "meter", "sent", "shown", "exported"),
    [
        (None, "calls", 700, ">700<", b",700"),
        (sheet(royalty(fixed("0.03"))), "sales", 113_000, "¥1,130.00", b",1130.00,"),
    ],
)
def test_what_was_refused_reads_like_what_was_counted(world, ask, agreed, meter, sent, shown, exported):
    """Money in the contract's currency, quantities without an exponent."""
    contract = metered(world, agreed)
    late = event(contract, quantity=sent, time="2036-02-01T00:00:00+08:00", data={"meter": meter})
    send(world, late, moment=datetime(2036, 2, 2, tzinfo=ZONE))
    assert shown in ask(world.officer, "contract_usage_refused", contract.number).content.decode()
    file = ask(world.officer, "contract_usage_refused", contract.number, query="?export=csv")
    assert exported in b"".join(file)


def test_refused_events_are_filtered_sorted_and_exported(world, contract, ask, django_assert_num_queries):
    after = datetime(2036, 3, 9, tzinfo=ZONE)
    for n, (day, quantity) in enumerate((("01", 5), ("02", 700), ("03", 30))):
        late = event(contract, f"late-{n}", quantity, time=f"2036-03-{day}T23:30:00+08:00")
        send(world, late, moment=after)
    send(world, event(contract, "late-1", 700, time="2036-03-02T23:30:00+08:00"), moment=after)  # sent again

    def shown(query):
        page = ask(world.officer, "contract_usage_refused", contract.number, query=query)
        return [row.event_id for row in page.context["page_obj"]]

    assert shown("?sort=-quantity") == ["late-1", "late-2", "late-0"]
    assert shown("?sort=-times") == ["late-1", "late-2", "late-0"]
    assert shown("?sort=time&from=2036-03-01&until=2036-03-02") == ["late-0", "late-1"]
    assert shown("?q=LATE-2") == ["late-2"]
    assert shown("?q=LATE-2&meter=nobodys&sort=nothing") == ["late-2"]
    assert shown("?from=0001-01-01&until=9999-12-31&q=%00") == ["late-2", "late-1", "late-0"]
    page = ask(world.officer, "contract_usage_refused", contract.number, query="?q=none").content.decode()
    assert "没有符合筛选条件的被拒绝事件。" in page
    file = ask(world.officer, "contract_usage_refused", contract.number, query="?q=late-1&export=csv")
    assert b"late-1" in file.content
    assert b"late-0" not in file.content
    rows = refused_events(contract, words="late", start=date(2036, 3, 1))
    with django_assert_num_queries(1):
        assert len(rows) == 3


def test_other_peoples_usage_is_not_there(world, ask):
    contract = metered(world, three_party=True)
    for acting in (world.stranger, world.neighbour, world.operator, world.broker):
        assert ask(acting, "contract_usage", contract.number).status_code == 404
        assert ask(acting, "usage_file_new", contract.number).status_code == 404
    with at(TODAY):
        set_broker_access(contract, actor=world.reporter, granted=True)
    assert ask(world.broker, "contract_usage", contract.number).status_code == 200
    assert ask(world.broker, "usage_file_new", contract.number).status_code == 404


def test_a_list_asks_the_same_number_of_queries(world, contract, ask):
    counts = []
    ask(world.officer, "contract_usage", contract.number)
    for days in ((1,), (2, 3)):
        send(world, *(event(contract, f"d{n}", 1, time=f"2026-03-0{n}T09:00:00Z") for n in days))
        with CaptureQueriesContext(connection) as asked:
            ask(world.officer, "contract_usage", contract.number)
        counts.append(len(asked))
    assert counts[0] == counts[1]


def _book(*rows) -> SimpleUploadedFile:
    book, out = Workbook(), BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(out)
    return SimpleUploadedFile("events.xlsx", out.getvalue())


def test_a_spreadsheet_is_tried_then_taken_over(world, contract, ask):
    send(world, event(contract, "old", 1, time="2026-03-01T08:00:00+08:00") | {"source": "urn:usefirst:file"})
    lines = _book(
        ["id", "time", "meter", "quantity", "product"],
        ["old", datetime(2026, 3, 1, 8), "calls", 1, None],
        ["new", "2026-03-02T00:00:00", "calls", 2.5, "A"],
        ["new", "2026-03-02", "calls", 3, "A"],
        ["bad", "yesterday", "calls", 3, "A"],
    )
    answer = ask(world.reporter, "usage_file_new", contract.number, data={"file": lines})
    file = EventFile.objects.get()
    assert answer.url == file.get_absolute_url()
    assert file.counts() == {"duplicate": 1, "accepted": 1, "conflict": 1, "refused": 1}
    assert sums(contract) == {("calls", "", 20260301): "1"}  # a trial saves nothing
    page = ask(world.reporter, "usage_file", contract.number, file.pk, query="?show=bad")
    assert [line["line"] for line in page.context["page_obj"]] == [4, 5]
    for language, words in (
        ("zh-hans", "时间须为日期加钟点"),
        ("en", "The time must be a day and a clock time"),
    ):
        with translation.override(language):  # whoever reads it, not whoever sent it
            page = ask(world.reporter, "usage_file", contract.number, file.pk, query="?show=bad")
        assert words in page.content.decode()
    report = ask(world.reporter, "usage_file", contract.number, file.pk, query="?export=xlsx").content
    assert [row[0].value for row in load_workbook(BytesIO(report)).active.rows] == ["行", 2, 3, 4, 5]
    assert ask(world.officer, "usage_file", contract.number, file.pk).status_code == 404

    assert ask(world.reporter, "usage_file_take", contract.number, file.pk, data={}).status_code == 302
    assert sums(contract) == {("calls", "", 20260301): "1", ("calls", "A", 20260302): "2.5"}
    assert ask(world.reporter, "usage_file_take", contract.number, file.pk, data={}).status_code == 409


def test_a_trial_says_which_corrections_are_taken_before_their_event(world, contract, ask):
    send(world, event(contract, "old", 1, time="2026-03-01T08:00:00+08:00") | {"source": "urn:usefirst:file"})
    head = ["id", "time", "meter", "quantity", "type", "target_id"]
    lines = _book(
        head,
        ["v-1", None, None, None, "void", "old"],
        ["v-2", None, None, None, "void", "odl"],
        ["r-1", "2026-03-02", "calls", 5, "replacement", "later in this file"],
        ["r-2", "2026-03-02", "calls", 5, "replacement", "never heard of"],
        ["v-3", None, None, None, "void", "v-1"],
        ["later in this file", "2026-03-02", "calls", 4, None, None],
    )
    ask(world.reporter, "usage_file_new", contract.number, data={"file": lines})
    file = EventFile.objects.get()
    for taken in (False, True):  # what is said before is what is answered then
        if taken:
            ask(world.reporter, "usage_file_take", contract.number, file.pk, data={})
        page = ask(world.reporter, "usage_file", contract.number, file.pk)
        assert [(line["status"], line["is_early"]) for line in page.context["page_obj"]] == [
            ("accepted", False),
            ("accepted", True),
            ("accepted", False),
            ("accepted", True),
            ("refused", False),
            ("accepted", False),
        ]
        early = ask(world.reporter, "usage_file", contract.number, file.pk, query="?show=early")
        assert [line["target"] for line in early.context["page_obj"]] == ["odl", "never heard of"]
        assert "“odl”" in early.content.decode()
    assert sums(contract) == {("calls", "", 20260302): "10"}  # both replacements


def test_a_spreadsheet_that_cannot_be_read_says_why(world, contract, ask):
    for content, words in (
        (_book(["time", "meter"], ["x", "y"]), "id"),
        (_book(["id", "amount"], ["x", 1]), "amount"),
        (_book(["id"]), ""),
        (SimpleUploadedFile("events.xlsx", b"PK\x03\x04 no book"), ""),
    ):
        page = ask(world.reporter, "usage_file_new", contract.number, data={"file": content})
        assert page.status_code == 422
        assert words in str(page.context["form"].errors)
    assert not EventFile.objects.exists()
