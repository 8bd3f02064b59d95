"""Time of what a surgeon waits for after the network: ``python -m Testing.benchmarks.surgery``."""
