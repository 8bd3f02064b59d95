"""What the child does for 3D Slicer besides segmenting; one module for each errand, as asked and as done."""
