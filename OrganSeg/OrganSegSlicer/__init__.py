"""What OrganSeg.py needs of Slicer: volumes in, segmentations out, a panel, a child behind Qt's event loop.

`OrganSegLib` never imports Slicer; this package does, and holds no computation of its own.
"""
