"""Who may find what, as one comparison that both engines make: a document names its audience, a person holds keys.

everybody holds "public"; members of a verified organisation also "verified" and "org:<id>" (for invitations);
an organisation holds "own:<id>" for its own pages, whatever their visibility.
"""

from dataclasses import dataclass
from functools import cached_property

from django.core.cache import cache

from cms.models import Visibility
from marketplace.clock import today
from marketplace.organisations.acting import Acting
from marketplace.organisations.models import Organisation
from marketplace.programmes.models import Key, PilotProgramme
from marketplace.programmes.services import ResultFacts, eligibility, rules_of
from search.facts import PUBLIC, VERIFIED

# Rules of a programme that ask about the licensee or the day; documents are held against the others.
NOT_OF_THE_RESULT = frozenset({Key.LICENSEE_SIZES.value, Key.LICENSEE_REGIONS.value, "OPEN"})
_SECONDS = 300


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

    @cached_property
    def programmes(self) -> list[str]:
        """The pilot programmes whose rules of today shut the viewer's organisation out by nothing that is known; none
        for visitors. Known for some minutes."""
        if self.organisation_id is None:
            return []
        key = f"search-programmes-{self.organisation_id}-{today():%Y%m%d}"
        return cache.get_or_set(key, lambda: _programmes_for(self.organisation_id), _SECONDS)


def _programmes_for(organisation_id: int | None) -> list[str]:
    organisation = Organisation.objects.filter(pk=organisation_id).first()
    if organisation is None or organisation.kind != "ENTERPRISE":
        return []
    programmes = list(PilotProgramme.objects.all())
    rules = rules_of(programmes, today())
    open_to = []
    for programme in programmes:
        findings = eligibility(
            programme, organisation, organisation, ResultFacts(), rules=rules.get(programme.pk, {})
        )
        if not any(f.verdict == "fails" for f in findings if f.rule in NOT_OF_THE_RESULT):
            open_to.append(programme.code)
    return open_to


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
