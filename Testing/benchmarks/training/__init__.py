"""How many patches a second a training learns from, beside a plain MONAI script's.

``python -m Testing.benchmarks.training``. Both learn with the same network from the same generated people, on
the same device, with the same patch and as many patches in a step, each in a process of its own, in turns.
"""
