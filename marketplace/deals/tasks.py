from celery import shared_task

from marketplace.deals import services


@shared_task
def tell_lapses() -> None:
    """Letters about open proposals whose need or listing left the market or came back; safe to run again."""
    services.tell_lapses()
