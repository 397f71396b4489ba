from datetime import timedelta

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from marketplace.clock import today
from marketplace.organisations.pages import operator_page
from marketplace.organisations.regions import region_name
from marketplace.programmes import services, words
from marketplace.programmes.forms import RuleForm
from marketplace.programmes.models import Key, PilotProgramme, ProgrammeRule
from marketplace.refusals import Refused
from marketplace.tables import export

LISTED = (Key.TRIAL_MONTHS, Key.TRIGGER, Key.LICENSEE_SIZES, Key.PAYMENT_FORMS)


@require_safe
def programmes(request):
    """Every programme with what matters first; two queries."""
    on = today()
    rows = list(PilotProgramme.objects.all())
    in_force = services.rules_of(rows, on)
    for row in rows:
        rules = in_force[row.pk]
        row.region_words = region_name(row.region)
        row.listed = [words.rule_words(key, rules.get(key)) for key in LISTED]
        row.published = sum(rule.value is not None and not rule.is_proposal for rule in rules.values())
        row.runs = row.is_open and services.runs_on(row, on)
    if "export" in request.GET:
        columns = [
            (_("Code"), "code"),
            (_("Programme"), "name"),
            (_("Region"), "region_words"),
            (_("Instrument"), "instrument"),
            *((Key(key).label, lambda row, place=place: row.listed[place]) for place, key in enumerate(LISTED)),
            (_("Published rules"), "published"),
        ]  # fmt: skip
        return export(request, "programmes", columns, rows)
    context = {"programmes": rows, "heads": [Key(key).label for key in LISTED], "rule_count": len(Key)}
    return render(request, "programmes/programme_list.html", context)


@require_safe
def programme(request, code):
    found = get_object_or_404(PilotProgramme, code=code)
    on = today()
    every = list(found.rules.order_by("key", "-valid_from", "-id"))
    in_force = services.in_force(every, on)
    lines = []
    for key in Key:
        rule = in_force.get(key)
        ours = None
        if rule is None or rule.value is None:
            proposal = services.default_from(rule, key)
            if proposal.is_proposal:
                ours = (words.value_words(key, proposal.value), proposal.source)
        lines.append({"key": key, "rule": rule, "value": words.rule_words(key, rule), "ours": ours})
    shown = {rule.pk for rule in in_force.values()}
    others = [(rule, words.value_words(rule.key, rule.value)) for rule in every if rule.pk not in shown]
    context = {
        "programme": found,
        "region": region_name(found.region),
        "runs": found.is_open and services.runs_on(found, on),
        "lines": lines,
        "others": others,
        "may_edit": request.acting.is_operator and request.acting.can("programme.edit"),
        "on": on,
    }
    return render(request, "programmes/programme_detail.html", context)


@operator_page("programme.edit")
def rule_new(request, code):
    """A new dated row: first shown with its effect, then recorded."""
    found = get_object_or_404(PilotProgramme, code=code)
    key = request.GET.get("key", "")
    if key not in Key.values:
        raise Http404
    form = RuleForm(request.POST or None, key=key)
    effect = None
    if request.method == "POST" and form.is_valid():
        rule = form.rule()
        if "record" in request.POST:
            try:
                services.add_rule(found, actor=request.acting, **rule)
            except Refused as refusal:
                form.add_error(None, refusal.message)
            else:
                messages.success(request, _("Recorded. Earlier contracts keep the rules of their day."))
                return redirect(found)
        else:
            shown = ("key", "value", "valid_from", "source", "grade", "is_proposal")
            effect = services.preview_rule(found, **{name: rule[name] for name in shown})
    context = {
        "programme": found,
        "key": Key(key),
        "form": form,
        "effect": effect
        and {
            "before": words.value_words(key, effect.before.value),
            "before_ours": effect.before.is_proposal,
            "after": words.value_words(key, effect.after.value),
            "after_ours": effect.after.is_proposal,
            "until": effect.until and effect.until - timedelta(days=1),
            "same_day": ProgrammeRule.objects.filter(
                programme=found, key=key, valid_from=form.cleaned_data["valid_from"]
            ).exists(),
        },
    }
    return render(request, "programmes/rule_new.html", context)
