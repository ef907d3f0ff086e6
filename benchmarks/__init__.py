"""Benchmarks, run from a checkout: ``python -m benchmarks.peers``, ``python -m benchmarks.translate``."""
