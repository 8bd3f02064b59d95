"""The target that the user chose, in the panel's two selectors and in the parameters."""

from .target import parts_of


class TargetChoice:
    """A selector of nodes, and a list of the segments or points in the chosen one.

    Args:
        nodes: the ``qMRMLNodeComboBox``.
        parts: the ``QComboBox``.
        changed: called after the user chose something else.
    """

    def __init__(self, nodes, parts, changed) -> None:
        self._nodes, self._parts, self._changed = nodes, parts, changed
        self._parameters = None
        self._quiet = False
        nodes.connect("currentNodeChanged(vtkMRMLNode*)", self._on_node)
        parts.connect("currentIndexChanged(int)", self._on_part)

    def show(self, parameters) -> None:
        """Show what these parameters say, or nothing when None."""
        self._parameters = parameters
        self._quiet = True
        node = parameters.target if parameters else None
        self._nodes.setCurrentNode(node)
        self._parts.clear()
        for part, title in parts_of(node).items():
            self._parts.addItem(title, part)
        index = self._parts.findData(parameters.targetPart) if node else -1
        self._parts.setCurrentIndex(index)
        self._parts.enabled = self._parts.count > 0
        self._quiet = False

    def choose(self, node, part: str = "") -> None:
        """Take a target; its last part when none is named: the one that was made last."""
        parts = list(parts_of(node))
        self._parameters.target = node
        self._parameters.targetPart = part or (parts[-1] if parts else "")
        self._changed()

    def _on_node(self, node) -> None:
        if self._parameters and not self._quiet:
            self.choose(node)

    def _on_part(self, _index: int) -> None:
        if self._parameters and not self._quiet:
            self._parameters.targetPart = self._parts.itemData(self._parts.currentIndex) or ""
            self._changed()
