"""Time and memory of OrganSeg beside its peers: ``python -m Testing.benchmarks``.

Every contestant reads the same file in a process of its own and writes labels. This package imports nothing
heavy: a child's peak memory counts from its parent's at the fork.
"""
