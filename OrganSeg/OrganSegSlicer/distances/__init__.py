"""Distances from a lesion, or any other target in the scene, to the organs: measured, shown and followed."""
