"""Places in a list that only grows, so that its last weeks can be read without its years."""

import json
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """`at`: where a list was read to. `left`: where it stood once, and when; oldest first."""

    at: str = ""
    left: tuple[tuple[datetime, str], ...] = ()

    @classmethod
    def read(cls, text: str) -> "Marks":
        if not text:
            return cls()
        values = json.loads(text)
        left = ((datetime.fromisoformat(when), at) for when, at in values["left"])
        return cls(at=values["at"], left=tuple(left))

    def dump(self) -> str:
        left = [[when.isoformat(), at] for when, at in self.left]
        return json.dumps({"at": self.at, "left": left})

    def moved(self, at: str) -> "Marks":
        return replace(self, at=at)

    def leave(self, now: datetime, *, needed: timedelta) -> "Marks":
        """Leave a mark here, one a week; of those older than needed the newest is kept."""
        if self.left and now - self.left[-1][0] < WEEK:
            return self
        old = [each for each in self.left if each[0] <= now - needed]
        young = self.left[len(old) :]
        return replace(self, left=(*old[-1:], *young, (now, self.at)))

    def before(self, moment: datetime) -> str:
        """Return a place that the list had reached by then, or its beginning."""
        return next((at for when, at in reversed(self.left) if when <= moment), "")
