from datetime import timedelta

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from marketplace.clock import today
from marketplace.dashboard.letters import letter_files, read_letters
from marketplace.dashboard.standing import first_step, standing_of
from marketplace.desk import items_for

PER_PAGE = 30
LETTERS_PER_PAGE = 20
SOON = timedelta(days=7)


@never_cache
@login_required
def desk(request):
    """What waits for me, by deadline; then what waits for others; then where we stand."""
    items = items_for(request.acting)
    mine = [item for item in items if item.waits_for == "me"]
    theirs = [item for item in items if item.waits_for == "them"]
    context = {
        "page_obj": Paginator(mine, PER_PAGE).get_page(request.GET.get("page")),
        "others": Paginator(theirs, PER_PAGE).get_page(request.GET.get("others")),
        "today": today(),
        "soon": today() + SOON,
        "standing": standing_of(request.acting),
        "first_step": first_step(request.acting) if request.acting.organisation and not mine else None,
    }
    return render(request, "dashboard/desk.html", context)


@never_cache
@require_safe
def demo_letters(request):
    """What the demo would have sent; there is no such page outside demo mode."""
    if not settings.DEMO:
        raise Http404
    to = request.GET.get("to", "")[:100]
    page = Paginator(letter_files(to), LETTERS_PER_PAGE).get_page(request.GET.get("page"))
    letters = [letter for path in page for letter in read_letters(path, to)]
    return render(request, "dashboard/demo_letters.html", {"page_obj": page, "letters": letters, "to": to})
