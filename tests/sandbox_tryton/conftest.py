"""The shared Tryton, and its page as a browser would reach it."""

from tests.tryton_server import pg_url, tryton

__all__ = ["pg_url", "tryton"]
