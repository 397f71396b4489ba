"""What anybody may play with: presets, pilot programmes, worked examples, and listings with indicative terms."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cms.models import ListingPage
from marketplace import terms
from marketplace.clock import today
from marketplace.programmes.models import PilotProgramme
from marketplace.programmes.starts import terms_of
from marketplace.terms import Terms
from marketplace.terms.presets import PRESETS, in_order, preset

from .scenario import Scenario, read_scenario

EXAMPLES = Path(settings.BASE_DIR) / "docs" / "examples"
DEFAULT = "entry_royalty"
PUBLIC = ("preset", "programme", "example", "listing")

# What the worked examples show, by number (docs/terms.md); variants add a word to the number.
SHOWN = {
    "D01": gettext_lazy("Deferred payment after a free year"),
    "D02": gettext_lazy("After a year or on the first income"),
    "D03": gettext_lazy("Instalments"),
    "D04": gettext_lazy("Milestones"),
    "D05": gettext_lazy("Royalty on net sales"),
    "D06": gettext_lazy("Royalty on incremental output value"),
    "D07": gettext_lazy("Royalty on profit"),
    "D08": gettext_lazy("Rates by year"),
    "D09": gettext_lazy("Tiers by cumulative sales"),
    "D10": gettext_lazy("Entry fee, credited against the royalty"),
    "D11": gettext_lazy("Minimum by year"),
    "D12": gettext_lazy("Minimum, excess carried forward"),
    "D13": gettext_lazy("Minimum of a broken year"),
    "D14": gettext_lazy("Cap for life, paid up"),
    "D15": gettext_lazy("Stacking offset with floor and carry"),
    "D16": gettext_lazy("Combination products"),
    "D17": gettext_lazy("Price per unit, first ones free"),
    "D18": gettext_lazy("Sublicence income"),
    "D19": gettext_lazy("Royalty above a threshold"),
    "D20": gettext_lazy("Free years, then a minimum"),
    "D21": gettext_lazy("Yearly fee by the day"),
    "D22": gettext_lazy("Free licence"),
    "D23": gettext_lazy("Open licence and its ceilings"),
    "D24": gettext_lazy("Interest for late payment"),
    "D25": gettext_lazy("Audit and true-up"),
    "D26": gettext_lazy("Nil report and missing report"),
    "D27": gettext_lazy("Commission of brokers"),
    "D28": gettext_lazy("Distribution among team, staff and unit"),
    "D29": gettext_lazy("Distribution in tiers"),
    "D30": gettext_lazy("Voucher"),
    "D31": gettext_lazy("Voucher, limit of the year"),
    "D32": gettext_lazy("Value added tax"),
    "D33": gettext_lazy("Correction of a charge"),
}

VARIANTS = {
    "deferred-declined": gettext_lazy("deferred, declined"),
    "option-declined": gettext_lazy("option, declined"),
    "all": gettext_lazy("both together"),
    "equal": gettext_lazy("equal parts"),
    "loss-carry": gettext_lazy("losses carried"),
    "falling": gettext_lazy("falling"),
    "not-creditable": gettext_lazy("not creditable"),
    "below": gettext_lazy("below the threshold"),
    "whole": gettext_lazy("rate on the whole"),
    "daily": gettext_lazy("by the day"),
    "small-gap": gettext_lazy("small gap"),
    "missing": gettext_lazy("missing"),
    "not-registered": gettext_lazy("contract not registered"),
}


@dataclass(frozen=True)
class Source:
    """Terms to play with; `query` is what an address says to name them, nothing for negotiated ones. `scenario`: the
    example's own; `past`: what is on record of a contract in force."""

    kind: str
    key: str
    title: str
    agreed: Terms
    scenario: Scenario | None = None
    url: str = ""
    past: Any = None
    start: date | None = None  # the effective date that was agreed
    beside: Terms | None = None  # another version to be shown together with these

    @property
    def query(self) -> dict[str, str]:
        return {self.kind: self.key} if self.kind in PUBLIC else {}


@cache
def example_keys() -> tuple[str, ...]:
    return tuple(sorted(folder.name for folder in EXAMPLES.iterdir() if folder.is_dir()))


def example_title(key: str) -> str:
    """The number, what it shows, and the variant."""
    number, _sep, variant = key.partition("-")
    said = f"{number} {SHOWN.get(number, '')}".strip()
    return f"{said} ({VARIANTS.get(variant, variant)})" if variant else said


def choices(lang: str) -> list[tuple[str, list[tuple[str, str]]]]:
    """What one may begin from, in groups: (heading, [(word of the address, title)])."""
    ready = [(f"preset:{one.key}", f"{one.title(lang)}{_number(one.number)}") for one in in_order()]
    pilots = [(f"programme:{one.code}", one.name) for one in PilotProgramme.objects.all()]
    examples = [(f"example:{key}", example_title(key)) for key in example_keys()]
    groups = [(_("Ready terms"), ready), (_("Pilot programmes"), pilots), (_("Worked examples"), examples)]
    return [group for group in groups if group[1]]


def _number(number: str) -> str:
    return f" · {number}" if number else ""


def find(asked, acting, lang: str) -> Source | None:
    """The source that an address names, as far as this visitor may read it; the default where it names none, and
    None where there is no such source."""
    if key := asked.get("example"):
        return example(key)
    if code := asked.get("listing"):
        return _of_listing(code, acting)
    if code := asked.get("programme"):
        return _of_programme(code)
    key = asked.get("preset") or DEFAULT
    return Source("preset", key, PRESETS[key].title(lang), preset(key)) if key in PRESETS else None


def example(key: str) -> Source | None:
    if key not in example_keys():
        return None
    agreed = terms.read((EXAMPLES / key / "terms.json").read_bytes())
    scenario = read_scenario((EXAMPLES / key / "scenario.json").read_bytes(), agreed)
    return Source("example", key, example_title(key), agreed, scenario)


def _of_programme(code: str) -> Source | None:
    """Terms after a pilot's rules of today; what it leaves open is our proposal."""
    found = PilotProgramme.objects.filter(code=code[:40]).first()
    if found is None:
        return None
    agreed, _stated = terms_of(found.rules_on(today()))
    return Source("programme", found.code, found.name, agreed, None, found.get_absolute_url())


def _of_listing(code: str, acting) -> Source | None:
    """Live listings only; somebody else's hidden one is as if there were none."""
    listing = ListingPage.objects.visible_to(acting).live().filter(code=code[:40].upper()).first()
    if listing is None or not listing.indicative_terms:
        return None
    title = _("Indicative terms of %(listing)s") % {"listing": listing.name}
    agreed = terms.read(listing.indicative_terms)
    return Source("listing", listing.code, title, agreed, None, listing.get_absolute_url())
