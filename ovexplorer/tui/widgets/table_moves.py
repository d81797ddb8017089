"""Moving a cursor through rows, the same in every table."""

from __future__ import annotations


class TableMoves:
    """Actions that move a cursor; the table says where it is and puts it somewhere else."""

    @property
    def cursor_row(self) -> int:
        """Where the cursor is."""
        raise NotImplementedError

    @property
    def last_row(self) -> int:
        """The last row there is."""
        raise NotImplementedError

    @property
    def page_rows(self) -> int:
        """Rows in sight."""
        raise NotImplementedError

    def move_to(self, index: int) -> None:
        """Put the cursor on a row."""
        raise NotImplementedError

    def action_list_down(self) -> None:
        """Next row."""
        self.move_to(self.cursor_row + 1)

    def action_list_up(self) -> None:
        """Previous row."""
        self.move_to(self.cursor_row - 1)

    def action_list_first(self) -> None:
        """First row."""
        self.move_to(0)

    def action_list_last(self) -> None:
        """Last row."""
        self.move_to(self.last_row)

    def action_list_half_down(self) -> None:
        """Half a page down."""
        self.move_to(self.cursor_row + max(1, self.page_rows // 2))

    def action_list_half_up(self) -> None:
        """Half a page up."""
        self.move_to(self.cursor_row - max(1, self.page_rows // 2))

    def action_list_page_down(self) -> None:
        """A page down."""
        self.move_to(self.cursor_row + max(1, self.page_rows - 1))

    def action_list_page_up(self) -> None:
        """A page up."""
        self.move_to(self.cursor_row - max(1, self.page_rows - 1))
