"""What the panel's tables have in common: short headings that say more when the mouse rests on them."""

import qt

ROW_HEIGHT = 22


def set_headings(widget, headings: list[tuple[str, str]]) -> None:
    """Give a ``QTableWidget`` its columns.

    Args:
        widget: the table.
        headings: title and explanation of each column.
    """
    widget.setColumnCount(len(headings))
    for column, (title, explanation) in enumerate(headings):
        item = qt.QTableWidgetItem(title)
        item.setToolTip(explanation)
        widget.setHorizontalHeaderItem(column, item)
    widget.horizontalHeader().setSectionResizeMode(qt.QHeaderView.ResizeToContents)
    widget.verticalHeader().setVisible(False)
    widget.verticalHeader().setDefaultSectionSize(ROW_HEIGHT)
