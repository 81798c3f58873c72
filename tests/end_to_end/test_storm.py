"""Stock that never oversells: a short storm, and bridges that do not survive one.

The whole storm is in tests/soak/test_storm.py. `STORM_SEED` repeats a day.
"""

import os
from pathlib import Path
from typing import Any

import pytest

from tests.soak.storm_broken import BROKEN, whole
from tests.soak.storm_run import Place, play, rage

# One known day here; `make soak` tries another one each time.
SEED = int(os.environ.get("STORM_SEED") or 1)


@pytest.fixture
def place(
    transactional_db: None, settings: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Place:
    return Place(folder=tmp_path, settings=settings, monkeypatch=monkeypatch)


def test_a_short_storm_keeps_every_promise(place: Place) -> None:
    found = rage(place, seed=SEED, seconds=30, skus=200)

    assert not any(found.values()), f"STORM_SEED={SEED} brings this back: {found}"


def test_a_bridge_without_one_of_its_habits_is_found_out(place: Place) -> None:
    """Each plays the same moments; all but the one that is whole get something wrong."""
    found = play(place, (whole, *BROKEN))

    assert found[whole] == []
    assert [bridge.__name__ for bridge in BROKEN if not found[bridge]] == []
