"""A real Tryton 8.2 with a Spanish fashion company in it, for the demo and the tests.

It knows nothing of the product: the two meet over HTTP.
"""
