"""What a new version changes against the published one, in words for the approver."""

from dataclasses import dataclass

from django.utils.html import strip_tags
from django.utils.translation import gettext as _

from cms.models import MarketPage

CHILDREN = {
    "ip_rights": ("kind", "number", "title", "status", "filed_on", "granted_on", "expires_on"),
    "contributors": ("name", "name_en", "unit", "unit_en", "share"),
    "attachments": ("document", "restricted"),
    "invitations": ("organisation",),
}
_TECHNICAL = {"page_ptr", "code", "organisation"}


@dataclass(frozen=True)
class Difference:
    label: str
    before: str
    after: str


def _shown(page, field) -> str:
    display = getattr(page, f"get_{field.name}_display", None)
    value = display() if display else getattr(page, field.name)
    if isinstance(value, list):
        return ", ".join(str(one) for one in value)
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return "" if value is None else strip_tags(str(value)).strip()


def _rows(page: MarketPage, relation: str, names: tuple[str, ...]) -> str:
    return "\n".join(
        " · ".join(text for text in (_shown(row, row._meta.get_field(name)) for name in names) if text)
        for row in getattr(page, relation).all()
    )


def differences(before: MarketPage, after: MarketPage) -> list[Difference]:
    """Fields and children that differ, in the order of the model."""
    found = []
    for field in before._meta.local_fields:
        if field.name in _TECHNICAL:
            continue
        old, new = _shown(before, field), _shown(after, field)
        if old != new:
            found.append(Difference(str(field.verbose_name), old, new))
    for relation, names in CHILDREN.items():
        if hasattr(before, relation):
            old, new = _rows(before, relation, names), _rows(after, relation, names)
            if old != new:
                model = getattr(type(before), relation).rel.related_model
                found.append(Difference(str(model._meta.verbose_name_plural), old, new))
    return found
