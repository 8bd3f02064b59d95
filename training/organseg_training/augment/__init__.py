"""Augmentation for learning from few people: shape, contrast phase, lesions, scanner, painted images.

One sample costs one interpolation: all geometry is composed into one field of positions. Everything random
comes from the sample's own generator, so that sample ``n`` is the same in any process and after a resume.
"""

from .anatomy import Anatomy
from .augmenter import Augmenter

__all__ = ["Anatomy", "Augmenter"]
