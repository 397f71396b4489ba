from django import forms
from django.utils.translation import gettext_lazy as _

from contracts.payments.layouts import FIELDS, GENERIC, layout_choices
from marketplace.clock import today
from marketplace.fields import DayField, MoneyField, UploadField
from marketplace.money import EXPONENTS

COLUMN_LABELS = {
    "booked_on": _("Head of the column with the day"),
    "amount": _("Head of the column with the amount (signed, or beside a column of direction)"),
    "credit": _("Head of the column with money in"),
    "debit": _("Head of the column with money out"),
    "direction": _("Head of the column of direction (贷/借, C/D)"),
    "currency": _("Head of the column with the currency"),
    "bank_reference": _("Head of the column with the bank reference"),
    "payer_name": _("Head of the column with the other party"),
    "payer_account": _("Head of the column with the other party's account"),
    "note": _("Head of the column with the remittance note"),
}


class _LayoutForm(forms.Form):
    """How an account's statements are read."""

    layout = forms.ChoiceField(label=_("Layout of its statements"), choices=layout_choices)
    confirm_by_code = forms.BooleanField(
        label=_("Confirm a receipt by itself where reference code, amount and payer all fit"), required=False
    )

    def __init__(self, *args, **kwargs):
        columns = kwargs.pop("columns", {})
        super().__init__(*args, **kwargs)
        for field in FIELDS:
            self.fields[f"column_{field}"] = forms.CharField(
                label=COLUMN_LABELS[field], max_length=60, required=False, initial=columns.get(field, "")
            )
        self.fields["column_booked_on"].help_text = _("The heads of columns are asked for other banks only.")

    def clean(self):
        cleaned = super().clean()
        columns = {field: cleaned.get(f"column_{field}", "").strip() for field in FIELDS}
        cleaned["columns"] = {field: head for field, head in columns.items() if head}
        if cleaned.get("layout") == GENERIC:
            if not columns["booked_on"]:
                self.add_error("column_booked_on", _("Name the column with the day."))
            if not columns["amount"] and not columns["credit"]:
                self.add_error(
                    "column_amount", _("Name the column with the amount, or the one with money in.")
                )
        else:
            cleaned["columns"] = {}
        return cleaned


class AccountForm(_LayoutForm):
    field_order = ["holder", "bank_name", "number", "currency", "layout", "confirm_by_code"]

    holder = forms.CharField(label=_("Account holder"), max_length=120)
    bank_name = forms.CharField(label=_("Bank and branch"), max_length=120)
    number = forms.RegexField(
        r"^[A-Za-z0-9 ]{8,40}$",
        label=_("Account number"),
        help_text=_("Kept encrypted; shown in full only to those who have to pay to it."),
        error_messages={"invalid": _("Eight to forty digits or letters.")},
    )
    currency = forms.ChoiceField(
        label=_("Currency"), choices=[(code, code) for code in EXPONENTS], initial="CNY"
    )


class AccountChangeForm(_LayoutForm):
    is_default = forms.BooleanField(label=_("Show on invoices"), required=False)


class StatementForm(forms.Form):
    account = forms.ModelChoiceField(label=_("Account"), queryset=None, empty_label=None)
    file = UploadField(
        label=_("Statement (xlsx or csv)"),
        kinds=("xlsx", "csv"),
        help_text=_("First you see what each row would bring; nothing is taken over before you say so."),
    )

    def __init__(self, *args, accounts, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["account"].queryset = accounts
        self.fields["account"].initial = accounts.first()


class PartsForm(forms.Form):
    """One sum for each open invoice; empty fields take nothing."""

    def __init__(self, *args, invoices, proposed=None, **kwargs):
        super().__init__(*args, **kwargs)
        self.invoices = list(invoices)
        proposed = proposed or {}
        for invoice in self.invoices:
            self.fields[f"part_{invoice.pk}"] = MoneyField(
                label=invoice.number,
                currency=invoice.currency,
                required=False,
                max_minor=max(invoice.open_minor, 0),
                initial=proposed.get(invoice.pk),
            )

    def rows(self):
        """(invoice, field) for the table."""
        return [(invoice, self[f"part_{invoice.pk}"]) for invoice in self.invoices]

    def parts(self) -> list[tuple[int, int]]:
        given = [(i.pk, self.cleaned_data.get(f"part_{i.pk}")) for i in self.invoices]
        return [(pk, amount) for pk, amount in given if amount]


class ReasonForm(forms.Form):
    reason = forms.CharField(label=_("Reason"), max_length=200)


class AnswerForm(forms.Form):
    answer = forms.CharField(label=_("What was not found"), max_length=300)


class RefundForm(forms.Form):
    refunded_on = DayField(label=_("Given back on"))
    reason = forms.CharField(label=_("Reason"), max_length=200)
    reference = forms.CharField(label=_("Bank reference"), max_length=120, required=False)

    def __init__(self, *args, currency="CNY", **kwargs):
        super().__init__(*args, **kwargs)
        amount = MoneyField(label=_("Amount"), currency=currency, min_minor=1)
        self.fields = {"amount": amount, **self.fields}
        self.fields["refunded_on"].initial = today


class AdviceForm(forms.Form):
    paid_on = DayField(label=_("Paid on"))
    bank_reference = forms.CharField(label=_("Bank reference"), max_length=100, required=False)
    slip = UploadField(label=_("Bank slip"), kinds=("pdf", "png", "jpg"), required=False)
    note = forms.CharField(label=_("Remarks"), max_length=300, required=False)

    def __init__(self, *args, invoice, **kwargs):
        super().__init__(*args, **kwargs)
        open_minor = max(invoice.open_minor, 0)
        amount = MoneyField(
            label=_("Amount paid"), currency=invoice.currency, min_minor=1, initial=open_minor or None
        )
        self.fields = {"amount": amount, **self.fields}
        self.fields["paid_on"].initial = today


class GatewayForm(forms.Form):
    secret_key = forms.CharField(
        label=_("Secret or restricted key"),
        max_length=200,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=_(
            "Kept encrypted and never shown again. A restricted key needs customers, invoices and refunds."
        ),
    )
    webhook_secret = forms.CharField(
        label=_("Signing secret of the webhook"),
        max_length=200,
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=_(
            "Stripe shows it once the address of the webhook is entered there, which stands on the next page; it"
            " starts with whsec_ and can be added then."
        ),
    )

    def clean_secret_key(self):
        key = self.cleaned_data["secret_key"].strip()
        if not key.startswith(("sk_test_", "sk_live_", "rk_test_", "rk_live_")):
            raise forms.ValidationError(_("A secret or restricted key of Stripe starts with sk_ or rk_."))
        return key

    def clean_webhook_secret(self):
        return _signing_secret(self.cleaned_data["webhook_secret"])


def _signing_secret(text: str) -> str:
    text = text.strip()
    if text and not text.startswith("whsec_"):
        raise forms.ValidationError(_("The signing secret of a webhook starts with whsec_."))
    return text


class WebhookForm(forms.Form):
    webhook_secret = forms.CharField(
        label=_("Signing secret of the webhook"),
        max_length=200,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )

    def clean_webhook_secret(self):
        return _signing_secret(self.cleaned_data["webhook_secret"])
