"""Why somebody could not be told."""

from datetime import timedelta

from mapping.reasons import Reason


class NotDelivered(Exception):
    """It did not arrive; it may later. The reason names no address and no secret."""

    def __init__(
        self, sentence: str, *, retry_after: timedelta | None = None, **values: str
    ) -> None:
        self.reason = Reason(sentence, values)
        self.retry_after = retry_after
        super().__init__(str(self.reason))
