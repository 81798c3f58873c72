"""Stand-ins for the outside world, used by the demo and the tests; the product never imports them."""
