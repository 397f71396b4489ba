"""How the tests of this folder try things, and see what was left behind."""

from django.apps import apps

from tests.flows.browser import Page

APPS = ("contracts", "deals", "cms", "organisations")


def rows() -> dict[str, int]:
    """How many rows there are of everything that is money, promise or paper."""
    models = [model for label in APPS for model in apps.get_app_config(label).get_models()]
    return {model.__name__: model.objects.count() for model in models}


def twice(page: Page, values: dict | None = None, **how) -> tuple[Page, Page, dict]:
    """Send a form, and the same form once more from the page that was open: what the second time added."""
    first = page.try_to_send(values, **how)
    assert first.status < 400, (first.status, first.text[:600])
    assert not first.complaints, first.complaints
    before = rows()
    for value in (values or {}).values():
        if hasattr(value, "seek"):
            value.seek(0)
    second = page.try_to_send(values, **how)
    after = rows()
    return first, second, {name: after[name] - before[name] for name in after if after[name] != before[name]}


def not_refused(place: str, form: Page, to: str, tries: list[dict], **how) -> dict:
    """Send a form with each of these values: which were not answered by a complaint, and what any of them left."""
    before, found = rows(), {}
    for values in tries:
        answer = form.try_to_send(values, to=to, **how)
        if answer.status >= 500 or not answer.complaints:
            found[place, str(values)] = (answer.status, answer.complaints)
    if (after := rows()) != before:
        found[place] = {name: after[name] - before[name] for name in after if after[name] != before[name]}
    return found
