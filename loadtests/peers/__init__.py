"""Contenders of the benchmark: each offers the same flow in its own way."""
