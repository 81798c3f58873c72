"""A whole small world for the tests that need both sides."""

from tests.end_to_end.conftest import (
    articles,
    erp,
    erp_template,
    installation,
    shop,
    store_server,
    world,
)

__all__ = ["articles", "erp", "erp_template", "installation", "shop", "store_server", "world"]
