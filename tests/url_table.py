"""What every address answers to whom.

One line for each address: its name | whose it is | its arguments, as names of `road()` or quoted | what a GET
answers to a visitor, the owner, another organisation of the same kind and the operator | the same of an empty POST.
`in` leads to the sign-in, `again` asks for the password again, other redirects stand as their number. 404 says that
for others there is no such thing; 405 is an address that only receives forms, or only shows; 409 is a step that is
over, or not there yet; 422 and 400 are a form that came back.
"""

from typing import NamedTuple


class Row(NamedTuple):
    name: str
    owner: str
    arguments: tuple[str, ...]
    get: tuple[str, ...]
    post: tuple[str, ...]


def rows() -> list[Row]:
    found = []
    for line in TABLE.strip().splitlines():
        name, owner, arguments, get, post = (part.strip() for part in line.split("|"))
        found.append(Row(name, owner, tuple(arguments.split()), tuple(get.split()), tuple(post.split())))
    return found


TABLE = """
root | firm | | 302 302 302 302 | 302 302 302 302
robots | firm | | 200 200 200 200 | 405 405 405 405
sitemap | firm | | 200 200 200 200 | 405 405 405 405
sitemap_file | firm | '1' | 200 200 200 200 | 405 405 405 405
healthz | firm | | 200 200 200 200 | 200 200 200 200
set_language | firm | | 302 302 302 302 | 302 302 302 302
stripe_webhook | firm | 'nobodys-token' | 405 405 405 405 | 410 410 410 410
account_login | firm | | 200 302 302 302 | 200 302 302 302
account_logout | firm | | 302 200 200 200 | 302 302 302 302
account_inactive | firm | | 200 200 200 200 | 405 405 405 405
account_signup | firm | | 200 302 302 302 | 200 302 302 302
account_reauthenticate | firm | | in 200 200 200 | in 200 200 200
account_request_reauthentication_code | firm | | in again again again | in again again again
account_confirm_reauthentication_code | firm | | in again again again | in again again again
account_email | firm | | in 200 200 200 | in 302 302 302
account_email_verification_sent | firm | | 200 200 200 200 | 405 405 405 405
account_change_password | firm | | in 200 200 200 | in 200 200 200
account_set_password | firm | | in 302 302 302 | in 302 302 302
account_reset_password | firm | | 200 200 200 200 | 200 200 200 200
account_confirm_login_code | firm | | in 302 302 302 | in 302 302 302
account_confirm_email | firm | 'no-such-key' | 200 200 200 200 | 404 404 404 404
account_reset_password_from_key_done | firm | | 200 200 200 200 | 405 405 405 405
account_reset_password_from_key | firm | 'x' 'no-such-key' | 200 200 200 200 | 200 200 200 200
account_reset_password_done | firm | | 200 200 200 200 | 405 405 405 405
mfa_index | firm | | in 200 200 200 | in 405 405 405
mfa_authenticate | firm | | in 302 302 302 | in 302 302 302
mfa_reauthenticate | firm | | in again again again | in again again again
mfa_activate_totp | firm | | in again again again | in again again again
mfa_deactivate_totp | firm | | in 404 404 404 | in 404 404 404
mfa_view_recovery_codes | firm | | in 404 404 404 | in 405 405 405
mfa_generate_recovery_codes | firm | | in again again again | in again again again
mfa_download_recovery_codes | firm | | in 404 404 404 | in 404 404 404
mfa_list_webauthn | firm | | in 200 200 200 | in 405 405 405
mfa_add_webauthn | firm | | in again again again | in again again again
mfa_reauthenticate_webauthn | firm | | in again again again | in again again again
mfa_remove_webauthn | firm | 1 | in again again again | in again again again
mfa_edit_webauthn | firm | 1 | in again again again | in again again again
demo_clock | operator | | in 404 404 404 | in 404 404 404
look | firm | | 404 404 404 404 | 405 405 405 405
look_paper | firm | | 404 404 404 404 | 405 405 405 405
organisation_settings | uni | | in 200 200 200 | in 200 200 200
organisation_register | firm | | in 200 200 200 | in 200 200 200
organisation_resubmit | uni | | 405 405 405 405 | in 409 409 409
members | uni | | in 200 200 200 | in 200 200 200
invitation_new | uni | | in 200 200 200 | in 200 200 200
member_roles | uni | member.pk | in 200 404 404 | in 200 404 404
member_remove | uni | member.pk | 405 405 405 405 | in 302 404 404
invitation_withdraw | uni | invitation.pk | 405 405 405 405 | in 302 404 404
api_keys | uni | | in 200 200 200 | in 200 200 200
api_key_new | uni | | in 200 200 200 | in 200 200 200
api_key_revoke | uni | api_key.pk | 405 405 405 405 | in 302 404 404
mandates | agency | | in 200 200 200 | in 200 200 200
mandate_new | agency | | in 200 200 403 | in 200 200 403
mandate_answer | firm | mandate.pk | 405 405 405 405 | in 302 404 404
mandate_end | agency | mandate.pk | 405 405 405 405 | in 302 404 404
organisation | uni | orgs.uni.slug | 200 200 200 200 | 405 405 405 405
invitation | firm | invitation_token | 200 200 200 200 | 200 409 409 409
act_for | uni | | 405 405 405 405 | in 404 404 404
verifications | operator | | in 200 404 200 | in 200 404 200
verification | operator | waiting.pk | in 200 404 200 | in 200 404 200
programmes | firm | | 200 200 200 200 | 405 405 405 405
programme | firm | programme.code | 200 200 200 200 | 405 405 405 405
programme_rule_new | operator | programme.code ?key=MIN_TRL | in 200 404 200 | in 200 404 200
notifications | uni | | in 200 200 200 | 405 405 405 405
notifications_read | uni | | 405 405 405 405 | in 302 302 302
mail_stop | firm | mail_token | 200 200 200 200 | 200 200 200 200
notification_open | uni | notification.pk | in 302 404 404 | 405 405 405 405
profile | uni | | in 200 200 200 | in 200 200 200
listing_sheet | uni | draft.code.lower | 404 200 404 404 | 405 405 405 405
need | firm | live_need.code.lower | 200 200 200 200 | 405 405 405 405
listing_new | uni | | in 200 200 403 | in 200 200 403
listing_edit | uni | draft.pk | in 302 404 403 | in 302 404 403
listing_terms | uni | draft.pk | in 200 404 403 | in 200 404 403
listing_terms_words | uni | draft.pk | in 405 405 405 | in 200 404 403
listing_accounts | uni | draft.pk | in 200 404 403 | in 302 404 403
listing_import | uni | | in 200 200 403 | in 200 200 403
import_template | uni | | in 200 200 200 | in 405 405 405
import_run | uni | import_run.pk | in 200 404 403 | in 200 404 403
import_for_real | uni | import_run.pk | in 405 405 405 | in 302 404 403
import_report | uni | import_run.pk | in 200 404 403 | in 405 405 405
listings | uni | | in 200 200 403 | in 200 200 403
listing_review | uni | draft.pk | in 200 404 403 | in 200 404 403
listing_submit | uni | draft.pk | in 405 405 405 | in 409 404 403
listing_approve | uni | draft.pk | in 405 405 405 | in 409 404 403
listing_return | uni | draft.pk | in 405 405 405 | in 400 404 403
listing_take_back | uni | draft.pk | in 405 405 405 | in 409 404 403
listing_unpublish | uni | listing.pk | in 405 405 405 | in 400 404 403
listing_delete | uni | draft.pk | in 405 405 405 | in 302 404 403
need_new | firm | | in 200 200 403 | in 200 200 403
need_edit | firm | need.pk | in 200 404 403 | in 200 404 403
needs_mine | firm | | in 200 200 403 | in 200 200 403
need_review | firm | need.pk | in 200 404 403 | in 200 404 403
need_submit | firm | need.pk | in 405 405 405 | in 302 404 403
need_approve | firm | need.pk | in 405 405 405 | in 409 404 403
need_return | firm | need.pk | in 405 405 405 | in 400 404 403
need_take_back | firm | need.pk | in 405 405 405 | in 409 404 403
need_unpublish | firm | need.pk | in 405 405 405 | in 400 404 403
need_delete | firm | need.pk | in 405 405 405 | in 302 404 403
service_new | provider | | in 200 200 403 | in 200 200 403
service_edit | provider | service.pk | in 200 404 403 | in 200 404 403
services_mine | provider | | in 200 200 403 | in 200 200 403
service_review | provider | service.pk | in 200 404 403 | in 200 404 403
service_submit | provider | service.pk | in 405 405 405 | in 409 404 403
service_approve | provider | service.pk | in 405 405 405 | in 409 404 403
service_return | provider | service.pk | in 405 405 405 | in 400 404 403
service_take_back | provider | service.pk | in 405 405 405 | in 409 404 403
service_unpublish | provider | service.pk | in 405 405 405 | in 400 404 403
service_delete | provider | service.pk | in 405 405 405 | in 302 404 403
institution_edit | uni | | in 200 200 200 | in 302 302 302
search | firm | | 200 200 200 200 | 405 405 405 405
search_suggest | firm | | 200 200 200 200 | 405 405 405 405
compare | firm | | 200 200 200 200 | 405 405 405 405
saved_searches | firm | | in 200 200 200 | in 405 405 405
saved_search_save | firm | | in 405 405 405 | in 422 422 422
saved_search_frequency | firm | saved.pk | in 405 405 405 | in 302 404 404
saved_search_stop | firm | stop_token | 200 200 200 200 | 200 200 200 200
saved_search_delete | firm | saved.pk | in 405 405 405 | in 302 404 404
saved_pages | firm | | in 200 200 200 | in 405 405 405
saved_page_save | firm | draft.pk | in 405 405 405 | in 404 404 404
saved_page_take_out | firm | draft.pk | in 405 405 405 | in 302 302 302
matches | firm | | in 200 200 403 | in 405 405 405
matches_told | firm | | in 405 405 405 | in 302 302 403
match_stop | firm | match_token | 200 200 200 200 | 200 200 200 200
synonyms | operator | | in 200 403 200 | in 422 403 422
synonyms_import | operator | | in 200 403 200 | in 422 403 422
synonyms_change | operator | synonyms.pk | in 200 403 200 | in 422 403 422
synonyms_remove | operator | synonyms.pk | in 405 405 405 | in 302 403 302
search_health | operator | | in 200 403 200 | in 405 405 405
search_retry | operator | | in 405 405 405 | in 302 403 302
enquire | firm | listing.code | 200 200 200 200 | 200 200 200 200
propose | uni | live_need.code.lower | in 200 200 200 | in 200 200 200
proposals | firm | | in 200 200 403 | in 200 200 403
proposal | firm | proposal.key | in 200 404 404 | in 200 404 404
proposal_take_up | firm | proposal.key | in 405 405 405 | in 200 404 404
proposal_decline | firm | proposal.key | in 405 405 405 | in 302 404 404
proposal_withdraw | uni | proposal.key | in 405 405 405 | in 302 404 404
pipeline | agency | | in 200 200 404 | in 200 200 404
deals | firm | | in 200 200 200 | in 200 200 200
deal | firm | deal.number | in 200 404 200 | in 200 404 200
deal_message | firm | deal.number | in 405 405 405 | in 200 404 404
deal_file_add | firm | deal.number | in 405 405 405 | in 200 404 404
deal_file | firm | deal.number room_file.pk | in 200 404 404 | in 200 404 404
deal_attachment | uni | deal.number attachment.pk | in 200 404 404 | in 200 404 404
deal_nda | firm | deal.number | in 405 405 405 | in 409 404 404
deal_close | firm | open_deal.number | in 200 404 404 | in 200 404 404
offer_new | firm | open_deal.number | in 200 404 404 | in 200 404 404
offer_preview | firm | open_deal.number | in 405 405 405 | in 200 404 404
offer | firm | open_deal.number 1 | in 200 404 404 | in 200 404 404
offer_accept | firm | open_deal.number 1 | in 405 405 405 | in 302 404 404
offer_withdraw | uni | open_deal.number 1 | in 405 405 405 | in 302 404 404
term_sheet | firm | deal.number | in 200 404 404 | in 200 404 404
term_sheet_pdf | firm | deal.number | in 200 404 404 | in 200 404 404
term_sheet_json | firm | deal.number | in 200 404 404 | in 200 404 404
deal_agency | firm | open_deal.number | in 200 404 404 | in 200 404 404
deal_agency_answer | firm | open_deal.number | in 405 405 405 | in 404 404 404
deal_agency_withdraw | firm | open_deal.number | in 405 405 405 | in 404 404 404
deal_commission | agency | deal.number | in 200 404 404 | in 200 404 404
deal_commission_answer | uni | deal.number commission.pk | in 405 405 405 | in 409 404 404
notices | firm | | 200 200 200 200 | 200 200 200 200
notice | firm | notice.number | 200 200 200 200 | 200 200 200 200
objection_receipt | firm | objection_token | 200 200 200 200 | 200 200 200 200
contracts | firm | | in 200 200 200 | in 200 200 200
contract_draft | uni | deal.number | in 405 405 405 | in 302 404 404
contract | firm | contract.number | in 200 404 200 | in 200 404 200
contract_document | firm | contract.number document.pk | in 200 404 404 | in 200 404 404
contract_change | uni | contract.number | in 409 404 404 | in 409 404 404
contract_declare | uni | contract.number | in 409 404 404 | in 409 404 404
contract_revise | uni | contract.number | in 409 404 404 | in 409 404 404
contract_revise_words | uni | contract.number | in 405 405 405 | in 409 404 404
contract_revision | firm | contract.number | in 409 404 404 | in 409 404 404
contract_submit | uni | contract.number | in 405 405 405 | in 409 404 404
contract_review | uni | contract.number | in 409 404 404 | in 409 404 404
contract_return | uni | noticed.number | in 409 404 404 | in 409 404 404
contract_notice_open | uni | noticed.number | in 405 405 405 | in 409 404 404
contract_objection | uni | noticed.number objection.pk | in 200 404 404 | in 200 404 404
contract_withdraw | uni | noticed.number | in 200 404 404 | in 200 404 404
contract_sign | firm | noticed.number | in 409 404 404 | in again again again
contract_scan | firm | noticed.number | in 409 404 404 | in 409 404 404
contract_scan_confirm | uni | noticed.number 1 | in 409 404 404 | in 409 404 404
contract_recall | uni | noticed.number | in 409 404 404 | in 409 404 404
contract_verify | firm | contract.number | in 200 404 404 | in 200 404 404
amendment_propose | uni | contract.number | in 409 404 404 | in 409 404 404
amendment_words | uni | contract.number | in 405 405 405 | in 409 404 404
amendment | firm | contract.number amendment.number | in 200 404 404 | in 200 404 404
amendment_answer | firm | contract.number amendment.number | in 405 405 405 | in 302 404 404
amendment_withdraw | firm | contract.number amendment.number | in 405 405 405 | in 302 404 404
amendment_notice | uni | contract.number amendment.number | in 405 405 405 | in 409 404 404
amendment_sign | firm | contract.number amendment.number | in 409 404 404 | in again again again
contract_deliver | uni | contract.number | in 409 404 404 | in 409 404 404
contract_delivery_accept | firm | contract.number | in 405 405 405 | in 409 404 404
contract_delivery_reject | firm | contract.number | in 409 404 404 | in 409 404 404
contract_extension | firm | contract.number | in 409 404 404 | in 409 404 404
contract_extension_answer | uni | contract.number 1 | in 409 404 404 | in 409 404 404
contract_decide | firm | contract.number | in 409 404 404 | in again again again
contract_fact_new | firm | contract.number | in 200 404 404 | in 200 404 404
contract_fact_confirm | uni | contract.number fact.pk | in 405 405 405 | in 409 404 404
contract_fact_void | firm | contract.number fact.pk | in 200 404 404 | in 200 404 404
contract_breach | uni | contract.number | in 200 404 404 | in 200 404 404
contract_breach_cure | uni | contract.number 1 | in 409 404 404 | in 409 404 404
contract_terminate | uni | contract.number | in 409 404 404 | in 409 404 404
contract_invalidate | uni | contract.number | in 200 404 404 | in 200 404 404
contract_dispute | firm | contract.number | in 200 404 404 | in 200 404 404
contract_dispute_settle | firm | contract.number | in 405 405 405 | in 409 404 404
contract_stop | firm | contract.number | in 409 404 404 | in 409 404 404
contract_stop_confirm | uni | contract.number | in 409 404 404 | in 409 404 404
contract_track | uni | contract.number track.pk | in 200 404 404 | in 200 404 404
reports | firm | | in 200 200 200 | in 200 200 200
report | firm | open_report.pk | in 200 404 404 | in 200 404 404
report_nil | firm | open_report.pk | in 405 405 405 | in 302 404 404
report_accept | uni | open_report.pk | in 405 405 405 | in 409 404 404
report_query | uni | open_report.pk | in 405 405 405 | in 302 404 404
report_amend | firm | report.pk | in 405 405 405 | in 302 404 404
report_discard | firm | open_report.pk | in 405 405 405 | in 409 404 404
report_sheet | firm | open_report.pk | in 200 404 404 | in 422 404 404
report_evidence_add | firm | open_report.pk | in 405 405 405 | in 302 404 404
report_evidence | firm | open_report.pk evidence.pk | in 200 404 404 | in 200 404 404
contract_usage | firm | contract.number | in 200 404 404 | in 200 404 404
contract_usage_day | firm | contract.number 20260310 | in 200 404 404 | in 200 404 404
contract_usage_close | firm | contract.number | in 405 405 405 | in 409 404 404
contract_usage_refused | uni | contract.number | in 200 404 404 | in 200 404 404
usage_file_new | firm | contract.number | in 200 404 404 | in 422 404 404
usage_file | firm | contract.number event_file.pk | in 200 404 404 | in 200 404 404
usage_file_take | firm | contract.number event_file.pk | in 405 405 405 | in 302 404 404
audits | uni | contract.number | in 200 404 404 | in 200 404 404
audit_new | uni | contract.number | in 200 404 404 | in 422 404 404
audit | uni | audit.pk | in 200 404 404 | in 200 404 404
audit_finding | uni | audit.pk report.pk | in 200 404 404 | in 422 404 404
audit_send | uni | audit.pk | in 405 405 405 | in 422 404 404
audit_agree | firm | audit.pk | in 405 405 405 | in 409 404 404
audit_contest | firm | audit.pk | in 405 405 405 | in 422 404 404
audit_withdraw | uni | audit.pk | in 405 405 405 | in 302 404 404
broker_access | firm | contract.number | in 405 405 405 | in 302 404 404
charges | uni | contract.number | in 200 404 404 | in 200 404 404
charges_approve | uni | contract.number | in 405 405 405 | in 302 404 404
charges_invoice | uni | contract.number | in 405 405 405 | in 302 404 404
charge | firm | charge.pk | in 200 404 404 | in 200 404 404
charges_carrying | uni | contract.number | in 405 405 405 | in 302 404 404
charges_trial_run | firm | contract.number | in 200 404 404 | in 200 404 404
rating_run | firm | charge.run_id | in 200 404 404 | in 200 404 404
charge_release | uni | charge.pk | in 405 405 405 | in 409 404 404
charge_refuse | uni | charge.pk | in 405 405 405 | in 302 404 404
charge_dispute | firm | charge.pk | in 405 405 405 | in 302 404 404
charge_dispute_withdraw | firm | charge.pk | in 405 405 405 | in 409 404 404
charge_uphold | uni | charge.pk | in 405 405 405 | in 302 404 404
charge_waive | uni | charge.pk | in 405 405 405 | in 302 404 404
contract_bundle | uni | contract.number | in 405 405 405 | in 200 404 404
invoices | firm | | in 200 200 200 | in 200 200 200
invoice | firm | invoice.pk | in 200 404 404 | in 200 404 404
invoice_pdf | firm | invoice.pk | in 200 404 404 | in 200 404 404
invoice_credit | uni | invoice.pk | in 405 405 405 | in 302 404 404
invoice_tax_number | uni | invoice.pk | in 405 405 405 | in 302 404 404
credit_note | firm | credit_note.pk | in 200 404 404 | in 200 404 404
credit_note_pdf | firm | credit_note.pk | in 200 404 404 | in 200 404 404
credit_note_red_letter | uni | credit_note.pk | in 405 405 405 | in 302 404 404
invoice_draft_open | uni | contract.number | 405 405 405 405 | in 409 404 404
invoice_drafts | uni | | in 200 200 403 | in 200 200 403
invoice_draft | uni | draft_invoice.pk | in 200 404 404 | in 200 404 404
invoice_draft_issue | uni | draft_invoice.pk | 405 405 405 405 | in 302 404 404
invoice_draft_drop | uni | draft_invoice.pk | 405 405 405 405 | in 302 404 404
month_ends | uni | | in 200 200 200 | in 200 200 200
month_end | uni | month_end.pk | in 200 404 404 | in 200 404 404
month_end_again | uni | month_end.pk | 405 405 405 405 | in 409 404 404
billing_settings | uni | | in 200 200 302 | in 200 200 302
bank_accounts | uni | | in 200 200 200 | in 200 200 200
bank_account_new | uni | | in 200 200 200 | in 200 200 200
bank_account_edit | uni | account.pk | in 200 404 404 | in 200 404 404
bank_account_close | uni | account.pk | in 405 405 405 | in 302 404 404
gateway | uni | | in 200 200 200 | in 200 200 200
gateway_test | uni | | in 405 405 405 | in 302 302 302
gateway_webhook | uni | | in 405 405 405 | in 302 302 302
gateway_remove | uni | | in 405 405 405 | in 302 302 302
gateway_messages | uni | | in 200 200 200 | 405 405 405 405
gateway_messages_retry | uni | | 405 405 405 405 | in 302 302 302
gateway_send | uni | invoice.pk | in 405 405 405 | in 409 404 404
statements | uni | | in 200 200 403 | in 200 200 403
statement | uni | statement.pk | in 200 404 404 | in 200 404 404
statement_import | uni | statement.pk | in 405 405 405 | in 409 404 404
receipts | uni | | in 200 200 403 | in 200 200 403
receipt_confirm | uni | line.pk | in 200 404 404 | in 409 404 404
line_aside | uni | line.pk | in 405 405 405 | in 409 404 404
line_back | uni | line.pk | in 405 405 405 | in 409 404 404
payments | uni | | in 200 200 200 | in 200 200 200
payment | uni | payment.pk | in 200 404 404 | in 409 404 404
payment_refund | uni | payment.pk | in 405 405 405 | in 302 404 404
allocation_undo | uni | allocation.pk | in 405 405 405 | in 409 404 404
payment_advise | firm | invoice.pk | in 200 404 404 | in 422 404 404
advice_dismiss | uni | advice.pk | in 405 405 405 | in 409 404 404
advice_slip | firm | advice.pk | in 200 404 404 | in 200 404 404
ageing | uni | | in 200 200 403 | in 200 200 403
account_statement | uni | payer.pk | in 200 404 403 | in 200 404 403
account_statement_pdf | uni | payer.pk | in 200 404 403 | in 200 404 403
write_off_propose | uni | invoice.pk | 405 405 405 405 | in 302 404 404
write_offs | uni | | in 200 200 403 | in 200 200 403
write_off_decide | uni | write_off.pk 'approve' | 405 405 405 405 | in 302 404 404
dunning_pause | uni | invoice.pk | 405 405 405 405 | in 302 404 404
dunning_steps | uni | | in 200 200 403 | in 200 200 403
ledger | uni | | in 200 200 403 | in 200 200 403
journal | uni | | in 200 200 403 | in 200 200 403
distributions | uni | | in 200 200 403 | in 200 200 403
distribution | uni | distribution.pk | in 200 404 404 | in 200 404 404
distribution_approve | uni | distribution.pk | in 405 405 405 | in 409 404 404
distribution_return | uni | distribution.pk | in 405 405 405 | in 409 404 404
contract_proceeds | uni | contract.number | in 200 404 404 | in 422 404 404
distribution_propose | uni | contract.number | in 405 405 405 | in 409 404 404
cost_remove | uni | cost.pk | in 405 405 405 | in 302 404 404
payouts | uni | | in 200 200 403 | in 200 200 403
payouts_act | uni | | in 405 405 405 | in 302 302 403
payee_account | uni | payout.pk | in 200 404 404 | in 422 404 404
payout_statement | uni | payout.pk | in 200 404 404 | in 200 404 404
my_income | inventor | | in 200 200 200 | in 200 200 200
my_statement | inventor | share.pk | in 200 404 404 | in 200 404 404
commissions | agency | | in 200 200 403 | in 200 200 403
desk | firm | | in 200 200 200 | in 200 200 200
demo_letters | firm | | 404 404 404 404 | 405 405 405 405
demo_statement | uni | account.pk | in 404 404 404 | 405 405 405 405
market | operator | | in 200 404 200 | 405 405 405 405
webhooks_retry | operator | | 405 405 405 405 | in 302 404 302
letters_retry | operator | | 405 405 405 405 | in 302 404 302
market_list | operator | 'overdue' | in 200 404 200 | 405 405 405 405
wagtailcore_authenticate_with_password | firm | 1 1 | 404 404 404 404 | 404 404 404 404
wagtailcore_login | firm | | in in in in | in in in in
wagtail_serve | firm | listing_path | 200 200 200 200 | 200 200 200 200
admin_sign_in | firm | | in 403 403 403 | in 403 403 403
page_sign_in | firm | | in in in in | in in in in
cms-admin | uni | '/cms-admin/users/' | in 302 302 403 | in 302 302 403
documents | uni | attachment.document.url | 404 200 404 404 | 404 200 404 404
simulator | firm | | 200 200 200 200 | 200 200 200 200
simulator_terms | firm | | 200 200 200 200 | 200 200 200 200
simulator_offer | firm | open_deal.number 1 | in 200 404 404 | in 200 404 404
simulator_offer_keep | firm | open_deal.number 1 | in 405 405 405 | in 302 404 404
simulator_offer_terms | firm | open_deal.number 1 | in 200 404 404 | in 200 404 404
simulator_contract | firm | contract.number | in 200 404 404 | in 200 404 404
simulator_contract_terms | firm | contract.number | in 200 404 404 | in 200 404 404
simulator_contract_keep | firm | contract.number | in 405 405 405 | in 302 404 404
simulator_kept | firm | kept_scenario.key | in 200 404 404 | in 200 404 404
simulator_throw | firm | kept_scenario.key | in 405 405 405 | in 302 404 404
api:api_simulate_terms | firm | | 405 405 405 405 | 415 415 415 415
api:api_events | firm | | 405 405 405 405 | 401 401 401 401
api:api_usage | firm | contract.number | 401 401 401 401 | 405 405 405 405
api:openapi-json | firm | | 200 200 200 200 | 200 200 200 200
api:api-root | firm | | 404 404 404 404 | 404 404 404 404
"""
