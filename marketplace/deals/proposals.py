"""Values that a form proposes without anybody having stated them, and the words that say whose they are."""

from django.utils.translation import gettext as _

from cms.models import ListingPage
from marketplace.deals.drafts import Draft
from marketplace.programmes.models import Key
from marketplace.programmes.services import Proposal, default_for

# Inputs of a ready form that carry a value of ours: somebody should look at each before sending it.
_OURS = (
    "amount",
    "baseline",
    "cap_life",
    "cap_yearly",
    "commitment",
    "entry_commitment",
    "decision_days",
    "due_days",
    "entry_fee",
    "extension_months",
    "extensions",
    "free_units",
    "instalment_months",
    "instalment_shares",
    "minimum",
    "on_silence",
    "rate",
    "report_every",
    "term_months",
    "trial_months",
    "trigger_event",
    "trigger_months",
    "trigger_threshold",
    "unit_price",
    "yearly_amount",
    *(f"milestone_{n}_amount" for n in range(1, 7)),
    *(f"milestone_{n}_threshold" for n in range(1, 7)),
    *(f"tier_{n}_{part}" for n in range(1, 6) for part in ("up_to", "rate")),
)


def fill_in(draft: Draft, listing: ListingPage) -> tuple[dict, dict[str, str]]:
    """The inputs of a draft, and for each value that nobody stated words that say where it comes from.

    Drafts from terms that somebody wrote propose nothing. In a ready form the programme's own rules go first;
    what it leaves open is ours and marked so.
    """
    if draft.base is not None:
        return draft.inputs, {}
    inputs = dict(draft.inputs)
    proposed = {name: _("Our proposal.") for name in _OURS if inputs.get(name) not in (None, "")}
    if listing.free_months is not None:
        inputs["trial_months"] = str(listing.free_months)
        proposed["trial_months"] = _("As the listing says.")
    else:
        proposal = default_for(listing.programme, Key.TRIAL_MONTHS)
        inputs["trial_months"] = str(proposal.value)
        proposed["trial_months"] = _words(proposal)
    return inputs, proposed


def _words(proposal: Proposal) -> str:
    if proposal.is_proposal:
        return _("Our proposal.")
    return _("Rule of the programme (%(source)s).") % {"source": proposal.source}
