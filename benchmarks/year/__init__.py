"""A year of simulated nights: three platforms that people change and that fail, and an oracle after every night.

`python -m benchmarks.year --seed 7 --nights 30` replays one seed; `python -m benchmarks run year` is the
long run, which can be killed and started again.
"""
