"""How often flags cry wolf on good segmentations and miss broken ones: ``python -m Testing.trust``."""
