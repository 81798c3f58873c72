"""Visits every world that a model can reach, in the order of how many events it takes."""

from collections import deque
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

W = TypeVar("W", bound=Hashable)


@dataclass(frozen=True, kw_only=True)
class Found:
    """How many worlds there are, and a shortest story of each thing that went wrong."""

    worlds: int
    violations: dict[str, list[str]] = field(default_factory=dict)


def explore(
    start: W,
    steps: Callable[[W], Iterable[tuple[str, W]]],
    wrong: Callable[[W, list[tuple[str, W]]], Iterable[str]],
    *,
    stop_at_first: bool = False,
    most: int = 250_000,
) -> Found:
    came_from: dict[W, tuple[W, str] | None] = {start: None}
    queue = deque([start])
    violations: dict[str, list[str]] = {}
    while queue:
        world = queue.popleft()
        following = list(steps(world))
        for name in wrong(world, following):
            violations.setdefault(name, list(_story(came_from, world))[::-1])
        if violations and stop_at_first:
            break
        for name, after in following:
            if after not in came_from:
                came_from[after] = (world, name)
                queue.append(after)
        assert len(came_from) < most, "too many worlds to visit"
    return Found(worlds=len(came_from), violations=violations)


def _story(came_from: dict[W, tuple[W, str] | None], world: W) -> Iterator[str]:
    while (link := came_from[world]) is not None:
        world, name = link
        yield name


def bits(mask: int) -> Iterator[int]:
    """Return the numbers of the orders in a set of orders."""
    number = 0
    while mask:
        if mask & 1:
            yield number
        mask >>= 1
        number += 1
