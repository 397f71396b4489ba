"""The frame of every page: demo banner, header with menu and switches, footer.

The header asks the database a fixed, small number of questions: the acting person (one, shared with the view)
and the number of unread notifications (one); in demo mode the market's date as well.
"""

from django import template
from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse, translate_url
from django.utils.http import url_has_allowed_host_and_scheme

from marketplace.clock import today
from marketplace.menu import menu_for
from marketplace.notifications.models import Notification

register = template.Library()
_TONES = {"success": "good", "warning": "warn", "error": "bad"}


@register.filter
def notice_tone(level_tag: str) -> str:
    """The tone of one of Django's messages."""
    return _TONES.get(level_tag, "info")


def address(name: str) -> str:
    """The address of a page by name, or "" where that part of the site is not installed."""
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""


@register.simple_tag
def address_of(name: str) -> str:
    return address(name)


def other_languages(request: HttpRequest, language: str) -> list[dict]:
    """This page in each other language; header and footer ask for it, the addresses are made once."""
    if (known := getattr(request, "other_languages", None)) and known[0] == language:
        return known[1]
    here = request.get_full_path()
    links = []
    for code, label in settings.LANGUAGES:
        if code == language:
            continue
        url = translate_url(here, code)
        if url == here and here.startswith(f"/{language}/"):  # no such page: the prefix alone decides
            url = f"/{code}/" + here.removeprefix(f"/{language}/")
        links.append({"code": code, "label": label, "url": url})
    request.other_languages = language, links
    return links


@register.simple_tag(takes_context=True)
def address_before(context) -> str:
    """The page of ours that led here, or "" (error pages may be shown before the host is known to be good)."""
    request = context["request"]
    try:
        host = request.get_host()
    except DisallowedHost:
        return ""
    before = request.headers.get("Referer", "")
    ours = url_has_allowed_host_and_scheme(before, {host}, require_https=request.is_secure())
    again = before == request.build_absolute_uri() and request.method in (
        "GET",
        "HEAD",
    )  # it would fail once more
    return before if ours and not again else ""


def _return_here(request: HttpRequest) -> str:
    """Where to go after acting for another organisation: here, unless the page shows one object, which the
    other organisation may not see."""
    match = request.resolver_match
    plain = match is not None and not match.args and not match.kwargs
    return request.get_full_path() if plain and request.method == "GET" else ""


@register.inclusion_tag("ui/header.html", takes_context=True)
def site_header(context):
    request = context["request"]
    acting = getattr(request, "acting", None)
    user = acting.user if acting else None
    return {
        "PRODUCT_NAME": settings.PRODUCT_NAME,
        "home": f"/{context['LANGUAGE']}/",
        "csrf_token": context.get("csrf_token"),
        "request": request,
        "user": user,
        "acting": acting,
        "memberships": getattr(request, "memberships", []),
        "unread": Notification.objects.of(user).unread().count() if user else 0,
        "groups": menu_for(acting, request.path),
        "languages": other_languages(request, context["LANGUAGE"]),
        "return_here": _return_here(request),
        # Lists filter by a `q` of their own: what was typed there is no search of the market.
        "query": request.GET.get("q", "") if request.path == address("search") else "",
        "urls": {
            name: address(name)
            for name in (
                "search", "desk", "act_for", "notifications", "profile", "organisation_register",
                "account_login", "account_signup", "account_logout", "account_email",
                "account_change_password", "mfa_index",
            )
        },
    }  # fmt: skip


@register.inclusion_tag("ui/demo_banner.html", takes_context=True)
def demo_banner(context):
    if not settings.DEMO:
        return {}
    acting = context.get("acting")
    return {
        "demo": True,
        "today": today(),
        "clock_url": address("demo_clock") if acting and acting.can("clock.move") else "",
        "letters_url": address("demo_letters"),
    }


@register.inclusion_tag("ui/footer.html", takes_context=True)
def site_footer(context):
    return {
        "PRODUCT_NAME": settings.PRODUCT_NAME,
        "languages": other_languages(context["request"], context["LANGUAGE"]),
        "urls": {
            name: address(name) for name in ("search", "programmes", "notices", "simulator", "about", "look")
        },
        "show_look": settings.DEMO or settings.DEBUG,
    }
