"""The Spanish catalogues: complete, and compiled from what is written."""

import ast
import gettext
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
CATALOGUES = sorted((ROOT / "config" / "locale").rglob("*.po"))
LINE = re.compile(r'(?:(msgid|msgid_plural|msgstr)(?:\[(\d)\])? )?(".*")')
Entry = dict[str, str]


def read(path: Path) -> list[Entry]:
    """Return the entries of a catalogue, without its heading."""
    entries: list[Entry] = []
    name = ""
    for line in path.read_text(encoding="utf-8").splitlines():
        match = LINE.fullmatch(line)
        if not match:
            continue
        if match[1] == "msgid":
            entries.append({})
        if match[1]:
            name = match[1] + (match[2] or "")
        entries[-1][name] = entries[-1].get(name, "") + ast.literal_eval(match[3])
    return [entry for entry in entries if entry["msgid"]]


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.parts[-4])
def test_every_sentence_has_its_translation(path: Path) -> None:
    untranslated = [
        entry["msgid"]
        for entry in read(path)
        if not all(text for name, text in entry.items() if name.startswith("msgstr"))
    ]

    assert untranslated == []
    assert "fuzzy" not in path.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.parts[-4])
def test_the_compiled_catalogue_is_that_of_the_text(path: Path) -> None:
    with path.with_suffix(".mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)

    for entry in read(path):
        if "msgid_plural" in entry:
            given = [compiled.ngettext(entry["msgid"], entry["msgid_plural"], n) for n in (1, 2)]
            assert given == [entry["msgstr0"], entry["msgstr1"]]
        else:
            assert compiled.gettext(entry["msgid"]) == entry["msgstr"]


PLACE = re.compile(r"%\(\w+\)s|%s|<\w+>")


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.parts[-4])
def test_a_translation_has_the_places_of_its_source(path: Path) -> None:
    for entry in read(path):
        for name, text in entry.items():
            if name.startswith("msgstr"):
                assert sorted(PLACE.findall(text)) == sorted(PLACE.findall(entry["msgid"]))


@pytest.mark.skipif(
    not shutil.which("xgettext") and not os.environ.get("PUENTE_NOTHING_SKIPPED"),
    reason="no xgettext here; .ci/run installs it",
)
def test_no_sentence_of_the_code_is_missing(tmp_path: Path) -> None:
    packages = ("sync", "mapping", "shopify_app", "erp_connectors", "config")
    files = [str(path) for name in packages for path in (ROOT / name).rglob("*.py")]
    command = ["xgettext", "--language=Python", "--from-code=UTF-8", "--output=-"]
    keywords = [f"--keyword={name}" for name in ("_", "gettext_lazy", "gettext")]
    found = subprocess.run([*command, *keywords, *files], check=True, capture_output=True)
    (tmp_path / "found.po").write_bytes(found.stdout)

    known = {entry["msgid"] for path in CATALOGUES for entry in read(path)}
    missing = {entry["msgid"] for entry in read(tmp_path / "found.po")} - known

    assert missing == set()
