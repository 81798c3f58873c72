"""What the demo's shop sells: shoes, clothes and accessories, typed in by hand."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

FAMILIES = [
    ("CAL", "Calzado", None),
    ("CAL-ZAP", "Zapatos", "CAL"),
    ("CAL-DEP", "Zapatillas deportivas", "CAL"),
    ("CAL-BOT", "Botas y botines", "CAL"),
    ("CAL-SAN", "Sandalias y alpargatas", "CAL"),
    ("ROP", "Ropa", None),
    ("ROP-CAM", "Camisetas y camisas", "ROP"),
    ("ROP-PAN", "Pantalones", "ROP"),
    ("ROP-VES", "Vestidos y faldas", "ROP"),
    ("ROP-ABR", "Abrigos y punto", "ROP"),
    ("COM", "Complementos", None),
    ("COM-BOL", "Bolsos y carteras", "COM"),
    ("COM-VAR", "Cinturones, gorros y bufandas", "COM"),
    ("COM-CUI", "Cuidado del calzado", "COM"),
]

GRIDS = {
    "CAB": "39 40 41 42 43 44 45",
    "SRA": "36 37 38 39 40 41",
    "NIN": "28 29 30 31 32 33",
    "LET": "XS S M L XL XXL",
    "PAN": "38 40 42 44 46 48",
    "CIN": "85 95 105",
    "UNI": "",
}

COLOURS = {
    "NEG": ("Negro", "#111111"),
    "BLA": ("Blanco", "#FFFFFF"),
    "MAR": ("Marrón", "#6B3E26"),
    "CUE": ("Cuero", "#A9622D"),
    "AZM": ("Azul marino", "#1B2A49"),
    "CEL": ("Azul celeste", "#8EC5E8"),
    "ROJ": ("Rojo", "#C0272D"),
    "VER": ("Verde botella", "#1F4D3A"),
    "GRI": ("Gris perla", "#B8B8B8"),
    "BEI": ("Beige", "#D9C7A3"),
    "MOS": ("Mostaza", "#D4A017"),
    "BUR": ("Burdeos", "#6D1A36"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """An article as a buyer would describe it; `sizes` empty means one size only."""

    code: str
    name: str
    family: str
    brand: str
    season: str
    gender: str
    grid: str
    sizes: tuple[str, ...]
    colours: tuple[str, ...]
    price: Decimal
    grams: int
    composition: str
    heel_mm: int | None = None
    waterproof: bool = False
    tax: str = "GENERAL"
    on_web: bool = True
    # Of a kit: how many of which item it takes from the shelf.
    components: tuple[tuple[str, int], ...] = ()


ARTICLES = Path(__file__).with_name("articulos.csv")


def articles() -> list[Article]:
    """Return every article, in the order of the catalogue."""
    with ARTICLES.open(encoding="utf-8", newline="") as file:
        return [_article(row) for row in list(csv.reader(file, delimiter=";"))[1:]]


def _article(row: list[str]) -> Article:
    code, name, family, brand, season, gender, grid, colours, price, grams, made_of, extra = row
    extras = dict(part.partition("=")[::2] for part in extra.split(",") if part)
    return Article(
        code=code,
        name=name,
        family=family,
        brand=brand,
        season=season,
        gender=gender,
        grid=grid.split()[0],
        sizes=tuple(grid.split()[1:]),
        colours=tuple(colours.split()),
        price=Decimal(price),
        grams=int(grams),
        composition=made_of,
        heel_mm=int(extras["heel"]) if "heel" in extras else None,
        waterproof="waterproof" in extras,
        tax=extras.get("tax", "GENERAL"),
        on_web="off" not in extras,
        components=tuple(_components(extras.get("kit", ""))),
    )


def _components(text: str) -> Iterator[tuple[str, int]]:
    """Read "SKU:2+OTHER:1"."""
    for part in text.split("+") if text else ():
        sku, _, quantity = part.partition(":")
        yield sku, int(quantity)
