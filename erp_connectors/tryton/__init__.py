"""Speaks Tryton 8.0 and newer over its JSON-RPC; in our words outside, in Tryton's inside."""
