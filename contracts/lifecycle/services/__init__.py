"""Everything that can happen to a contract, in flow order. Each service locks the contract's row first, checks the
right and that nobody stands on both sides, is the only writer of the state, leaves an audit event and tells the
others."""

from contracts.lifecycle.services.amending import (
    answer_amendment,
    open_amendment_notice,
    propose_amendment,
    sign_amendment,
    withdraw_amendment,
)
from contracts.lifecycle.services.breach import (
    cure_breach,
    notify_breach,
    raise_dispute,
    settle_dispute,
)
from contracts.lifecycle.services.compliance import complete_track, is_vat_exempt, record_registration
from contracts.lifecycle.services.delivery import accept_delivery, deliver, reject_delivery
from contracts.lifecycle.services.drafting import (
    agree_revision,
    change_draft,
    declare_relation,
    draft_contract,
    revise_terms,
    withdraw_contract,
)
from contracts.lifecycle.services.ending import (
    certify_stop,
    close_if_settled,
    confirm_wind_down,
    invalidate,
    reopen_paid_up,
    set_paid_up,
    set_paid_up_locked,
    terminate,
)
from contracts.lifecycle.services.facts import confirm_fact, events_of, record_fact, void_fact
from contracts.lifecycle.services.notice import (
    close_due_notices,
    decide_objection,
    find_objection,
    lodge_objection,
    open_notice,
)
from contracts.lifecycle.services.review import approve, return_draft, submit_review
from contracts.lifecycle.services.signing import (
    confirm_scan,
    document_to_sign,
    lapse_due_signings,
    recall_signing,
    sign,
    upload_signed_scan,
)
from contracts.lifecycle.services.trial import activate_due, answer_extension, ask_extension, decide

__all__ = [
    "accept_delivery",
    "activate_due",
    "agree_revision",
    "answer_amendment",
    "answer_extension",
    "approve",
    "ask_extension",
    "certify_stop",
    "change_draft",
    "close_due_notices",
    "close_if_settled",
    "complete_track",
    "confirm_fact",
    "confirm_scan",
    "confirm_wind_down",
    "cure_breach",
    "decide",
    "decide_objection",
    "declare_relation",
    "deliver",
    "document_to_sign",
    "draft_contract",
    "events_of",
    "find_objection",
    "invalidate",
    "is_vat_exempt",
    "lapse_due_signings",
    "lodge_objection",
    "notify_breach",
    "open_amendment_notice",
    "open_notice",
    "propose_amendment",
    "raise_dispute",
    "recall_signing",
    "record_fact",
    "record_registration",
    "reject_delivery",
    "reopen_paid_up",
    "return_draft",
    "revise_terms",
    "set_paid_up",
    "set_paid_up_locked",
    "settle_dispute",
    "sign",
    "sign_amendment",
    "submit_review",
    "terminate",
    "upload_signed_scan",
    "void_fact",
    "withdraw_amendment",
    "withdraw_contract",
]
