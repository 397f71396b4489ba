from datetime import date
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from openpyxl import load_workbook

from contracts.usage import services
from contracts.usage.states import ReportState
from marketplace.clock import at
from marketplace.desk import items_for
from tests.contracts.rating.samples import fixed, royalty, sheet
from tests.contracts.usage.world import accepted, pass_day, report_for, running, sales, submitted
from tests.factories.ground import signed_in

JANUARY, MARCH, JUNE = date(2026, 1, 1), date(2026, 3, 31), date(2026, 6, 30)
APRIL = date(2026, 4, 1)


@pytest.fixture
def contract(world):
    agreed = sheet(royalty(fixed("0.03")), report={"deductions": ["vat", "returns"]})
    return running(world, agreed, on=date(2026, 1, 1), three_party=True)


def test_preview_then_submit(client, world, contract):
    pass_day(APRIL)
    report = report_for(contract, MARCH)
    signed_in(client, world.reporter)
    fields = {
        "g0_0_0_invoiced_incl_vat": "2,712,000.00",
        "g0_0_0_vat": "312,000",
        "g0_0_0_returns": "100,000",
    }
    with at(APRIL):
        page = client.post(report.get_absolute_url(), {**fields, "action": "preview"})
        assert page.status_code == 200
        assert "69,000.00" in page.content.decode()
        assert report.rows.count() == 0
        page = client.post(report.get_absolute_url(), {"action": "submit"})
        assert page.status_code == 422
        page = client.post(report.get_absolute_url(), {**fields, "action": "submit"}, follow=True)
    assert page.status_code == 200
    report.refresh_from_db()
    assert report.state == ReportState.SUBMITTED
    assert report.rows.get().components == {
        "invoiced_incl_vat": 271_200_000, "vat": 31_200_000, "returns": 10_000_000,
    }  # fmt: skip


def test_figures_come_from_a_filled_spreadsheet_and_are_previewed_first(client, world, contract):
    pass_day(APRIL)
    report = report_for(contract, MARCH)
    signed_in(client, world.reporter)
    address = reverse("report_sheet", args=[report.pk])

    def send(book):
        out = BytesIO()
        book.save(out)
        return client.post(address, {"file": SimpleUploadedFile("figures.xlsx", out.getvalue())})

    with at(APRIL):
        book = load_workbook(BytesIO(client.get(address).content))
        sheet_ = book.active
        codes = [row[0].value for row in sheet_.iter_rows(min_row=2)]
        assert codes == ["g0_0_0_invoiced_incl_vat", "g0_0_0_vat", "g0_0_0_returns"]
        sheet_["F2"], sheet_["F3"] = 2_612_000.0, "312,000"
        page = send(book)
        assert page.status_code == 200
        assert "69,000.00" in page.content.decode()
        sheet_["A3"] = "g0_0_0_lunch"
        page = send(book)
    assert page.status_code == 422
    assert "g0_0_0_lunch" in page.content.decode()
    assert report.rows.count() == 0


def test_the_whole_way_of_a_report_through_the_pages(client, world, contract):
    pass_day(APRIL)
    report = report_for(contract, MARCH)
    with at(APRIL):
        signed_in(client, world.reporter)
        client.post(reverse("report_nil", args=[report.pk]))
        signed_in(client, world.officer)
        client.post(reverse("report_query", args=[report.pk]), {"query": "确实没有销售吗？"})
        signed_in(client, world.reporter)
        assert "确实没有销售吗？" in client.get(report.get_absolute_url()).content.decode()
        paper = SimpleUploadedFile("a.csv", b"a,b\n1,2\n", content_type="text/csv")
        client.post(reverse("report_evidence_add", args=[report.pk]), {"files": paper})
        client.post(reverse("report_nil", args=[report.pk]))
        signed_in(client, world.officer)
        client.post(reverse("report_accept", args=[report.pk]))
        evidence = report.evidence.get()
        file = client.get(reverse("report_evidence", args=[report.pk, evidence.pk]))
        assert b"".join(file.streaming_content) == b"a,b\n1,2\n"
        signed_in(client, world.reporter)
        page = client.post(reverse("report_amend", args=[report.pk]), follow=True)
        amendment = page.context["report"]
        assert amendment.amends_id == report.pk
        client.post(reverse("report_discard", args=[amendment.pk]))
    report.refresh_from_db()
    assert (report.state, report.is_nil) == (ReportState.ACCEPTED, True)
    assert contract.reports.filter(amends__isnull=False).count() == 0


def test_who_may_open_a_report(client, world, contract):
    report = submitted(world, contract, MARCH, sales("100"))

    def answers():
        found = {}
        for who in ("officer", "finance", "reporter", "signatory", "scout", "broker", "stranger", "operator"):
            signed_in(client, getattr(world, who))
            found[who] = client.get(report.get_absolute_url()).status_code
        client.logout()
        return {**found, "anonymous": client.get(report.get_absolute_url()).status_code}

    table = {
        "officer": 200, "finance": 200, "reporter": 200, "signatory": 200, "scout": 404, "broker": 404,
        "stranger": 404, "operator": 404, "anonymous": 302,
    }  # fmt: skip
    assert answers() == table
    services.set_broker_access(contract, actor=world.reporter, granted=True)
    assert answers() == {**table, "broker": 200}


def test_the_licensee_lets_the_broker_see_on_the_contracts_page(client, world, contract):
    pass_day(APRIL)
    signed_in(client, world.reporter)
    page = client.get(contract.get_absolute_url()).content.decode()
    assert reverse("broker_access", args=[contract.number]) in page
    client.post(reverse("broker_access", args=[contract.number]), {"granted": "yes"})
    assert contract.broker_access.granted
    signed_in(client, world.officer)
    page = client.get(contract.get_absolute_url()).content.decode()
    assert reverse("broker_access", args=[contract.number]) not in page
    assert f"{reverse('reports')}?contract={contract.number}" in page


def test_reports_list_asks_the_same_of_the_database_for_1_and_3_rows(
    client, world, contract, django_assert_num_queries
):
    signed_in(client, world.officer)
    for day in (date(2026, 1, 2), date(2026, 8, 1)):
        pass_day(day)
        client.get(reverse("reports"))
        with django_assert_num_queries(6):
            assert client.get(reverse("reports")).status_code == 200
    assert contract.reports.count() == 3


def test_reports_are_filtered_and_exported(client, world, contract):
    accepted(world, contract, MARCH, sales("100"))
    pass_day(date(2026, 7, 1))
    signed_in(client, world.officer)
    page = client.get(reverse("reports"), {"state": "due", "sort": "due_on"})
    assert [report.period_end for report in page.context["page_obj"]] == [JUNE]
    csv = client.get(reverse("reports"), {"export": "csv"})
    assert contract.number in csv.content.decode("utf-8-sig")


def test_the_desk_says_who_has_to_report_and_to_accept(world, contract):
    pass_day(APRIL)

    def waiting(who):
        with at(APRIL):
            return [
                (item.waits_for, item.due_on)
                for item in items_for(getattr(world, who))
                if "/reports/" in item.url
            ]

    assert (waiting("reporter"), waiting("officer"), waiting("stranger")) == (
        [("me", date(2026, 4, 30))], [("them", date(2026, 4, 30))], [],
    )  # fmt: skip
    submitted(world, contract, MARCH, sales("1"), on=APRIL)
    assert (waiting("reporter"), waiting("officer")) == ([("them", None)], [("me", None)])


def test_what_is_to_report_or_to_check_stands_at_the_top_of_the_contract(client, world, contract):
    """Each side finds its next report in the first panel, and the licensor reads the cost before accepting."""

    def first_panel(person) -> str:
        page = signed_in(client, person).get(contract.get_absolute_url())
        return page.content.decode().partition('class="tabs')[0]

    pass_day(APRIL)
    report = report_for(contract, MARCH)
    with at(APRIL):
        assert report.get_absolute_url() in first_panel(world.reporter)
        assert report.get_absolute_url() not in first_panel(world.officer)
    submitted(world, contract, MARCH, sales(1_000_000))
    with at(APRIL):
        assert report.get_absolute_url() not in first_panel(world.reporter)
        assert report.get_absolute_url() in first_panel(world.officer)
        assert "¥30,000.00" in client.get(report.get_absolute_url()).content.decode()
