"""EAN-13 numbers with the check digit that scanners demand."""


def check_digit(twelve: str) -> int:
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(twelve))
    return -total % 10


def ean13(serial: int) -> str:
    """Return the shop's number for its `serial`-th item: 84 is Spain, 36741 the company."""
    twelve = f"8436741{serial:05d}"
    return f"{twelve}{check_digit(twelve)}"
