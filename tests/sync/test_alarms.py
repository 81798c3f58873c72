"""What wakes somebody: found when it is so, told once, and over by itself."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from mapping.models import Channel, WarehouseMapping
from mapping.reasons import Reason, say
from shopify_app.models import Shop
from sync import alarms, recurring
from sync.alarms.finding import Finding
from sync.models import (
    Alert,
    AlertDestination,
    AlertNotice,
    AuditEntry,
    Divergence,
    ErpStock,
    InboxMessage,
    KitComponent,
    LatencyBucket,
    MassChange,
    OutboxCommand,
    Priority,
    Recurring,
    ShopOrder,
    Status,
    StockPosition,
    SyncJob,
    WebDemand,
)
from tests.sync.engine.rows import at_once
from tests.sync.makers import make_channel, make_message, make_order

Kind = Alert.Kind
Severity = Alert.Severity
Job = Recurring.Kind
NOW = timezone.now()
PLACE = "gid://shopify/Location/1"


@pytest.fixture
def channel(db: None) -> Channel:
    return make_channel()


def found(channel: Channel, kind: Alert.Kind, *, now: datetime = NOW) -> list[Finding]:
    return [each for each in alarms.look(channel, now=now) if each.kind == kind]


def said(finding: Finding) -> str:
    return " ".join(str(each) for each in finding.reasons)


def ago(**options: float) -> datetime:
    return NOW - timedelta(**options)


# -- Oversold


def make_short(channel: Channel, sku: str, units: int, **options: Any) -> StockPosition:
    return StockPosition.objects.create(
        channel=channel, sku=sku, item=f"gid://item/{sku}", location=PLACE, target=0,
        explanation={"quantity": 0, "short": units}, **options,
    )  # fmt: skip


def sell(channel: Channel, sku: str, name: str, units: int = 1) -> WebDemand:
    return WebDemand.objects.create(
        order=make_order(channel, name=name), channel=channel, item=f"gid://item/{sku}",
        sku=sku, quantity=units, unfulfilled=units,
    )  # fmt: skip


def test_units_sold_that_are_not_there_are_named_with_their_orders(channel: Channel) -> None:
    make_short(channel, "BOT-38", 2)
    make_short(channel, "BOT-39", 0)
    sell(channel, "BOT-38", "#1001", 2)
    sell(channel, "BOT-38", "#1002")

    [finding] = found(channel, Kind.OVERSOLD)

    assert (finding.key, finding.severity) == ("BOT-38", Severity.CRITICAL)
    assert "BOT-38 sold on the web that are not there: 2." in said(finding)
    assert "#1001, #1002" in said(finding)


def test_an_item_is_one_alarm_wherever_it_lies(channel: Channel) -> None:
    make_short(channel, "BOT-38", 2)
    StockPosition.objects.create(
        channel=channel, sku="BOT-38", item="x", location="gid://shopify/Location/2",
        explanation={"short": 1},
    )  # fmt: skip
    sell(channel, "BOT-38", "#1001", 3)

    assert len(found(channel, Kind.OVERSOLD)) == 1


def test_what_the_erp_lacks_without_an_order_of_the_web_is_not_our_alarm(
    channel: Channel,
) -> None:
    make_short(channel, "BOT-38", 2)
    sell(make_channel(company=channel.company), "BOT-38", "#2001")

    assert found(channel, Kind.OVERSOLD) == []


def test_a_part_that_is_missing_names_the_orders_of_its_kit(channel: Channel) -> None:
    make_short(channel, "LACE", 2)
    KitComponent.objects.create(
        connection=channel.company.erpconnection, kit="SET", sku="LACE", quantity=2
    )
    sell(channel, "SET", "#1001")

    assert "#1001" in said(found(channel, Kind.OVERSOLD)[0])


def test_a_calamity_is_one_alarm(channel: Channel) -> None:
    for number in range(30):
        make_short(channel, f"S{number}", number + 1)
        sell(channel, f"S{number}", f"#{number}")

    [finding] = found(channel, Kind.OVERSOLD)

    assert "30, with 465 units in all. Most are missing of S29." in said(finding)


# -- Differences


def differ(channel: Channel, number: int, **options: Any) -> Divergence:
    values: dict[str, Any] = {
        "field": "variant.available", "expected": "4", "found": "9", "units_at_risk": 5,
        "first_seen_at": ago(hours=2),
    }  # fmt: skip
    return Divergence.objects.create(
        channel=channel, key=f"S{number}@{PLACE}", **(values | options)
    )


def test_five_hundred_differences_are_one_alarm_that_names_the_worst(channel: Channel) -> None:
    for number in range(500):
        differ(channel, number)
    differ(channel, 500, units_at_risk=90, found="94")
    differ(channel, 501, field="order.total")

    stock, totals = sorted(found(channel, Kind.DIVERGENCE), key=lambda each: each.key)[::-1]

    assert stock.severity == Severity.CRITICAL
    assert "should be: 501." in said(stock)
    assert "Units at risk: 2590." in said(stock)
    assert "S500 is 94 and should be 4" in said(stock)
    assert totals.severity == Severity.WARNING


@pytest.mark.parametrize(
    ("_case", "options", "alarms_of"),
    [
        ("small and new", {"first_seen_at": ago(minutes=5)}, []),
        ("small and old", {}, [Severity.WARNING]),
        ("new and large", {"first_seen_at": NOW, "units_at_risk": 10}, [Severity.CRITICAL]),
        ("put off", {"snoozed_until": NOW + timedelta(hours=1)}, []),
        ("put off until a while ago", {"snoozed_until": ago(hours=1)}, [Severity.WARNING]),
        ("left as it is", {"status": Divergence.Status.DISMISSED}, []),
        ("equal again", {"status": Divergence.Status.HEALED}, []),
    ],
)
def test_a_difference_alarms_by_its_size_and_age(
    channel: Channel, _case: str, options: dict[str, Any], alarms_of: list[Severity]
) -> None:
    differ(channel, 1, **options)

    assert [each.severity for each in found(channel, Kind.DIVERGENCE)] == alarms_of


def test_a_mass_change_that_waits_says_how_many_items_and_where(channel: Channel) -> None:
    WarehouseMapping.objects.create(
        channel=channel, warehouse="C", location=PLACE, location_name="Centro"
    )
    MassChange.objects.create(channel=channel, location=PLACE, to_zero=142, followed=150)

    [finding] = found(channel, Kind.MASS_CHANGE)

    assert finding.severity == Severity.CRITICAL
    assert "would go to 0: 142." in said(finding)
    assert "sent to Centro" in said(finding)
    MassChange.objects.update(status=MassChange.Status.PASSED)
    assert found(channel, Kind.MASS_CHANGE) == []


# -- Work that waits


def make_command(channel: Channel, **options: Any) -> OutboxCommand:
    number = OutboxCommand.objects.count()
    values = {"kind": "stock", "key": f"{PLACE}{number}", "lane": f"stock/{number}"}
    return OutboxCommand.objects.create(channel=channel, **(values | options))


@pytest.mark.parametrize(
    ("_case", "options", "alarm"),
    [
        ("due for an hour", {"run_after": ago(hours=1)}, True),
        ("due for a minute", {"run_after": ago(minutes=1)}, False),
        ("tried for an hour, next try is to come",
         {"run_after": NOW, "reason": "no answer", "created_at": ago(hours=1)}, True),
        ("tried for a minute", {"reason": "no answer", "created_at": ago(minutes=1)}, False),
        ("a worker took it and never came back",
         {"status": Status.RUNNING, "lease_until": ago(hours=1)}, True),
        ("at work now", {"status": Status.RUNNING, "lease_until": NOW}, False),
        ("in nobody's way", {"run_after": ago(hours=1), "priority": Priority.BULK}, False),
        ("done", {"run_after": ago(hours=1), "status": Status.DONE}, False),
    ],
)  # fmt: skip
def test_work_that_waits_too_long_alarms(
    channel: Channel, _case: str, options: dict[str, Any], alarm: bool
) -> None:
    make_message(channel, **options)

    assert bool(found(channel, Kind.WAITING)) is alarm
    InboxMessage.objects.all().delete()
    make_command(channel, **options)
    assert bool(found(channel, Kind.WAITING)) is alarm


def test_a_run_takes_as_long_as_it_takes(channel: Channel) -> None:
    job = SyncJob.objects.create(channel=channel, kind=SyncJob.Kind.CATALOGUE)
    make_message(channel, job=job, run_after=ago(hours=1))
    assert found(channel, Kind.WAITING) == []

    SyncJob.objects.update(status=SyncJob.Status.DONE)
    assert len(found(channel, Kind.WAITING)) == 1


def test_a_channel_that_only_looks_keeps_its_writes_without_alarm(channel: Channel) -> None:
    channel.mode = Channel.Mode.SHADOW
    make_command(channel, run_after=ago(hours=1))

    assert found(channel, Kind.WAITING) == []


def test_what_is_set_aside_is_one_alarm_with_its_number(channel: Channel) -> None:
    for _ in range(3):
        make_message(channel, status=Status.PARKED)
    make_command(channel, status=Status.PARKED)

    [finding] = found(channel, Kind.SET_ASIDE)

    assert finding.severity == Severity.WARNING
    assert "Set aside until a person decides: 4" in said(finding)


# -- Sides that do not answer


def make_job(channel: Channel, kind: Recurring.Kind, **options: Any) -> Recurring:
    of_erp = kind.value.startswith("poll")
    return Recurring.objects.create(
        kind=kind,
        connection=channel.company.erpconnection if of_erp else None,
        channel=None if of_erp else channel,
        **({"seconds": 2} | options),
    )


def test_an_erp_that_fails_three_times_is_down(channel: Channel) -> None:
    job = make_job(channel, Job.POLL_STOCK, failures=3, last_error="refused\n<b>here</b>",
                   last_ok_at=ago(minutes=3))  # fmt: skip

    [finding] = found(channel, Kind.ERP_DOWN)

    assert finding.severity == Severity.CRITICAL
    assert "refused <b>here</b>" in said(finding)
    assert {each.kind for each in alarms.look(channel, now=NOW)} == {Kind.ERP_DOWN}
    Recurring.objects.filter(pk=job.pk).update(failures=0)
    assert found(channel, Kind.ERP_DOWN) == []


@pytest.mark.parametrize(
    ("_case", "options"),
    [
        ("it failed twice", {"failures": 2, "last_ok_at": ago(hours=1)}),
        ("it is being started again", {"failures": 5, "last_ok_at": ago(seconds=90)}),
    ],
)
def test_an_erp_is_not_down_when(channel: Channel, _case: str, options: dict[str, Any]) -> None:
    make_job(channel, Job.POLL_PRODUCTS, **options)

    assert alarms.look(channel, now=NOW) == []


def test_an_erp_that_answers_other_questions_is_there(channel: Channel) -> None:
    make_job(channel, Job.POLL_STOCK, last_ok_at=NOW)
    make_job(channel, Job.POLL_PRICES, failures=9, last_ok_at=ago(hours=1), last_error="no view")

    [finding] = alarms.look(channel, now=NOW)

    assert (finding.kind, finding.key) == (Kind.WAITING, "job/poll_prices")
    assert "9 times in a row (no view)." in said(finding)


def test_an_erp_that_is_switched_off_does_not_fail(channel: Channel) -> None:
    make_job(channel, Job.POLL_PRICES, failures=9, last_ok_at=ago(hours=1))
    type(channel.company.erpconnection).objects.update(enabled=False)

    assert alarms.look(channel, now=NOW) == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"uninstalled_at": NOW}, "The app was removed"),
        ({"last_error": "Access denied"}, "does not let us in (Access denied)."),
        ({"last_ok_at": ago(hours=1)}, "has not answered since"),
    ],
)
def test_a_store_is_down_when(channel: Channel, changes: dict[str, Any], words: str) -> None:
    Shop.objects.update(**changes)

    assert words in said(found(channel, Kind.STORE_DOWN)[0])


def test_a_comparison_that_fails_while_the_store_answers_is_named(channel: Channel) -> None:
    Shop.objects.update(last_ok_at=ago(seconds=70))
    make_job(channel, Job.RECONCILE_STOCK, failures=3, last_error="a defect")

    assert [(each.kind, each.key) for each in alarms.look(channel, now=NOW)] == [
        (Kind.WAITING, "job/reconcile_stock")
    ]


def test_the_watch_does_not_alarm_about_itself(channel: Channel) -> None:
    make_job(channel, Job.WATCH, failures=7, last_error="no mail server")

    assert alarms.look(channel, now=NOW) == []


# -- Silence

MADRID = ZoneInfo("Europe/Madrid")
FRIDAY = datetime(2026, 11, 20, 12, 10, tzinfo=MADRID)


def make_habit(channel: Channel, weeks: int = 4) -> None:
    """Orders on Fridays between eleven and twelve, and one today at half past ten."""
    Channel.objects.filter(pk=channel.pk).update(orders_from=FRIDAY - timedelta(days=60))
    channel.refresh_from_db()
    for week in range(1, weeks + 1):
        for minute in (5, 50):
            make_order(
                channel,
                placed_at=FRIDAY.replace(hour=11, minute=minute) - timedelta(weeks=week),
            )
    make_order(channel, placed_at=FRIDAY.replace(hour=10, minute=30))


def test_no_order_at_an_hour_that_always_has_some_alarms_until_one_comes(
    channel: Channel,
) -> None:
    make_habit(channel)
    assert found(channel, Kind.ORDERS_SILENT, now=FRIDAY.replace(hour=11, minute=55)) == []

    [finding] = found(channel, Kind.ORDERS_SILENT, now=FRIDAY)

    assert "since 20/11 10:30" in said(finding)
    assert found(channel, Kind.ORDERS_SILENT, now=FRIDAY + timedelta(hours=9)) != []
    make_order(channel, placed_at=FRIDAY + timedelta(hours=9))
    assert found(channel, Kind.ORDERS_SILENT, now=FRIDAY + timedelta(hours=9)) == []


def test_orders_are_not_silent_while_some_wait_to_be_looked_at(channel: Channel) -> None:
    make_habit(channel)
    make_message(channel, topic="shopify/order", run_after=NOW)

    assert found(channel, Kind.ORDERS_SILENT, now=FRIDAY) == []


def test_a_paused_channel_and_a_new_one_are_silent_without_alarm(channel: Channel) -> None:
    make_habit(channel)
    channel.mode = Channel.Mode.PAUSED
    assert found(channel, Kind.ORDERS_SILENT, now=FRIDAY) == []

    channel.mode = Channel.Mode.LIVE
    channel.orders_from = FRIDAY - timedelta(days=20)
    assert found(channel, Kind.ORDERS_SILENT, now=FRIDAY) == []


def test_two_weeks_are_no_habit(channel: Channel) -> None:
    make_habit(channel, weeks=2)

    assert found(channel, Kind.ORDERS_SILENT, now=FRIDAY) == []


def test_an_erp_that_tells_no_stock_for_half_an_hour_alarms(channel: Channel) -> None:
    type(channel.company.erpconnection).objects.update(kind="sql")
    poll = make_job(channel, Job.POLL_STOCK, last_ok_at=ago(minutes=31))

    [finding] = found(channel, Kind.ERP_SILENT)

    assert finding.severity == Severity.CRITICAL
    Recurring.objects.filter(pk=poll.pk).update(last_ok_at=ago(minutes=29))
    assert found(channel, Kind.ERP_SILENT) == []
    # An ERP that is asked every hour may be silent for longer.
    Recurring.objects.filter(pk=poll.pk).update(last_ok_at=ago(minutes=61), seconds=3600)
    assert found(channel, Kind.ERP_SILENT) == []


def make_changes(channel: Channel) -> None:
    moments = [FRIDAY.replace(hour=11, minute=20) - timedelta(weeks=week) for week in range(1, 5)]
    for moment in [FRIDAY - timedelta(days=40), *moments, FRIDAY.replace(hour=10, minute=5)]:
        LatencyBucket.objects.create(
            channel=channel, stream="stock", minute=moment, up_to=1000, count=9
        )


def test_stock_that_never_moves_at_an_hour_when_it_always_does_alarms(channel: Channel) -> None:
    make_changes(channel)

    [finding] = found(channel, Kind.ERP_SILENT, now=FRIDAY)

    assert (finding.key, finding.severity) == ("rhythm", Severity.WARNING)
    channel.mode = Channel.Mode.SHADOW
    assert found(channel, Kind.ERP_SILENT, now=FRIDAY) == []


def test_an_erp_that_sends_the_same_figures_again_is_there(channel: Channel) -> None:
    make_changes(channel)
    ErpStock.objects.create(
        connection=channel.company.erpconnection, sku="S", warehouse="C", on_hand=Decimal(1),
        as_of=FRIDAY, asked_at=FRIDAY,
    )  # fmt: skip

    assert found(channel, Kind.ERP_SILENT, now=FRIDAY) == []


def test_stock_does_not_move_while_the_store_is_away_and_that_is_no_second_alarm(
    channel: Channel,
) -> None:
    make_changes(channel)
    Shop.objects.update(last_error="Access denied")

    assert [each.kind for each in alarms.look(channel, now=FRIDAY)] == [Kind.STORE_DOWN]


# -- The book of alarms


def make_destination(channel: Channel, **options: Any) -> AlertDestination:
    number = AlertDestination.objects.count()
    values = {"kind": AlertDestination.Kind.EMAIL, "name": f"guardia {number}"}
    return AlertDestination.objects.create(company=channel.company, **(values | options))


def finding(
    kind: Alert.Kind = Kind.SET_ASIDE, severity: Severity = Severity.WARNING, **options: Any
) -> Finding:
    reasons = options.pop("reasons", (Reason("It is %(how)s.", {"how": "so"}),))
    return Finding(kind=kind, severity=severity, reasons=reasons, **options)


def settle(channel: Channel, *findings: Finding, now: datetime = NOW) -> None:
    alarms.settle(channel, findings, kinds=frozenset(Kind), now=now)


def notices() -> list[tuple[str, str]]:
    rows = AlertNotice.objects.order_by("pk").values_list("event", "destination__name")
    return [(str(event), str(name)) for event, name in rows]


def test_an_alarm_opens_once_stays_while_it_lasts_and_closes_itself(channel: Channel) -> None:
    make_destination(channel)
    settle(channel, finding())
    settle(channel, finding(reasons=(Reason("Worse."),)), now=NOW + timedelta(minutes=1))

    row = Alert.objects.get()
    assert (row.first_at, row.last_at) == (NOW, NOW + timedelta(minutes=1))
    assert say(row.sentence) == "Worse."
    settle(channel, now=NOW + timedelta(minutes=2))
    row.refresh_from_db()
    assert (row.status, row.closed_at) == (Alert.Status.CLOSED, NOW + timedelta(minutes=2))
    assert notices() == [("opened", "guardia 0"), ("closed", "guardia 0")]


def test_each_destination_hears_of_what_is_severe_enough_for_it(channel: Channel) -> None:
    make_destination(channel, name="all")
    make_destination(channel, name="critical", least_severity=Severity.CRITICAL)
    make_destination(channel, name="off", enabled=False)
    make_destination(make_channel(), name="another company's")
    settle(channel, finding())
    settle(channel, finding(), finding(Kind.OVERSOLD, Severity.CRITICAL, key="S1"))

    assert notices() == [("opened", "all"), ("opened", "all"), ("opened", "critical")]


def test_an_alarm_that_becomes_critical_is_told_to_who_waits_for_that(channel: Channel) -> None:
    make_destination(channel, name="all")
    make_destination(channel, name="critical", least_severity=Severity.CRITICAL)
    settle(channel, finding())
    for _ in range(2):
        settle(channel, finding(severity=Severity.CRITICAL))

    assert notices() == [("opened", "all"), ("opened", "critical")]


def test_an_erp_that_is_away_is_told_once_however_many_stores_it_serves(
    channel: Channel,
) -> None:
    sister = make_channel(company=channel.company)
    make_destination(channel)
    for each in (channel, sister):
        settle(each, finding(Kind.ERP_DOWN, Severity.CRITICAL), finding(Kind.STORE_DOWN))

    assert Alert.objects.filter(kind=Kind.ERP_DOWN).count() == 2
    told = AlertNotice.objects.values_list("alert__channel", "alert__kind")
    assert sorted(told) == sorted([
        (channel.pk, "erp_down"), (channel.pk, "store_down"), (sister.pk, "store_down"),
    ])  # fmt: skip


def test_an_alarm_that_comes_and_goes_is_told_once(channel: Channel) -> None:
    make_destination(channel)
    for minute in range(0, 60, 2):
        settle(channel, finding(), now=NOW + timedelta(minutes=minute))
        settle(channel, now=NOW + timedelta(minutes=minute + 1))

    assert Alert.objects.count() == 1
    assert notices() == [("opened", "guardia 0"), ("closed", "guardia 0")]
    # That it is over is told when it has stayed over.
    over = AlertNotice.objects.get(event="closed")
    assert over.run_after == NOW + timedelta(minutes=59 + 10)


def test_an_alarm_that_comes_back_later_is_a_new_one(channel: Channel) -> None:
    make_destination(channel)
    settle(channel, finding())
    settle(channel, now=NOW + timedelta(minutes=1))
    settle(channel, finding(), now=NOW + timedelta(minutes=12))

    assert Alert.objects.count() == 2
    assert [event for event, _name in notices()] == ["opened", "closed", "opened"]


def test_an_alarm_that_was_told_to_be_over_does_not_come_back_in_silence(
    channel: Channel,
) -> None:
    make_destination(channel)
    settle(channel, finding())
    settle(channel, now=NOW + timedelta(minutes=1))
    AlertNotice.objects.filter(event="closed").update(attempts=1)
    settle(channel, finding(), now=NOW + timedelta(minutes=2))

    assert [event for event, _name in notices()] == ["opened", "closed", "opened"]


def test_a_destination_that_never_heard_of_it_is_not_told_that_it_is_over(
    channel: Channel,
) -> None:
    settle(channel, finding())
    make_destination(channel)
    settle(channel)

    assert notices() == []


def test_a_pause_leaves_the_alarms_about_stock_as_they_are(channel: Channel) -> None:
    differ(channel, 1)
    Shop.objects.update(last_error="Access denied")
    alarms.watch(channel, now=NOW)
    Channel.objects.update(mode=Channel.Mode.PAUSED)
    channel.refresh_from_db()
    Divergence.objects.update(status=Divergence.Status.HEALED)
    make_message(channel, run_after=ago(hours=1))
    alarms.watch(channel, now=NOW)

    assert set(Alert.objects.filter(status="open").values_list("kind", flat=True)) == {
        Kind.DIVERGENCE, Kind.STORE_DOWN, Kind.WAITING,
    }  # fmt: skip
    assert "The channel is paused" in say(Alert.objects.get(kind=Kind.WAITING).sentence)
    Channel.objects.update(mode=Channel.Mode.LIVE)
    channel.refresh_from_db()
    alarms.watch(channel, now=NOW)
    assert not Alert.objects.filter(status="open", kind=Kind.DIVERGENCE).exists()


def test_one_store_s_alarms_are_not_another_s(channel: Channel) -> None:
    sister = make_channel(company=channel.company)
    settle(channel, finding())
    settle(sister)

    assert [each.channel for each in alarms.open_alerts()] == [channel.name]
    assert alarms.open_alerts(sister) == []


def test_a_screen_gets_the_worst_first_in_words(channel: Channel) -> None:
    settle(channel, finding())
    settle(channel, finding(), finding(Kind.OVERSOLD, Severity.CRITICAL, key="S1"))

    worst, other = alarms.open_alerts()

    assert (worst.critical, other.critical) == (True, False)
    assert worst.sentence == "It is so."
    assert worst.link == f"/admin/sync/alert/{worst.id}/change/"


def test_an_alarm_is_seen_by_the_first_who_says_so(channel: Channel) -> None:
    settle(channel, finding())
    row = Alert.objects.get()
    ana, leo = User.objects.create_user("ana"), User.objects.create_user("leo")

    assert alarms.acknowledge(row, by=ana, now=NOW)
    assert not alarms.acknowledge(row, by=leo, now=NOW)

    settle(channel, finding())
    row.refresh_from_db()
    assert (row.acknowledged_by, row.acknowledged_at) == (ana, NOW)
    assert AuditEntry.objects.get().actor == ana


@pytest.mark.django_db(transaction=True)
def test_eight_watchers_open_one_alarm() -> None:
    channel = make_channel()
    make_destination(channel)
    make_message(channel, status=Status.PARKED)

    at_once(8, lambda _: alarms.watch(channel, now=NOW))

    assert Alert.objects.count() == 1
    assert notices() == [("opened", "guardia 0")]


# -- By itself


def test_a_store_is_watched_and_people_are_told_without_anybody_asking(channel: Channel) -> None:
    recurring.schedule_channel(channel)
    Recurring.objects.exclude(kind__in=[Job.WATCH, Job.NOTIFY]).delete()
    make_destination(channel)
    make_message(channel, status=Status.PARKED)

    while recurring.run_one():
        pass
    Recurring.objects.update(next_due=NOW)
    while recurring.run_one():
        pass

    assert Alert.objects.get().kind == Kind.SET_ASIDE
    # There is no address: it was tried.
    assert AlertNotice.objects.get().attempts == 1
    assert list(Recurring.objects.order_by("seconds").values_list("kind", "seconds")) == [
        (Job.NOTIFY, 5), (Job.WATCH, 30),
    ]  # fmt: skip


def test_a_paused_store_is_watched_and_nothing_else_of_it_runs(channel: Channel) -> None:
    Channel.objects.update(mode=Channel.Mode.PAUSED)
    for kind in (Job.WATCH, Job.RECONCILE_STOCK):
        make_job(channel, kind)

    while recurring.run_one():
        pass

    ran = Recurring.objects.exclude(last_ok_at=None)
    assert list(ran.values_list("kind", flat=True)) == [Job.WATCH]


# -- What it costs


def fill(channel: Channel, count: int) -> None:
    for number in range(count):
        sku = f"{StockPosition.objects.count()}-{number}"
        make_short(channel, sku, 1)
        sell(channel, sku, f"#{sku}")
        Divergence.objects.create(
            channel=channel, field=f"field {number % 4}", key=sku, expected="1", found="2",
            first_seen_at=ago(hours=1),
        )  # fmt: skip
        make_message(channel, status=Status.PARKED)
        make_message(channel, run_after=ago(hours=1))
        make_command(channel, run_after=ago(hours=1))
    ShopOrder.objects.update(placed_at=ago(days=1))


def test_a_look_asks_no_more_questions_where_there_is_more(
    channel: Channel, django_assert_max_num_queries: Any
) -> None:
    for _ in range(3):
        make_destination(channel)
    fill(channel, 4)
    with django_assert_max_num_queries(30) as few:
        alarms.watch(channel, now=NOW)
    fill(channel, 12)

    with django_assert_max_num_queries(len(few) + 1):
        alarms.watch(channel, now=NOW)
    assert AlertNotice.objects.count() == 3 * Alert.objects.count() > 50
    with django_assert_max_num_queries(len(few)):
        alarms.watch(channel, now=NOW)
