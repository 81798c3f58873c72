"""The full comparison of a night: once a night, whatever becomes of the workers.

It goes in slices. After each page the place is stored with what was found so far, so
whoever works next goes on from there.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime, timedelta
from datetime import time as time_of_day
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone

from mapping.models import Channel
from sync import queue
from sync.models import Recurring, SyncJob
from sync.reconcile import schedule, streams
from sync.reconcile.rounds import END, Place, Round, Stage, add, go

# So often a page is tried, minutes apart, before the stages after it go on without it.
# An ERP that is saved at night for two hours is back by then.
TRIES = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Night:
    """The last night there was, and where its comparison stands; no job: it is over.

    `tries`: how often it was gone on with from this place without getting further.
    """

    night: str
    began: str = ""
    job: int | None = None
    stage: str = ""
    cursor: str = ""
    tries: int = 0

    @property
    def place(self) -> Place:
        return Place(stage=self.stage, cursor=self.cursor)

    def at(self, place: Place) -> "Night":
        tries = self.tries if place == self.place else 0
        return replace(self, stage=place.stage, cursor=place.cursor, tries=tries)

    def dump(self) -> str:
        return json.dumps(asdict(self))


def last_night(channel: Channel, now: datetime) -> date:
    """Return the day whose hour of comparison came last, on the merchant's clock.

    Days and not moments are counted: the hour that a clock change leaves out, or has
    twice, makes no night more or less.
    """
    zone = ZoneInfo(settings.TIME_ZONE)
    today = now.astimezone(zone).date()
    hour = datetime.combine(today, time_of_day(channel.night_hour), tzinfo=zone)
    return today if now >= hour.astimezone(UTC) else today - timedelta(days=1)


def first(channel: Channel) -> str:
    """Return the state of a store that was connected just now: tonight is its first night."""
    return Night(night=last_night(channel, timezone.now()).isoformat()).dump()


def compare(row: Recurring) -> bool:
    """Go on with the night's comparison, if it is night. True: there is more at once."""
    channel = row.channel
    assert channel is not None
    due = last_night(channel, timezone.now()).isoformat()
    night = _read(row.cursor)
    if night.job is None:
        if night.night >= due:
            return False
        night = _begin(row, channel, due)
    stages = streams.stages(full=True)
    # Counted before and not after, so that a page which kills its worker runs out too.
    night = replace(night, tries=night.tries + 1)
    if night.tries > TRIES:
        night = _leave_out(row, night, list(stages))
    schedule.hold(row, night.dump())
    job = _job(night)
    round_ = Round(channel=channel, began=datetime.fromisoformat(night.began), job=job)
    if _goes_on(row, night, round_, stages):
        return True
    _finish(row, night, job)
    return False


def _read(text: str) -> Night:
    values: dict[str, Any] = json.loads(text or '{"night": ""}')
    return Night(**values)


def _job(night: Night) -> SyncJob:
    assert night.job is not None
    return SyncJob.objects.get(pk=night.job)


def _begin(row: Recurring, channel: Channel, due: str) -> Night:
    job = SyncJob.objects.create(channel=channel, kind=SyncJob.Kind.NIGHTLY)
    night = Night(night=due, began=timezone.now().isoformat(), job=job.pk)
    schedule.hold(row, night.dump())
    return night


def _goes_on(row: Recurring, night: Night, round_: Round, stages: Mapping[str, Stage]) -> bool:
    """Compare until the time is up or everything is compared. True: the time is up."""
    assert round_.job is not None
    is_late = schedule.time_is_up()
    for place, page in go(round_, stages, night.place):
        night = night.at(place)
        schedule.hold(row, night.dump())
        add(round_.job, page.counts)
        if page.may_stop and is_late():
            return True
    return False


def _leave_out(row: Recurring, night: Night, stages: list[str]) -> Night:
    """Say that a stage failed for good, and go on to the next one."""
    reason = row.last_error or queue.WORKER_GONE
    job = _job(night)
    error = f"{job.error}\n{night.stage}: {reason}".strip()
    SyncJob.objects.filter(pk=job.pk).update(error=error)
    following = stages[stages.index(night.stage) + 1 :] if night.stage in stages else []
    return replace(night, stage=following[0] if following else END, cursor="", tries=0)


def _finish(row: Recurring, night: Night, job: SyncJob) -> None:
    schedule.hold(row, Night(night=night.night).dump())
    job.refresh_from_db()
    status = SyncJob.Status.FAILED if job.error else SyncJob.Status.DONE
    SyncJob.objects.filter(pk=job.pk).update(status=status, finished_at=timezone.now())
