"""Produces OrganSeg's weights: from labelled scans to a model folder that the engine opens."""
