"""What the company sells: models, colours, sizes and prices, as plain data."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

COLOURS = {
    "negro": ("Negro", "NEG"),
    "blanco": ("Blanco", "BLA"),
    "rojo": ("Rojo", "ROJ"),
    "azul_marino": ("Azul marino", "AZM"),
    "camel": ("Camel", "CAM"),
    "verde": ("Verde botella", "VER"),
    "rosa": ("Rosa palo", "ROS"),
    "plata": ("Plata", "PLA"),
}
SIZES = [*(str(n) for n in range(35, 46)), "XS", "S", "M", "L", "XL", "85", "95"]


@dataclass(frozen=True, kw_only=True)
class Family:
    prefix: str
    name: str
    parent: str
    sizes: tuple[str, ...]
    material: str
    heel: str
    grams: int
    tax: str
    models: tuple[tuple[str, str, str], ...]  # name, colours, price with IVA


FAMILIES = (
    Family(
        prefix="ZM", name="Zapatos de mujer", parent="Calzado", sizes=("37", "38", "39"),
        material="Piel de vacuno", heel="6.5", grams=620, tax="21",
        models=(
            ("Salón Alba", "negro rojo", "79.95"),
            ("Salón Carmen", "negro camel", "84.95"),
            ("Mocasín Lola", "camel azul_marino", "69.95"),
            ("Bailarina Sara", "rosa negro", "49.95"),
            ("Slingback Inés", "blanco rojo", "74.95"),
            ("Merceditas Julia", "azul_marino plata", "59.95"),
        ),
    ),
    Family(
        prefix="ZH", name="Zapatos de hombre", parent="Calzado", sizes=("41", "42", "43"),
        material="Piel de becerro", heel="2.5", grams=890, tax="21",
        models=(
            ("Oxford Miguel", "negro camel", "119.95"),
            ("Blucher Tomás", "negro azul_marino", "109.95"),
            ("Mocasín Andrés", "camel verde", "89.95"),
            ("Náutico Bruno", "azul_marino blanco", "74.95"),
        ),
    ),
    Family(
        prefix="BO", name="Botas y botines", parent="Calzado", sizes=("37", "38", "40"),
        material="Serraje", heel="4", grams=1150, tax="21",
        models=(
            ("Bota Jara", "negro camel", "139.95"),
            ("Botín Chelsea Leo", "negro verde", "99.95"),
            ("Botín Cowboy Rita", "camel blanco", "129.95"),
            ("Bota de agua Mar", "azul_marino rojo", "39.95"),
        ),
    ),
    Family(
        prefix="DE", name="Zapatillas", parent="Calzado", sizes=("38", "40", "42", "44"),
        material="Lona y caucho", heel="3", grams=700, tax="21",
        models=(
            ("Zapatilla Urbana", "blanco negro", "64.95"),
            ("Zapatilla Retro 82", "blanco verde", "79.95"),
            ("Zapatilla Plataforma", "blanco rosa", "69.95"),
            ("Zapatilla Trail Sierra", "negro rojo", "94.95"),
            ("Zapatilla Lona Playa", "azul_marino rojo", "34.95"),
        ),
    ),
    Family(
        prefix="SA", name="Sandalias", parent="Calzado", sizes=("37", "39"),
        material="Piel", heel="5", grams=410, tax="21",
        models=(
            ("Sandalia Formentera", "camel plata", "54.95"),
            ("Sandalia Cuña Nerja", "negro camel", "62.95"),
            ("Alpargata Menorca", "blanco azul_marino", "44.95"),
            ("Sandalia Tacón Luna", "plata negro", "72.95"),
        ),
    ),
    Family(
        prefix="VE", name="Vestidos", parent="Moda", sizes=("S", "M", "L", "XL"),
        material="Viscosa", heel="", grams=320, tax="21",
        models=(
            ("Vestido Camisero Ana", "azul_marino", "59.95"),
            ("Vestido Midi Flor", "rosa", "69.95"),
            ("Vestido Punto Olga", "verde", "64.95"),
            ("Vestido Fiesta Noche", "negro", "129.95"),
        ),
    ),
    Family(
        prefix="CA", name="Camisetas", parent="Moda", sizes=("S", "M", "L"),
        material="Algodón orgánico", heel="", grams=180, tax="21",
        models=(
            ("Camiseta Básica", "blanco negro", "14.95"),
            ("Camiseta Rayas Marinera", "azul_marino rojo", "19.95"),
            ("Camiseta Cuello Pico", "blanco verde", "16.95"),
            ("Camiseta Oversize", "negro rosa", "22.95"),
            ("Camiseta Manga Larga", "negro azul_marino", "24.95"),
        ),
    ),
    Family(
        prefix="BL", name="Bolsos", parent="Complementos", sizes=(),
        material="Piel de vacuno", heel="", grams=760, tax="21",
        models=(
            ("Bolso Shopper Vega", "negro camel", "149.95"),
            ("Bandolera Mía", "rojo negro", "89.95"),
            ("Mochila Piel Norte", "camel verde", "129.95"),
            ("Cartera de mano Gala", "plata rosa", "59.95"),
            ("Riñonera Rut", "negro azul_marino", "45.95"),
        ),
    ),
    Family(
        prefix="CI", name="Cinturones", parent="Complementos", sizes=("85", "95"),
        material="Piel", heel="", grams=190, tax="21",
        models=(
            ("Cinturón Clásico", "negro", "29.95"),
            ("Cinturón Trenzado", "camel", "34.95"),
            ("Cinturón Reversible", "azul_marino", "39.95"),
        ),
    ),
    Family(
        prefix="CU", name="Cuidado del calzado", parent="Complementos", sizes=(),
        material="", heel="", grams=120, tax="21",
        models=(("Crema incolora 50 ml", "", "6.95"), ("Spray impermeabilizante", "", "11.95")),
    ),
    Family(
        prefix="LI", name="Libros", parent="Regalo", sizes=(),
        material="", heel="", grams=540, tax="4",
        models=(("Historia del zapato español", "", "24.90"),),
    ),
    Family(
        prefix="GO", name="Gourmet", parent="Regalo", sizes=(),
        material="", heel="", grams=300, tax="10",
        models=(("Caja de bombones de Elda", "", "12.50"),),
    ),
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Kit:
    """What is sold together for one price and has no stock of its own."""

    code: str
    name: str
    price: str
    components: tuple[tuple[str, int], ...]


KITS = (
    Kit(code="ZZ001", name="Estuche de cuidado: crema y spray", price="16.95",
        components=(("CU001", 1), ("CU002", 1))),
    Kit(code="ZZ002", name="Lote de 3 cremas incoloras", price="18.95",
        components=(("CU001", 3),)),
)  # fmt: skip


def ean13(number: int) -> str:
    """Return an EAN with Spain's prefix and the right check digit."""
    digits = f"84{number:010d}"
    weighed = sum(int(d) * (3 if place % 2 else 1) for place, d in enumerate(digits))
    return digits + str(-weighed % 10)


def net_price(gross: str, tax: str) -> Decimal:
    """Return the price before tax, with the four decimals that lead back to the gross one."""
    return (Decimal(gross) / (1 + Decimal(tax) / 100)).quantize(Decimal("0.0001"))


def variants(family: Family, colours: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield each variant's code suffix and its axes."""
    for colour in colours.split() or [""]:
        for size in family.sizes or ("",):
            axes = {name: key for name, key in (("color", colour), ("talla", size)) if key}
            parts = [COLOURS[colour][1]] if colour else []
            yield "".join(f"-{p}" for p in [*parts, *([size] if size else [])]), axes
