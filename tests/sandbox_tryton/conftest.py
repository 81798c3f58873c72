"""The shared Tryton, and its page as a browser would reach it."""
