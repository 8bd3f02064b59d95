"""OrganSeg's engine: a CT study in, organ labels, surfaces and measurements out.

Nothing heavy is imported here: ``import OrganSegLib`` needs neither torch nor SimpleITK.
"""

__version__ = "0.1.0"
