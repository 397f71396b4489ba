"""Who may open a page: decorators for views. The services check again, these only choose the answer."""

from functools import wraps

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from marketplace.refusals import NotPermitted


def member_page(view):
    """For people who act for an organisation; others are led to register one."""

    @login_required
    @wraps(view)
    def wrapped(request, *args, **kwargs):
        if request.acting.organisation is None:
            messages.info(request, _("Register your organisation first, or open the link of an invitation."))
            return redirect("organisation_register")
        return view(request, *args, **kwargs)

    return wrapped


def operator_page(permission: str):
    """For the operator's people whose role grants `permission`. For other organisations there is no such page."""

    def decorate(view):
        @login_required
        @wraps(view)
        def wrapped(request, *args, **kwargs):
            if not request.acting.is_operator:
                raise Http404
            if not request.acting.can(permission):
                raise NotPermitted
            return view(request, *args, **kwargs)

        return wrapped

    return decorate
