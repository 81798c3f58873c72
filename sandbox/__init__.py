"""Stand-ins for the outside world, for demo and tests; the product never imports them."""
