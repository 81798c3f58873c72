"""How fast, and how dear: counters are asserted, times are told as ratios."""
