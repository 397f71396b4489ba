from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.shortcuts import render

from marketplace.desk import items_for

PER_PAGE = 30


@login_required
def desk(request):
    """What waits for me, by deadline; then what waits for others."""
    items = items_for(request.acting)
    mine = [item for item in items if item.waits_for == "me"]
    theirs = [item for item in items if item.waits_for == "them"]
    page = Paginator(mine, PER_PAGE).get_page(request.GET.get("page"))
    others = Paginator(theirs, PER_PAGE).get_page(request.GET.get("others"))
    context = {
        "page_obj": page,
        "others": others,
        "membership_count": len(getattr(request, "memberships", [])),
    }
    return render(request, "dashboard/desk.html", context)
