"""Steps on Wagtail's own models with less asked of the database: what is at hand is handed on, and its index of
references is made once, at the end of a step."""

from collections.abc import Iterator
from contextlib import contextmanager

from wagtail.models import Revision, TaskState, WorkflowState
from wagtail.models.reference_index import ReferenceIndex
from wagtail.signal_handlers import disable_reference_index_auto_update

from cms.models import MarketPage


@contextmanager
def referenced_once() -> Iterator[None]:
    """Wagtail notes anew what a page refers to at each save, of it and of each of its children. Inside this block it
    does not; whoever writes says `note_references` at the end."""
    with disable_reference_index_auto_update():
        yield


def note_references(page: MarketPage) -> None:
    ReferenceIndex.create_or_update_for_object(page)


def of_page(revision: Revision, page: MarketPage) -> Revision:
    """A version of a page that is at hand, so that it is not read again with each question about its object."""
    _know(revision, "content_object", page)
    return revision


def under_way(state: WorkflowState, page: MarketPage) -> TaskState:
    """The current step of a review, joined with the review and the page that are at hand."""
    task_state = state.current_task_state.specific
    task_state.workflow_state, state.current_task_state = state, task_state
    revision = of_page(task_state.revision, page)
    general = page.get_base_page()
    general.__dict__["specific"] = page
    if page.latest_revision_id == revision.pk:
        page.latest_revision = general.latest_revision = revision
    _know(state, "content_object", general)
    return task_state


def _know(row, name: str, value) -> None:
    type(row)._meta.get_field(name).set_cached_value(row, value)
