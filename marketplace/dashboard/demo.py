"""The demo's people, told on its sign-in page and by `manage.py demo_data --logins`."""

from dataclasses import dataclass

from marketplace.organisations.models import Membership
from marketplace.organisations.roles import Kind

DEMO_DOMAIN = ".example.com"
ORDER = {kind: place for place, kind in enumerate(Kind.values)}


@dataclass(frozen=True)
class DemoAccount:
    email: str
    name: str
    organisation: str
    kind: str
    roles: str
    leads: bool = True  # the first with these roles


def demo_accounts() -> list[DemoAccount]:
    """The invented people of the demo, grouped by kind of organisation; one per set of roles and organisation
    kind comes first, so that each role is found quickly."""
    rows = (
        Membership.objects.filter(user__email__endswith=DEMO_DOMAIN, user__is_active=True)
        .select_related("user", "organisation")
        .order_by("organisation_id", "id")
    )
    seen: set[tuple] = set()
    first, rest = [], []
    for row in sorted(rows, key=lambda r: (ORDER[r.organisation.kind], r.organisation_id, r.pk)):
        key = (row.organisation.kind, tuple(sorted(row.roles)))
        account = DemoAccount(
            email=row.user.email,
            name=row.user.name,
            organisation=row.organisation.name,
            kind=row.organisation.get_kind_display(),
            roles=" · ".join(row.role_labels()),
            leads=key not in seen,
        )
        (rest if key in seen else first).append(account)
        seen.add(key)
    return first + rest
