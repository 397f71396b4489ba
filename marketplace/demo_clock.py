"""The page on which the operator moves the demo's date forward; there is none outside demo mode."""

import calendar
from datetime import UTC, date, datetime, timedelta

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import IntegrityError, transaction
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache

from marketplace import clock
from marketplace.celery import nudge
from marketplace.fields import DayField
from marketplace.menu import MenuItem, register_menu
from marketplace.models import ClockRun
from marketplace.refusals import NotPermitted, Refused

MAX_DAYS = 1100  # three years at once are enough for any story
STEPS = [
    ("1d", gettext_lazy("1 day")),
    ("7d", gettext_lazy("1 week")),
    ("1m", gettext_lazy("1 month")),
    ("3m", gettext_lazy("3 months")),
    ("12m", gettext_lazy("1 year")),
]


class _ClockItem(MenuItem):
    """In demo mode only; asked at each page, since tests switch it."""

    def allows(self, acting) -> bool:
        return settings.DEMO and acting is not None and acting.is_operator and super().allows(acting)


register_menu(
    _ClockItem("demo_clock", gettext_lazy("Market's date"), "demo_clock", "clock.move", "operator", 90)
)


def after(day: date, step: str) -> date:
    """`day` plus a step like "7d" or "3m"; the last day of a shorter month."""
    number, unit = int(step[:-1]), step[-1]
    if unit == "d":
        return day + timedelta(days=number)
    month = day.month - 1 + number
    year, month = day.year + month // 12, month % 12 + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


class MoveForm(forms.Form):
    to = DayField(label=gettext_lazy("Move to"))

    def clean_to(self):
        day, today = self.cleaned_data["to"], clock.today()
        if day <= today:
            raise forms.ValidationError(_("The date moves forward only; choose a day after today."))
        if (day - today).days > MAX_DAYS:
            raise forms.ValidationError(_("At most %(days)s days at once.") % {"days": MAX_DAYS})
        return day


def start_run(to_on: date, *, acting) -> ClockRun:
    """Begin to move the market's date to `to_on`. Raises Refused while another move is under way."""
    from marketplace.tasks import live_through_days

    if not (acting.is_operator and acting.can("clock.move")):
        raise NotPermitted
    today = clock.today()
    try:
        with transaction.atomic():
            run = ClockRun.objects.create(
                from_on=today,
                to_on=to_on,
                reached_on=today,
                beat_at=datetime.now(UTC),
                started_by_id=acting.user.pk,
            )
    except IntegrityError as error:
        raise Refused(_("The date is being moved already; wait until it has arrived.")) from error
    nudge(live_through_days, run.pk)
    return run


def resume_run(run: ClockRun, *, acting) -> None:
    """Go on with a move that failed or whose worker fell silent."""
    from marketplace.tasks import is_silent, live_through_days

    if not (acting.is_operator and acting.can("clock.move")):
        raise NotPermitted
    if run.state == ClockRun.State.FAILED:
        run.state, run.error = ClockRun.State.RUNNING, ""
    elif not (run.state == ClockRun.State.RUNNING and is_silent(run)):
        raise Refused(_("This move is under way or has arrived."))
    run.beat_at = datetime.now(UTC)
    run.save(update_fields=["state", "error", "beat_at"])
    nudge(live_through_days, run.pk)


@never_cache
@login_required
def demo_clock(request):
    from marketplace.tasks import is_silent

    acting = request.acting
    if not settings.DEMO or not acting.is_operator:
        raise Http404
    if not acting.can("clock.move"):
        raise NotPermitted
    today = clock.today()
    last = ClockRun.objects.first()
    form = MoveForm(request.POST if request.POST.get("to") else None)
    if request.method == "POST":
        step = request.POST.get("step", "")
        if "resume" in request.POST and last is not None:
            resume_run(last, acting=acting)
            return redirect("demo_clock")
        target = after(today, step) if step in dict(STEPS) else None
        if target is None and form.is_valid():
            target = form.cleaned_data["to"]
        if target is not None:
            start_run(target, acting=acting)
            messages.success(request, _("The days pass. You can leave this page and come back."))
            return redirect("demo_clock")
    running = last is not None and last.state == ClockRun.State.RUNNING
    context = {
        "today": today,
        "form": form,
        "steps": [(step, label, after(today, step)) for step, label in STEPS],
        "run": last,
        "running": running,
        "silent": running and is_silent(last),
        "failed": last is not None and last.state == ClockRun.State.FAILED,
    }
    return render(request, "demo/clock.html", context)
