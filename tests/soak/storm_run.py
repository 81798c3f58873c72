"""One storm from beginning to end, and what the checker has to say about it."""

import sys
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.soak import storm_wire
from tests.soak.storm import Storm
from tests.soak.storm_broken import whole
from tests.soak.storm_cases import CASES, Stage
from tests.soak.storm_checker import oversold, restless, unequal
from tests.soak.storm_record import StormRecord, collect
from tests.soak.storm_story import around, belief, story
from tests.soak.storm_world import RECONCILE, WAREHOUSES, StormWorld, storm_world

# What nobody could have told a store sooner: the ERP's poll, company, the call.
WINDOW = 10.0
# One warehouse is sold by all stores from the whole of it, the other is divided.
SHARES = ({"TIENDA": 40}, {"TIENDA": 40}, {"TIENDA": 20})
CYCLES = 3

Bridge = Callable[[pytest.MonkeyPatch], AbstractContextManager[None]]


def say(text: str) -> None:
    sys.stdout.write(f"{time.strftime('%H:%M:%S')} {text}\n")
    sys.stdout.flush()


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a storm can rage: what every test of it has to bring along."""

    folder: Path
    settings: Any
    monkeypatch: pytest.MonkeyPatch


def rage(
    at: Place,
    *,
    seed: int,
    seconds: float,
    skus: int,
    outage: tuple[float, float] = (3, 7),
    bridge: Bridge = whole,
) -> dict[str, list[str]]:
    """Let a storm rage over a bridge, and return what was found, by the promise broken."""
    say(f"STORM_SEED={seed}")
    with (
        storm_world(
            at.folder, at.settings, at.monkeypatch, seed=seed, skus=skus, shares=SHARES
        ) as world,
        bridge(at.monkeypatch),
    ):
        say("both sides are connected and loaded")
        storm = Storm(world=world, seed=seed, outage=outage)
        storm_wire.tap(
            at.monkeypatch, before_erp=world.look_at_the_clock, meanwhile=storm.meanwhile
        )
        begin = world.clock.step()
        storm.rage(seconds)
        say(_show(storm))
        storm.calm()
        return _judge(world, storm, begin)


def _show(storm: Storm) -> str:
    """Return what happened, in one line; the same for the same seed."""
    post = storm.world.post
    acts = ", ".join(f"{name} {n}" for name, n in sorted(storm.done.items()))
    return (
        f"{acts}; {post.carried} notices, {post.lost} lost, {post.doubled} doubled,"
        f" {post.shuffled} late"
    )


def _judge(world: StormWorld, storm: Storm, begin: datetime) -> dict[str, list[str]]:
    world.settle()
    world.all_comes_round()
    world.settle()
    quiet = world.clock.step()
    for _ in range(CYCLES):
        world.all_comes_round()
        world.settle()
    record = collect(
        world.shops,
        world.erp.url,
        WAREHOUSES,
        shares=_parts(world),
        outages=storm.outages,
        told=world.post.told,
    )
    found = {
        "I4 no oversale": oversold(record, since=begin, window=WINDOW, sweep=RECONCILE),
        "I5 convergence": unequal(record),
        "I6 silence": restless(record, since=quiet),
    }
    say(f"judged {len(record.actions)} actions and {len(record.entries)} entries")
    for name, findings in found.items():
        say(f"{name}: {len(findings) or 'holds'}")
        for finding in findings[:10]:
            say(f"    {finding}")
    _tell(record, [*found["I4 no oversale"][:3], *found["I5 convergence"][:3]])
    return found


def _tell(record: StormRecord, findings: Sequence[str]) -> None:
    """Print how the first findings came about."""
    for finding in findings:
        say(finding)
        words = [word.strip(",:") for word in finding.split()]
        sku = next(word for word in words if word.startswith("T-"))
        warehouse = next(word for word in words if word in WAREHOUSES)
        for line in [*around(story(record, sku, warehouse), finding), *belief(sku)]:
            say(f"        {line}")
    for begun, over in record.outages if findings else ():
        say(f"    broken on purpose from {begun:%H:%M:%S} to {over:%H:%M:%S}")


def _parts(world: StormWorld) -> dict[tuple[str, str], int]:
    return {
        (shop.domain, warehouse): percent
        for shop, parts in zip(world.shops, SHARES, strict=True)
        for warehouse, percent in parts.items()
    }


def play(at: Place, bridges: Sequence[Bridge]) -> dict[Bridge, list[str]]:
    """Have every bridge play every case, and return what was found of each.

    Nothing is compared by the clock meanwhile: what a bridge does wrong stays wrong.
    """
    with storm_world(
        at.folder,
        at.settings,
        at.monkeypatch,
        seed=1,
        skus=len(CASES) * len(bridges),
        shares=({},),
        reconcile=86_400,
    ) as world:
        stage = Stage(world=world)
        storm_wire.tap(
            at.monkeypatch, before_erp=world.look_at_the_clock, meanwhile=stage.meanwhile
        )
        found = {}
        for number, bridge in enumerate(bridges):
            first = number * len(CASES) + 1
            skus = [f"T-{n:04}" for n in range(first, first + len(CASES))]
            with at.monkeypatch.context() as patch, bridge(patch):
                found[bridge] = _play(stage, skus)
        return found


def _play(stage: Stage, skus: Sequence[str]) -> list[str]:
    world = stage.world
    begin = world.clock.step()
    for case, sku in zip(CASES, skus, strict=True):
        case(stage, sku)
    world.settle()
    record = collect(world.shops, world.erp.url, WAREHOUSES, shares={})
    findings = oversold(record, since=begin, window=WINDOW) + unequal(record)
    return [each for each in findings if any(sku in each for sku in skus)]
