import gzip
import io
import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.urls import reverse
from openpyxl import Workbook, load_workbook

from cms import services
from cms.imports import COLUMNS, import_listings, read_rows, write_template
from cms.imports.runs import run_for_real, work_off
from cms.models import ImportRun, ListingPage
from cms.moderation import draft_of
from cms.tasks import find_imports
from marketplace.refusals import NotPermitted, Refused, TransitionRefused
from tests.cms.world import University, person

pytestmark = pytest.mark.django_db

PAPER = {
    "id": "csl-1",
    "lang": "zh",
    "title": "一种控制器设计方法",
    "abstract": "提出了一种方法。仿真结果表明其有效。",
    "keywords": ["控制器", "平方和"],
    "discipline": "控制科学与工程",
}
PATENT = {
    "id": "nasa-1",
    "lang": "en",
    "title": "Growth of nanotubes",
    "abstract": "A method and system. It grows them.",
    "categories": ["materials and coatings"],
    "patent_no": "US1234567",
    "expires": "2033-05-01",
}
PROJECT = {
    "id": "techport-1",
    "lang": "en",
    "title": "Guidance",
    "abstract": "Guidance for entry.",
    "trl_current": 4,
    "benefits": "Cheaper by 20 %.",
}


def jsonl(*records) -> io.BytesIO:
    lines = (
        one if isinstance(one, bytes) else json.dumps(one, ensure_ascii=False).encode() for one in records
    )
    return io.BytesIO(b"\n".join(lines))


def sheet(*rows: dict, heads: list[str] | None = None) -> bytes:
    book = Workbook()
    heads = heads or sorted({name for row in rows for name in row})
    book.active.append(heads)
    for row in rows:
        book.active.append([row.get(name) for name in heads])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def take(uni, file, name="rows.jsonl", **options):
    return import_listings(read_rows(file, name), uni.organisation, actor=uni.editor, **options)


def outcomes(report) -> list[tuple[int, str]]:
    return [(line.row, line.outcome) for line in report.lines]


def test_public_sources_become_drafts(uni):
    report = take(uni, jsonl(PAPER, PATENT, PROJECT))

    assert outcomes(report) == [(1, "created"), (2, "created"), (3, "created")]
    paper, patent, project = (
        ListingPage.objects.get(institution_ref=ref) for ref in ("csl-1", "nasa-1", "techport-1")
    )
    assert (paper.title_zh, paper.summary_zh, paper.field.code, paper.keywords_zh) == (
        "一种控制器设计方法", "提出了一种方法。", "control-engineering", ["控制器", "平方和"],
    )  # fmt: skip
    assert "仿真结果" in paper.body_zh
    right = patent.ip_rights.get()
    assert (right.kind, right.number, right.expires_on.isoformat()) == (
        "INVENTION",
        "US1234567",
        "2033-05-01",
    )
    assert (project.trl, project.advantage_en) == (4, "Cheaper by 20 %.")
    assert not ListingPage.objects.filter(live=True).exists()
    assert paper.owner == uni.editor.user


def test_same_file_again_changes_nothing_and_a_changed_row_changes_one(uni):
    take(uni, jsonl(PAPER, PATENT))
    assert outcomes(take(uni, jsonl(PAPER, PATENT))) == [(1, "unchanged"), (2, "unchanged")]

    report = take(uni, jsonl({**PAPER, "title": "另一种控制器设计方法"}, PATENT))

    assert outcomes(report) == [(1, "updated"), (2, "unchanged")]
    assert ListingPage.objects.get(institution_ref="csl-1").title_zh == "另一种控制器设计方法"
    assert ListingPage.objects.count() == 2


def test_published_listing_stays_as_it_is_until_the_change_is_approved(uni):
    listing = uni.published(institution_ref="csl-1")
    take(uni, jsonl(PAPER))
    fresh = ListingPage.objects.get(pk=listing.pk)
    assert fresh.title_zh == "低温快充硅碳负极材料"
    assert draft_of(fresh).title_zh == "一种控制器设计方法"


def test_listing_that_waits_for_approval_is_a_failed_row(uni):
    uni.submitted(institution_ref="csl-1")
    report = take(uni, jsonl(PAPER, PATENT))
    assert outcomes(report) == [(1, "failed"), (2, "created")]
    assert report.lines[0].reason


def test_bad_rows_do_not_stop_good_ones(uni):
    report = take(
        uni,
        jsonl(
            PAPER,
            b"{not json",
            b"[1, 2]",
            b"\xff\xfe\x00",
            {**PATENT, "id": ""},
            {**PATENT, "id": "d", "discipline": "炼金术"},
            {**PATENT, "id": "e", "expires": "soon"},
            {**PATENT, "id": "f", "title": {"nested": 1}},
            {**PATENT, "id": "g", "title": None},
            {**PROJECT, "id": "h", "trl_current": 12},
            {**PROJECT, "id": "i", "trl_current": 3.5},
            {**PAPER, "id": "csl-1"},
            b'{"id": "j", "title": "x", "trl_current": NaN}',
            {**PATENT, "id": "k", "title": "x" * 401},
            PATENT,
        ),
    )
    assert [line.outcome for line in report.lines] == ["created", *["failed"] * 13, "created"]
    assert all(line.reason for line in report.lines[1:14])
    assert report.counts == {"created": 2, "updated": 0, "unchanged": 0, "failed": 13}
    assert ListingPage.objects.count() == 2


def test_dry_run_says_the_same_and_keeps_nothing(uni):
    tried = take(uni, jsonl(PAPER, b"x", PATENT), dry_run=True)
    assert ListingPage.objects.count() == 0
    done = take(uni, jsonl(PAPER, b"x", PATENT))
    assert outcomes(tried) == outcomes(done)


def test_compressed_file_and_a_file_that_lies_about_being_one(uni):
    report = take(uni, io.BytesIO(gzip.compress(jsonl(PAPER).getvalue())), "rows.jsonl.gz")
    assert report.counts["created"] == 1
    with pytest.raises(Refused):
        take(uni, jsonl(PAPER), "rows.jsonl.gz")
    with pytest.raises(Refused):
        take(uni, jsonl(PAPER), "rows.exe")
    with pytest.raises(Refused):
        take(uni, jsonl(PAPER), "rows.xlsx")


def test_template_filled_in_comes_back_whole(uni):
    out = io.BytesIO()
    write_template(out)
    out.seek(0)
    report = take(uni, out, "template.xlsx")
    assert (report.counts["created"], [line.reason for line in report.lines]) == (0, [report.lines[0].reason])

    # The example names a programme; without it every value of the example is one that can be taken.
    book = load_workbook(io.BytesIO(out.getvalue()))
    heads = [cell.value for cell in book.active[1]]
    assert heads == [column.name for column in COLUMNS]
    book.active.cell(3, heads.index("programme") + 1).value = None
    filled = io.BytesIO()
    book.save(filled)
    filled.seek(0)
    report = take(uni, filled, "template.xlsx")
    assert outcomes(report) == [(3, "created")], report.lines

    listing = ListingPage.objects.get()
    assert (listing.trl, listing.maturity, listing.free_months, listing.team_consent_on.isoformat()) == (
        5, "BENCH", 12, "2026-10-08",
    )  # fmt: skip
    assert [(p.name, p.name_en, p.unit_en, str(p.share)) for p in listing.contributors.all()] == [
        ("张示例", "Zhang Shili", "School of Materials", "0.600000"),
        ("李示例", "", "", "0.400000"),
    ]
    assert listing.ip_rights.get().filed_on.isoformat() == "2023-03-01"
    filled.seek(0)
    assert outcomes(take(uni, filled, "template.xlsx")) == [(3, "unchanged")]


def test_cells_are_read_for_what_they_say(uni):
    rows = [
        {
            "institution_ref": 17,
            "title_zh": 2026.0,
            "trl": "TRL 6",
            "maturity": "中试",
            "contributors": "甲 | 所 | 33.3333",
        },
        {"institution_ref": "b", "title_zh": "题", "free_months": -1},
        {"institution_ref": "c", "title_zh": "题", "trl": 4.5},
        {"institution_ref": "d", "title_zh": "题", "contributors": "甲 | 所 | 60\n乙 | 所 | 50"},
        {"institution_ref": "e", "title_zh": "题", "ip_rights": "MAGIC | 1"},
        {"institution_ref": "f", "title_zh": "题", "visibility": "everybody"},
        {"institution_ref": "g", "title_zh": "题", "is_secret": "perhaps"},
        {"institution_ref": None, "title_zh": "题"},
        {"institution_ref": "h", "title_zh": "=1+1"},
    ]
    report = take(uni, io.BytesIO(sheet(*rows)), "rows.xlsx")
    assert [line.outcome for line in report.lines] == [
        "created", "failed", "failed", "failed", "failed", "created", "failed", "failed", "failed",
    ], report.lines  # fmt: skip
    listing = ListingPage.objects.get(institution_ref="17")
    assert (listing.title_zh, listing.trl, listing.maturity) == ("2026", 6, "PILOT")
    assert str(listing.contributors.get().share) == "0.333333"


@pytest.mark.parametrize(
    "heads", [["title_zh"], ["institution_ref", "colour"], ["institution_ref", "institution_ref"]]
)
def test_spreadsheet_with_other_headings_is_refused(uni, heads):
    with pytest.raises(Refused):
        take(uni, io.BytesIO(sheet({}, heads=heads)), "rows.xlsx")


def test_import_needs_the_role(uni):
    with pytest.raises(NotPermitted):
        import_listings(read_rows(jsonl(PAPER), "a.jsonl"), uni.organisation, actor=uni.approver)
    with pytest.raises(NotPermitted):
        import_listings(read_rows(jsonl(PAPER), "a.jsonl"), uni.organisation, actor=University().editor)


def test_command_imports_reports_and_refuses_a_lying_file(uni, tmp_path, capsys):
    slug = uni.organisation.slug
    (tmp_path / "rows.jsonl").write_bytes(jsonl(PAPER, b"x").getvalue())
    report = tmp_path / "report.csv"
    call_command("import_listings", str(tmp_path / "rows.jsonl"), institution=slug, report=str(report))
    assert "created 1, updated 0, unchanged 0, failed 1" in capsys.readouterr().out
    assert [line.split(",")[2] for line in report.read_text("utf-8-sig").splitlines()[1:]] == [
        "created",
        "failed",
    ]

    (tmp_path / "rows.xlsx").write_bytes(jsonl(PAPER).getvalue())
    for arguments in (
        [str(tmp_path / "rows.xlsx"), "--institution", slug],
        [str(tmp_path / "rows.jsonl"), "--institution", "nowhere"],
        [str(tmp_path / "rows.jsonl")],
        [str(tmp_path / "missing.jsonl"), "--institution", slug],
        [],
    ):
        with pytest.raises(CommandError):
            call_command("import_listings", *arguments)
    call_command("import_listings", template=str(tmp_path / "template.xlsx"))
    assert load_workbook(tmp_path / "template.xlsx").active.max_row == 3


# --- Pages ---------------------------------------------------------------------------------------------------


def send(client, content: bytes, name="rows.jsonl"):
    return client.post(reverse("listing_import"), {"file": SimpleUploadedFile(name, content)})


def test_import_by_pages_tries_first_then_takes_over(uni, as_):
    client = as_(uni.editor)
    response = send(client, jsonl(PAPER, b"x").getvalue())
    run = ImportRun.objects.get()
    assert response["Location"] == reverse("import_run", args=[run.pk])
    assert b"refresh" in client.get(response["Location"]).content

    work_off(run.pk)
    page = client.get(response["Location"]).content.decode()
    assert ListingPage.objects.count() == 0
    assert "csl-1" in page
    assert b"refresh" not in page.encode()

    client.post(reverse("import_for_real", args=[run.pk]))
    work_off(run.pk)
    work_off(run.pk)  # a message that comes twice
    run.refresh_from_db()
    assert (run.state, run.counts["created"], ListingPage.objects.count()) == ("DONE", 1, 1)
    for kind in ("xlsx", "csv"):
        assert client.get(reverse("import_report", args=[run.pk]), {"export": kind}).status_code == 200
    with pytest.raises(TransitionRefused):
        run_for_real(run, actor=uni.editor)


def test_import_whose_message_was_lost_is_found(uni, as_):
    send(as_(uni.editor), jsonl(PAPER).getvalue())
    ImportRun.objects.update(created_at="2020-01-01T00:00Z")
    find_imports()
    assert ImportRun.objects.get().state == "DONE"


def test_import_that_cannot_be_read_ends_in_words(uni, as_):
    send(as_(uni.editor), sheet({"colour": "red"}), "rows.xlsx")
    run = ImportRun.objects.get()
    work_off(run.pk)
    run.refresh_from_db()
    assert run.state == "FAILED"
    assert run.error in as_(uni.editor).get(reverse("import_run", args=[run.pk])).content.decode()


def test_import_page_refuses_files_that_are_not_what_they_say(uni, as_):
    client = as_(uni.editor)
    for name, content in (
        ("rows.xlsx", b"PK not a zip"),
        ("rows.jsonl", b"\x00\x01"),
        ("rows.pdf", b"x"),
        ("rows.jsonl", b""),
    ):
        assert send(client, content, name).status_code == 200
    assert client.post(reverse("listing_import"), {}).status_code == 200
    assert not ImportRun.objects.exists()


def test_imports_are_seen_by_the_own_editors_alone(uni, other, as_):
    send(as_(uni.editor), jsonl(PAPER).getvalue())
    run = ImportRun.objects.get()
    for acting, expected in ((other.editor, 404), (uni.approver, 403), (person(None), 403)):
        client = as_(acting)
        for url in (reverse("import_run", args=[run.pk]), reverse("import_report", args=[run.pk])):
            assert client.get(url).status_code == expected
        assert client.post(reverse("import_for_real", args=[run.pk])).status_code == expected


def test_services_take_text_never_html(uni):
    listing = services.create_listing(
        uni.organisation, actor=uni.editor, title_zh="题目", body_zh="<script>alert(1)</script>\n\n第二段"
    )
    assert "<script>" not in listing.body_zh
