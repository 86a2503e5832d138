"""Measured figures: `python -m benchmarks list`, `python -m benchmarks run NAME [--json FILE]`."""
