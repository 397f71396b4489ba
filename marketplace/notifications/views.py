from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db import transaction
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from marketplace.accounts.models import User
from marketplace.notifications import services
from marketplace.notifications.forms import ProfileForm
from marketplace.notifications.models import MailPreference, Notification

PER_PAGE = 20


@require_safe
@login_required
def notifications(request):
    rows = Notification.objects.of(request.user)
    only_unread = request.GET.get("unread") == "1"
    if only_unread:
        rows = rows.unread()
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    houses = {}
    if request.acting.user and len(request.memberships) > 1:
        houses = {m.organisation_id: m.organisation for m in request.memberships}
    for note in page:
        note.house = houses.get(note.organisation_id)
    context = {"page_obj": page, "only_unread": only_unread}
    return render(request, "notifications/notification_list.html", context)


@require_safe
@login_required
def open_notification(request, pk):
    """Mark as read and go where it leads. Repeating it changes nothing, so a link will do.

    Where it concerns another organisation of the reader's than the one they act for now, its page would be a 404:
    they are asked whether to switch."""
    notification = get_object_or_404(Notification.objects.of(request.user), pk=pk)
    services.mark_read(Notification.objects.of(request.user).filter(pk=pk))
    wanted, acting = notification.organisation_id, request.acting.organisation
    if not notification.path or wanted is None or (acting and acting.pk == wanted):
        return redirect(notification.url or "notifications")
    house = next((m.organisation for m in request.memberships if m.organisation_id == wanted), None)
    context = {"notification": notification, "house": house, "acting": acting}
    return render(request, "notifications/notification_switch.html", context)


@require_POST
@login_required
def read_all(request):
    services.mark_read(Notification.objects.of(request.user))
    return redirect("notifications")


@csrf_exempt  # mail programs post here by themselves (RFC 8058); whoever holds the signed link may
@require_http_methods(["GET", "HEAD", "POST"])
def stop_mail(request, token):
    """The way out of the digest, without signing in. Opening the link changes nothing: programs open links, too."""
    try:
        user = services.stopped_by(token)
    except User.DoesNotExist:
        raise Http404 from None
    if request.method == "POST":
        services.set_mail_mode(user, MailPreference.Mode.NEVER)
    is_off = MailPreference.objects.filter(user=user, mode=MailPreference.Mode.NEVER).exists()
    response = render(request, "notifications/mail_stop.html", {"is_off": is_off})
    response["Referrer-Policy"] = "no-referrer"
    response["Cache-Control"] = "no-store"
    return response


@login_required
def profile(request):
    """Name, language, letters."""
    user = User.objects.get(pk=request.user.pk)  # a copy: the header keeps the saved name
    preference = MailPreference.objects.filter(user=user).first()
    initial = {"mail": preference.mode if preference else MailPreference.Mode.AT_ONCE}
    form = ProfileForm(request.POST or None, instance=user, initial=initial)
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            user.save(update_fields=["name", "language"])
            services.set_mail_mode(user, form.cleaned_data["mail"])
        with translation.override(user.language):
            messages.success(request, _("Saved."))
            return redirect(reverse("profile"))
    context = {"form": form, "memberships": request.acting.user and request.memberships}
    return render(request, "notifications/profile.html", context)
