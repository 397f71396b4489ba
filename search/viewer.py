"""Who may find what, as one comparison that both engines make: a document names its audience, a person holds keys.

everybody holds "public"; members of a verified organisation also "verified" and "org:<id>" (for invitations);
an organisation holds "own:<id>" for its own pages, whatever their visibility.
"""

from dataclasses import dataclass

from cms.models import Visibility
from marketplace.organisations.acting import Acting
from search.facts import PUBLIC, VERIFIED


@dataclass(frozen=True)
class Viewer:
    organisation_id: int | None = None
    is_verified: bool = False

    @property
    def keys(self) -> list[str]:
        keys = [PUBLIC]
        if self.organisation_id is not None:
            keys.append(f"own:{self.organisation_id}")
            if self.is_verified:
                keys += [VERIFIED, f"org:{self.organisation_id}"]
        return keys


ANONYMOUS = Viewer()


def viewer_of(acting: Acting | None) -> Viewer:
    if acting is None or acting.organisation is None:
        return ANONYMOUS
    return Viewer(acting.organisation.pk, acting.is_verified)


def audience(page, invited: list[int]) -> tuple[str, ...]:
    """Whom a published page is for. Pages of an organisation that is not verified, and results that contain
    secrets, are for the organisation itself alone."""
    own = f"own:{page.organisation_id}"
    if not page.organisation.is_verified or getattr(page, "is_secret", False):
        return (own,)
    if page.visibility == Visibility.PUBLIC:
        return (PUBLIC, own)
    if page.visibility == Visibility.VERIFIED:
        return (VERIFIED, own)
    return (own, *(f"org:{pk}" for pk in sorted(invited)))
