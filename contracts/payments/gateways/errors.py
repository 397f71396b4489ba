"""What may go wrong at a gateway, in one type."""


class GatewayError(Exception):
    """`retry` says whether trying again later can help; `message` is for the licensor's finance."""

    def __init__(self, message: str, *, retry: bool):
        super().__init__(message)
        self.message, self.retry = message, retry
