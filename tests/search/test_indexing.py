"""From a published page to a hit: nothing is lost on the way, nothing is shown too long."""

import io
from dataclasses import replace
from datetime import date

import pytest
from django.core.management import call_command
from django.db import connection, transaction

from cms import moderation, services
from cms.structure import ensure_institution_page
from marketplace.programmes.models import Key, PilotProgramme, ProgrammeRule
from search import documents, engines, indexing, pushing, tasks
from search.finding import find
from search.models import DocumentState, OutboxRow, SearchDocument, Suggestion
from search.params import SearchParams
from search.viewer import ANONYMOUS
from tests.cms.world import University, organisation
from tests.search.world import BATTERY, MARKET, index

pytestmark = pytest.mark.django_db


@pytest.fixture
def uni(db):
    return University(name_zh="示例大学", name_en="Example University")


def found(q: str = "") -> list[str]:
    """The codes of what is found; institutions have none."""
    return [hit.document.code for hit in find(SearchParams(q=q), ANONYMOUS).hits if hit.document.code]


def told(uni) -> set[int]:
    """The pages that wait, but for the institution's own."""
    return set(OutboxRow.objects.values_list("page_id", flat=True)) - {uni.organisation.institution_page.pk}


def test_published_listing_is_found_and_withdrawn_one_is_not(database_search, uni, drained):
    page = uni.published()
    assert found("硅碳负极") == []
    drained()
    assert found("硅碳负极") == [page.code]
    assert found("张示例") == [page.code]
    assert found("CN202310000001.X") == [page.code]
    moderation.unpublish(page, actor=uni.approver, reason="sold")
    drained()
    assert found("硅碳负极") == []
    assert {d.kind for d in SearchDocument.objects.all()} == {"INSTITUTION"}
    assert not Suggestion.objects.exclude(document__kind="INSTITUTION").exists()
    states = DocumentState.objects.filter(is_deleted=True)
    assert list(states.values_list("page_id", "version")) == [(page.pk, 2)]


def test_draft_leaves_no_trace(database_search, uni, drained):
    uni.draft()
    drained()
    assert not OutboxRow.objects.exists()
    assert [d.kind for d in SearchDocument.objects.all()] == ["INSTITUTION"]
    assert DocumentState.objects.count() == 1


def test_draft_version_of_a_published_listing_is_not_found(database_search, uni, drained):
    page = uni.published()
    services.change(page, actor=uni.editor, title_zh="高镍正极材料")
    drained()
    assert found("高镍正极") == []
    assert found("硅碳负极") == [page.code]


@pytest.mark.parametrize(
    ("table", "change"),
    [
        ("organisations_organisation", "name_zh = 'X大学'"),
        ("organisations_organisation", "state = 'REFUSED'"),
        ("cms_listingpage", "trl = 9"),
        ("cms_ipright", "number = 'CN1'"),
        ("cms_field", "name_en = 'New materials'"),
        ("wagtailcore_page", "live = false"),
        ("wagtailcore_page", "url_path = url_path || 'x/'"),
    ],
)
def test_every_way_of_changing_reaches_the_outbox(database_search, uni, drained, table, change):
    page = uni.published()
    drained()
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {table} SET {change}")
    assert told(uni) == {page.pk}


def test_institution_is_found_by_its_names_and_follows_them(database_search, uni, drained):
    drained()
    home = uni.organisation.institution_page

    def institutions(q):
        return [hit.document.title_zh for hit in find(SearchParams(q=q), ANONYMOUS).hits]

    assert institutions("Example University") == institutions("示例大学") == ["示例大学"]
    for change in ("name_zh = '江城大学'", "region = '330100'"):
        with connection.cursor() as cursor:
            cursor.execute(f"UPDATE organisations_organisation SET {change}")
        assert home.pk in set(OutboxRow.objects.values_list("page_id", flat=True)), change
        drained()
    assert institutions("江城大学") == ["江城大学"]
    assert SearchDocument.objects.get(pk=home.pk).region == "33"
    home.intro_en = "Known for kilns."
    home.save()
    drained()
    assert institutions("kilns") == ["江城大学"]


def test_enterprise_that_posts_needs_is_no_institution(database_search, drained):
    ensure_institution_page(organisation("ENTERPRISE"))
    drained()
    assert not SearchDocument.objects.exists()


def test_change_that_says_nothing_new_writes_no_row(database_search, uni, drained):
    uni.published()
    drained()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE organisations_organisation SET address = 'elsewhere'")
        cursor.execute("UPDATE wagtailcore_page SET draft_title = 'x'")
    assert not OutboxRow.objects.exists()


def test_programme_rule_writes_the_outbox(database_search, uni, drained):
    programme = PilotProgramme.objects.create(code="example", name_zh="示例试点", name_en="Example pilot")
    page = uni.published(programme="example")
    drained()
    ProgrammeRule.objects.create(
        programme=programme, key=Key.TRIAL_MONTHS, value=12, valid_from=date(2026, 1, 1), source="example"
    )
    assert [row.page_id for row in OutboxRow.objects.all()] == [page.pk]


def test_organisation_that_is_no_longer_verified_is_found_by_itself_alone(database_search, uni, drained):
    uni.published()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE organisations_organisation SET state = 'REFUSED'")
    drained()
    assert {tuple(d.audience) for d in SearchDocument.objects.all()} == {(f"own:{uni.organisation.pk}",)}
    assert find(SearchParams(), ANONYMOUS).total == 0


def test_rows_left_behind_by_a_killed_worker_are_found_again(database_search, uni):
    page = uni.published()
    with transaction.atomic():  # killed between writing and committing
        indexing._drain_batch()
        transaction.set_rollback(True)
    assert (OutboxRow.objects.exists(), SearchDocument.objects.exists()) == (True, False)
    tasks.drain_outbox()
    assert found("硅碳负极") == [page.code]


def test_page_changed_in_many_places_is_made_once_and_the_first_need_not_wait_for_the_last(
    database_search, uni, drained, monkeypatch
):
    """As after an import that fills one table after the other: the rows of one page lie far apart."""
    pages = [uni.published(title_zh=f"成果{number}").pk for number in range(4)]
    drained()

    def versions() -> list[int]:
        return list(
            DocumentState.objects.filter(pk__in=pages).order_by("pk").values_list("version", flat=True)
        )

    before, seen = versions(), []
    OutboxRow.objects.bulk_create([OutboxRow(page_id=pk) for _table in range(3) for pk in pages])
    monkeypatch.setattr(indexing, "BATCH", 2)
    assert indexing.drain(then=lambda: seen.append(versions())) == len(pages)
    one, two, three, four = before
    assert seen == [[one + 1, two + 1, three, four], [one + 1, two + 1, three + 1, four + 1]]
    assert not OutboxRow.objects.exists()


def test_page_that_cannot_be_read_does_not_hold_up_others(database_search, uni, drained, monkeypatch):
    bad, good = uni.published(), uni.published(title_zh="好的成果")
    real = documents._listing

    def broken(page, rules):
        if page.pk == bad.pk:
            raise ValueError("broken")
        return real(page, rules)

    monkeypatch.setattr(documents, "_listing", broken)
    for _attempt in range(indexing.MAX_ATTEMPTS):
        OutboxRow.objects.update(next_try_at="2020-01-01T00:00Z")
        drained()
    assert found("好的成果") == [good.code]
    assert {(r.page_id, r.is_dead, "broken" in r.error) for r in OutboxRow.objects.all()} == {
        (bad.pk, True, True)
    }
    monkeypatch.undo()
    OutboxRow.objects.update(is_dead=False, next_try_at="2020-01-01T00:00Z")
    drained()
    assert len(found()) == 2


def test_reconciling_finds_what_no_trigger_told(database_search, uni, drained):
    page = uni.published()
    OutboxRow.objects.all().delete()
    index(BATTERY)  # a document whose page is not there
    tasks.reconcile()
    assert found() == [page.code]


def test_versions_rise_with_each_change(database_search, versions):
    index(*MARKET)
    index(BATTERY)
    assert versions() == {1: 2, 2: 1, 3: 1, 4: 1, 5: 1}


def test_reindex_makes_documents_of_an_older_shape_anew(database_search, uni, drained):
    page = uni.published()
    drained()
    SearchDocument.objects.update(shape=0, title_zh="alt")
    call_command("reindex", stdout=io.StringIO())
    assert found("硅碳负极") == [page.code]


@pytest.mark.elasticsearch
def test_published_listing_reaches_elasticsearch(elasticsearch, uni, drained):
    page = uni.published()
    drained()
    results = find(SearchParams(q="硅碳负极"), ANONYMOUS)
    assert ([h.document.code for h in results.hits], results.is_substitute) == ([page.code], False)


@pytest.mark.elasticsearch
def test_late_message_does_not_overwrite_a_newer_version(elasticsearch):
    index(BATTERY)
    old = pushing._due()
    index(BATTERY)
    pushing.push()
    (name,) = pushing.written_indices()
    assert pushing._bulk(name, old) == {}
    assert elasticsearch.get(index=name, id="1").body["_version"] == 2


@pytest.mark.elasticsearch
def test_breaker_keeps_pages_from_waiting(elasticsearch, settings, monkeypatch):
    settings.ELASTICSEARCH_URL = "http://127.0.0.1:9"
    monkeypatch.setattr(engines.breaker, "pause", 0)
    for _attempt in range(3):
        assert find(SearchParams(), ANONYMOUS).is_substitute
    assert engines.breaker.is_open


@pytest.mark.elasticsearch
def test_missing_index_is_made_by_the_next_push(elasticsearch, settings):
    for name in pushing.written_indices():
        elasticsearch.indices.delete(index=name)
    index(*MARKET)
    assert find(SearchParams(), ANONYMOUS).is_substitute
    engines.breaker.reset()
    pushing.push()
    results = find(SearchParams(), ANONYMOUS)
    assert (results.total, results.is_substitute) == (5, False)


@pytest.mark.elasticsearch
def test_rebuild_switches_in_one_step_and_takes_changes_made_meanwhile(elasticsearch, monkeypatch):
    index(*MARKET)
    pushing.push()
    (old,) = pushing.written_indices()
    real = pushing.fill

    def fill_while_somebody_publishes(name):
        number = real(name)
        assert find(SearchParams(q="电池"), ANONYMOUS).total == 3  # searches go on
        index(replace(BATTERY, title_zh="全新标题材料"))
        pushing.push()
        return number

    monkeypatch.setattr(pushing, "fill", fill_while_somebody_publishes)
    assert pushing.rebuild() == 5
    (new,) = pushing.written_indices()
    assert new != old
    results = find(SearchParams(q="全新标题"), ANONYMOUS)
    assert (results.total, results.is_substitute) == (1, False)


@pytest.mark.elasticsearch
def test_rebuild_that_fails_leaves_the_old_index_alone(elasticsearch, monkeypatch):
    index(*MARKET)
    pushing.push()
    before = pushing.written_indices()
    monkeypatch.setattr(
        pushing, "_check", lambda name, number: (_ for _ in ()).throw(pushing.IndexProblem("x"))
    )
    with pytest.raises(pushing.IndexProblem):
        pushing.rebuild()
    assert pushing.written_indices() == before
    assert find(SearchParams(), ANONYMOUS).total == 5


@pytest.mark.elasticsearch
def test_reconciling_mends_the_index_both_ways(elasticsearch):
    index(*MARKET)
    pushing.push()
    (name,) = pushing.written_indices()
    index(replace(BATTERY, page_id=6))
    DocumentState.objects.update(pushed_version=1)  # thought to be there
    elasticsearch.index(index=name, id="99", document={"page_id": 99, "audience": ["public"]})
    newer = {"page_id": 2, "audience": ["public"]}  # of a database that was restored from yesterday
    elasticsearch.index(index=name, id="2", document=newer, version=9, version_type="external_gte")
    elasticsearch.indices.refresh(index=name)
    assert pushing.reconcile_index() == 3
    pushing.push()
    there = elasticsearch.search(index=name, size=20, version=True).body["hits"]["hits"]
    assert {int(hit["_id"]): hit["_version"] for hit in there} == {1: 1, 2: 10, 3: 1, 4: 1, 5: 1, 6: 1}
    assert find(SearchParams(q="量子密钥"), ANONYMOUS).total == 1


@pytest.mark.elasticsearch
def test_refused_document_waits_with_its_reason(elasticsearch):
    index(*MARKET)
    SearchDocument.objects.filter(pk=1).update(source='{"published_at": "no date"}')
    pushing.push()
    state = DocumentState.objects.get(pk=1)
    assert (state.pushed_version, state.push_attempts, "published_at" in state.push_error) == (0, 1, True)
    assert find(SearchParams(), ANONYMOUS).total == 4
