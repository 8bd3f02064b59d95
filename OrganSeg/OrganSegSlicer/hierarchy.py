"""Where nodes stand in the subject hierarchy, the tree of patients and studies in the module *Data*."""

import slicer


def place_beside(node, other_node) -> None:
    """Into the patient and study, or the folder, of the other node."""
    place_in(parent_of(other_node), node)


def place_in(parent: int, node) -> None:
    """Under an item; the node gets an item of its own where it has none."""
    hierarchy = tree()
    item = hierarchy.GetItemByDataNode(node)
    if item:
        hierarchy.SetItemParent(item, parent)
    else:
        hierarchy.CreateItem(parent, node)


def parent_of(node) -> int:
    """The item that the node stands under, that of the scene where it stands under none."""
    hierarchy = tree()
    item = hierarchy.GetItemByDataNode(node)
    return hierarchy.GetItemParent(item) if item else hierarchy.GetSceneItemID()


def remove(node) -> None:
    """Take a node out of the scene, and its item with it."""
    slicer.mrmlScene.RemoveNode(node)
    if item := tree().GetItemByDataNode(node):  # the application removes it by itself
        tree().RemoveItem(item, False)


def tree():
    """The scene's hierarchy node."""
    return slicer.mrmlScene.GetSubjectHierarchyNode()
