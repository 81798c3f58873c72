"""What to look at in the demo, and what to try."""

from pathlib import Path

from sandbox.demo import screen
from sandbox.demo.erps import Erp
from sandbox.demo.product import STORE, USER


def show(
    *,
    web: str,
    store: str,
    embedded: str,
    erp: Erp,
    password: str,
    api_key: str,
    by_hand: Path,
) -> None:
    """Print the addresses and a first thing to do at each."""
    screen.say(
        f"""
  Puente      {web}/admin/   user {USER}, password {password}
                What waits, what went wrong and why; approve a correction, replay a message.
  The store   {store}
                Buy something. Seconds later the order is in the ERP, with the same total.
  The ERP     {erp.page}
                Change stock or a price, ship an order: the store follows.
  In Shopify  {embedded}
                The page that merchants see inside Shopify's own admin.
  API         {web}/api/docs/   key {api_key}
                For an ERP that prefers to call us.
  By hand     {by_hand} explain variant SKU available --store {STORE}

  Ctrl-C stops everything. `make demo` starts it again where it was; `make clean` forgets it.
"""
    )
