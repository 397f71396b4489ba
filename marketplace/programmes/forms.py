"""Recording a rule: each key has inputs of its own shape; the form turns them into the rule's value."""

from decimal import Decimal

from django import forms
from django.utils.translation import gettext_lazy as _

from marketplace.clock import today
from marketplace.fields import DayField, PercentField
from marketplace.organisations.regions import region_choices
from marketplace.programmes import words
from marketplace.programmes.models import Grade, Key

YES_NO = [("yes", _("yes")), ("no", _("no"))]
ANY_ALL = [("ANY", _("the earliest counts")), ("ALL", _("all must have happened"))]


def _several(label, choices) -> forms.Field:
    return forms.MultipleChoiceField(
        label=label, choices=choices, required=False, widget=forms.CheckboxSelectMultiple
    )


def _value_fields(key: str) -> dict[str, forms.Field]:
    label = Key(key).label
    if key in words.LISTS:
        return {"value": _several(label, list(words.LISTS[key].items()))}
    if key == Key.LICENSEE_REGIONS:
        return {
            "value": forms.MultipleChoiceField(
                label=label,
                choices=region_choices,
                required=False,
                widget=forms.SelectMultiple(attrs={"size": 10}),
            )
        }
    if key == Key.MIN_TRL:
        return {"value": forms.IntegerField(label=label, min_value=1, max_value=9, required=False)}
    if key == Key.MIN_MATURITY:
        return {"value": forms.ChoiceField(label=label, choices=list(words.MATURITY.items()), required=False)}
    if key in (Key.TEAM_CONSENT, Key.TERMS_BEFORE_TRIAL):
        return {"value": forms.ChoiceField(label=label, choices=YES_NO, required=False)}
    if key == Key.TRIAL_MONTHS:
        return {"value": forms.IntegerField(label=label, min_value=1, max_value=120, required=False)}
    if key == Key.NOTICE_DAYS:
        return {"value": forms.IntegerField(label=label, min_value=1, max_value=365, required=False)}
    if key == Key.TEAM_SHARE_FLOOR:
        return {"value": PercentField(label=label, required=False)}
    if key == Key.TRIGGER:
        return {
            "mode": forms.ChoiceField(
                label=_("Several conditions"), choices=ANY_ALL, required=False, widget=forms.RadioSelect
            ),
            "months": forms.IntegerField(
                label=_("Months after the agreement takes effect"),
                min_value=1,
                max_value=240,
                required=False,
            ),
            "value": _several(_("Events"), list(words.CONDITIONS.items())),
        }
    return {}  # an incentive is its wording


class RuleForm(forms.Form):
    """`rule_value()` is the JSON value of the key, None for "not published"."""

    published = forms.ChoiceField(
        label=_("What is known"),
        choices=[
            ("yes", _("the programme rules it so")),
            ("ours", _("the programme is silent; this is our proposal")),
            ("no", _("not published")),
        ],
        widget=forms.RadioSelect,
        initial="yes",
    )
    text_zh = forms.CharField(
        label=_("Wording in Chinese"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    text_en = forms.CharField(
        label=_("Wording in English"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    valid_from = DayField(label=_("Valid from"))
    source = forms.CharField(
        label=_("Source"),
        required=False,
        max_length=300,
        help_text=_("Title, number and day of the document."),
    )
    grade = forms.ChoiceField(
        label=_("Grade of the source"), required=False, choices=[("", "–"), *Grade.choices]
    )

    def __init__(self, *args, key: str, **kwargs):
        kwargs.setdefault("initial", {"valid_from": today()})
        super().__init__(*args, **kwargs)
        self.key = key
        own = _value_fields(key)
        self.fields.update(own)
        self.order_fields(["published", *own])

    def clean(self):
        data = super().clean()
        if data.get("published") == "no" or self.errors:
            return data
        if self.rule_value() is None:
            self.add_error("value" if "value" in self.fields else "text_zh", _("Enter the value."))
        if data.get("published") == "yes":
            if not data.get("source"):
                self.add_error("source", _("Name the source, or mark the value as our proposal."))
            if not data.get("grade"):
                self.add_error("grade", _("Say how reliable the source is."))
        return data

    def rule_value(self):
        data = self.cleaned_data
        if data["published"] == "no":
            return None
        value = data.get("value")
        if self.key == Key.INCENTIVE:
            zh, en = data["text_zh"], data["text_en"]
            return {"zh": zh or en, "en": en or zh} if zh or en else None
        if self.key == Key.TRIGGER:
            conditions = [{"kind": "event", "name": name} for name in value]
            if data.get("months"):
                conditions.insert(0, {"kind": "after", "months": data["months"], "anchor": "effect"})
            return {"mode": data.get("mode") or "ANY", "conditions": conditions} if conditions else None
        if self.key in (Key.TEAM_CONSENT, Key.TERMS_BEFORE_TRIAL):
            return {"yes": True, "no": False}.get(value)
        if self.key == Key.LICENSEE_REGIONS:
            return [code[:2] if code.endswith("0000") else code for code in value] or None
        if isinstance(value, Decimal):
            return str(value.normalize())
        return value or None

    def rule(self) -> dict:
        """The keyword arguments of services.add_rule."""
        data = self.cleaned_data
        return {
            "key": self.key,
            "value": self.rule_value(),
            "is_proposal": data["published"] == "ours",
            **{name: data[name] for name in ("text_zh", "text_en", "valid_from", "source", "grade")},
        }
