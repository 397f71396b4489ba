"""What the letters of a contract say: one fact each, (subject, body) in the reader's language.

`{number}` and `{title}` are there in every letter; the other names are given by the step that sends it.
"""

from django.utils.translation import gettext_lazy as _

LETTERS = {
    "drafted": (
        _("Contract {number} was drafted"),
        _(
            "The contract about “{title}” was drafted from the agreed term sheet. Before it goes to review, your side declares whether the parties are related."
        ),
    ),
    "terms_revised": (
        _("Contract {number}: changed terms need your agreement"),
        _("The terms of the contract about “{title}” were changed. Reason: {reason}"),
    ),
    "revision_agreed": (
        _("Contract {number}: the changed terms are agreed"),
        _("The other side agreed to the changed terms of the contract about “{title}”."),
    ),
    "withdrawn": (
        _("Contract {number} was withdrawn"),
        _("The contract about “{title}” was withdrawn before it was signed. Reason: {reason}"),
    ),
    "review_wanted": (
        _("Contract {number} waits for review"),
        _("The contract about “{title}” is complete and waits for internal review until {until}."),
    ),
    "returned": (
        _("Contract {number} was returned to the draft"),
        _("The contract about “{title}” was returned: {reason}"),
    ),
    "approved": (
        _("Contract {number} was approved"),
        _("The internal review of the contract about “{title}” is done. Next: {next}"),
    ),
    "notice_opened": (
        _("Contract {number}: the public notice runs until {until}"),
        _(
            "The price and parties of the contract about “{title}” are on public notice. Signing opens when the notice ends without an open objection."
        ),
    ),
    "objection_lodged": (
        _("Contract {number}: an objection was lodged"),
        _(
            "Somebody objected to the public notice about “{title}”. Decide with a reason by {until}; until then the contract cannot go on."
        ),
    ),
    "objection_rejected": (
        _("Contract {number}: an objection was rejected"),
        _("The licensor examined an objection to the notice about “{title}” and rejected it with a reason."),
    ),
    "objection_upheld": (
        _("Contract {number}: an objection was upheld"),
        _(
            "An objection to the notice about “{title}” was upheld. The contract is a draft again; changed terms need a new notice. Reason: {reason}"
        ),
    ),
    "signing_opened": (
        _("Contract {number} can be signed until {until}"),
        _(
            "The contract about “{title}” is ready to be signed. If a signature is missing by then, it lapses."
        ),
    ),
    "signing_recalled": (
        _("Contract {number} went back to the draft before signing"),
        _(
            "The contract about “{title}” is corrected once more; signatures given so far do not count. Reason: {reason}"
        ),
    ),
    "signed_by": (
        _("Contract {number}: {who} signed"),
        _("{who} signed the contract about “{title}”."),
    ),
    "scan_uploaded": (
        _("Contract {number}: please confirm a signed scan"),
        _(
            "{who} uploaded a scan of the contract about “{title}” signed by hand. Look at it and confirm that it is the same text."
        ),
    ),
    "scan_refused": (
        _("Contract {number}: the signed scan was not confirmed"),
        _("The other side did not confirm the scan of the contract about “{title}”. Reason: {reason}"),
    ),
    "effective": (
        _("Contract {number} is signed by all and takes effect on {on}"),
        _("The contract about “{title}” is signed by all parties. Next the licensor delivers the result."),
    ),
    "signing_lapsed": (
        _("Contract {number} lapsed: not signed in time"),
        _(
            "Not everybody signed the contract about “{title}” in time. A new contract can be drafted from the same term sheet."
        ),
    ),
    "delivered": (
        _("Contract {number}: the result was delivered"),
        _(
            "The licensor delivered what belongs to “{title}”. Check it and accept it, or say what is missing."
        ),
    ),
    "delivery_rejected": (
        _("Contract {number}: the delivery was not accepted"),
        _("The licensee did not accept the delivery of “{title}”. Missing: {reason}"),
    ),
    "delivery_accepted": (
        _("Contract {number}: the delivery was accepted"),
        _("The licensee accepted the delivery of “{title}”."),
    ),
    "trial_begun": (
        _("Contract {number}: free use runs until {until}"),
        _("The free-use period of “{title}” runs; its last day is {until}."),
    ),
    "decision_due": (
        _("Contract {number}: decide by {until}"),
        _(
            "The free use of “{title}” ends on {until}. Decide until the end of that day whether to convert; silence counts as: {silence}."
        ),
    ),
    "decision_reminder": (
        _("Contract {number}: {days} days left to decide"),
        _("The free use of “{title}” ends on {until}. Silence counts as: {silence}."),
    ),
    "trial_reminder": (
        _("Contract {number}: free use ends in {days} days"),
        _("The free use of “{title}” ends on {until}. From the next day on the contract is in force."),
    ),
    "extension_asked": (
        _("Contract {number}: {months} more months of free use are asked for"),
        _("The licensee of “{title}” asks for an extension. Reason: {reason} Answer by {until}."),
    ),
    "extension_granted": (
        _("Contract {number}: free use is extended until {until}"),
        _("The licensor agreed to extend the free use of “{title}”."),
    ),
    "extension_refused": (
        _("Contract {number}: the extension was refused"),
        _(
            "The licensor refused the extension of the free use of “{title}”: {reason} The last day stays {until}."
        ),
    ),
    "converted": (
        _("Contract {number}: the licence was converted"),
        _("The licensee converted the contract about “{title}” on {on}."),
    ),
    "declined": (
        _("Contract {number}: the licensee does not convert"),
        _("The option of the contract about “{title}” ended on {on}."),
    ),
    "silent": (
        _("Contract {number}: the decision day passed in silence"),
        _("Nobody decided about “{title}” by {until}. As agreed, this counts as: {silence}."),
    ),
    "activated": (
        _("Contract {number} is in force"),
        _("The contract about “{title}” is in force since {on}: {why}"),
    ),
    "fact_recorded": (
        _("Contract {number}: please confirm a fact"),
        _(
            "The other side put on record for “{title}”: {fact} on {on}. Confirm it if it is right; payments may depend on it."
        ),
    ),
    "fact_counts": (
        _("Contract {number}: a fact counts now"),
        _("On record for “{title}”: {fact} on {on}."),
    ),
    "fact_void": (
        _("Contract {number}: a fact was declared void"),
        _("No longer counted for “{title}”: {fact} on {on}. Reason: {reason}"),
    ),
    "breach_notified": (
        _("Contract {number}: breach, to be cured by {until}"),
        _("Notice of a breach of the contract about “{title}”: {reason}"),
    ),
    "breach_cured": (
        _("Contract {number}: the breach is cured"),
        _("The breach of the contract about “{title}” is cured; the contract goes on."),
    ),
    "breach_uncured": (
        _("Contract {number}: the breach was not cured in time"),
        _(
            "The time to cure the breach of the contract about “{title}” is over. The other side may terminate now."
        ),
    ),
    "terminated": (
        _("Contract {number} was terminated"),
        _("The contract about “{title}” was terminated on {on}. What is owed stays owed. Reason: {reason}"),
    ),
    "invalidated": (
        _("Contract {number} ended: the right is gone"),
        _("The right behind “{title}” is no longer in force since {on}. Reason: {reason}"),
    ),
    "wind_down": (
        _("Contract {number} winds down: stop-use certificate by {until}"),
        _(
            "The use of “{title}” has ended. Stop using it, return or destroy the material, and upload the stop-use certificate."
        ),
    ),
    "certificate": (
        _("Contract {number}: please confirm the stop-use certificate"),
        _(
            "The licensee certified that the use of “{title}” has stopped. Confirm it, or say what is missing."
        ),
    ),
    "certificate_returned": (
        _("Contract {number}: the stop-use certificate was returned"),
        _("The certificate for “{title}” was not confirmed: {reason}"),
    ),
    "closed": (
        _("Contract {number} is closed"),
        _("The contract about “{title}” is closed. Its papers stay readable."),
    ),
    "paid_up": (
        _("Contract {number} is paid up"),
        _("Nothing more can arise for “{title}”. Unpaid invoices stay due; use goes on until the end."),
    ),
    "reopened": (
        _("Contract {number} is in force again"),
        _("A correction brought the contract about “{title}” below its cap; charges can arise again."),
    ),
    "disputed": (
        _("Contract {number} is in dispute"),
        _("The contract about “{title}” was marked as disputed; charges are frozen. Reason: {reason}"),
    ),
    "settled": (
        _("Contract {number}: the dispute is settled"),
        _("The contract about “{title}” goes on; charges are made again."),
    ),
    "compliance_due": (
        _("Contract {number}: {track} is due on {until}"),
        _("Enter its number and day on the contract's page once it is done."),
    ),
    "deadline": (
        _("Contract {number}: due on {until}"),
        _("Waiting for your side on the contract about “{title}”: {what}"),
    ),
    "amendment_proposed": (
        _("Contract {number}: amendment {place} is proposed"),
        _("The other side proposes other terms for “{title}”. Compare and answer. Reason: {reason}"),
    ),
    "amendment_declined": (
        _("Contract {number}: amendment {place} was declined"),
        _("The terms about “{title}” stay as they are. Reason: {reason}"),
    ),
    "amendment_withdrawn": (
        _("Contract {number}: amendment {place} was withdrawn"),
        _("The terms about “{title}” stay as they are. Reason: {reason}"),
    ),
    "amendment_agreed": (
        _("Contract {number}: amendment {place} is agreed, the public notice comes next"),
        _(
            "Price or exclusivity of “{title}” change, so the amendment is put on public notice before it is signed."
        ),
    ),
    "amendment_notice": (
        _("Contract {number}: amendment {place} is on public notice until {until}"),
        _("Anybody may object until the end of that day. Then signing opens."),
    ),
    "amendment_objected": (
        _("Contract {number}: an objection to amendment {place} was upheld"),
        _("The amendment has ended; the contract about “{title}” goes on under its terms. Reason: {reason}"),
    ),
    "amendment_signing": (
        _("Contract {number}: amendment {place} can be signed until {until}"),
        _("Read and sign the amendment about “{title}”. If a signature is missing by then, it lapses."),
    ),
    "amendment_signed_by": (
        _("Contract {number}: {who} signed amendment {place}"),
        _("{who} signed the amendment about “{title}”."),
    ),
    "amendment_effective": (
        _("Contract {number}: amendment {place} is signed and holds from {on}"),
        _(
            "From that day “{title}” is rated by the new terms; cumulative sums run on. Have the change recorded and registered where needed."
        ),
    ),
    "amendment_lapsed": (
        _("Contract {number}: amendment {place} has lapsed"),
        _(
            "It was not answered or signed in time, or the contract has ended. The terms about “{title}” stay as they are."
        ),
    ),
}
