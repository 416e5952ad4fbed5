"""Benchmarks: each a script with `--help`; figures are ratios from one run."""
