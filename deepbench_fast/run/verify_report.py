"""What `verify` found."""

from __future__ import annotations

from dataclasses import dataclass, field

from deepbench_fast.errors import MismatchError


@dataclass(frozen=True)
class Difference:
    """One value that is not the one that generating again gives: `sample` is its number in the whole dataset, `row` the
    row of the array or table `name` in the file, `column` the column of a table, or the place in an array's row."""

    sample: int
    name: str
    row: int
    column: str
    found: str
    expected: str

    def __str__(self) -> str:
        return f"sample {self.sample}: /{self.name}[{self.row}] {self.column}: {self.found}, not {self.expected}"


@dataclass(frozen=True)
class Report:
    """What `verify` found; chunks are numbered from the file's first.

    `differences` has the first one of each chunk that was generated again: in its tables, or else in its data;
    `unreadable` what is wrong with files that can't be read, where that was no reason to stop, and `unread` their
    chunks.
    """

    chunks: int
    unfinished: list[int] = field(default_factory=list)
    wrong_digest: list[int] = field(default_factory=list)
    wrong_data: list[int] = field(default_factory=list)
    wrong_tables: list[int] = field(default_factory=list)
    regenerated: int = 0
    differences: list[Difference] = field(default_factory=list)
    unread: list[int] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)

    @property
    def same(self) -> bool:
        """Whether nothing differs."""
        return not (self.unread or self.unfinished or self.wrong_digest or self.wrong_data or self.wrong_tables)

    def raise_if_different(self) -> None:
        """Raise MismatchError, naming the chunks that differ, and the first value that does where it is known."""
        known = [*self.unreadable, *self.differences]
        first = f"; the first: {known[0]}" if known else ""
        for chunks, what in (
            (self.unread, "can't be read"),
            (self.unfinished, "not finished"),
            (self.wrong_digest, "bytes differ from their digest"),
            (self.wrong_data, "rendering the tables again gives other bits"),
            (self.wrong_tables, "drawing again gives other tables"),
        ):
            if chunks:
                shown = ", ".join(map(str, chunks[:20])) + (", ..." if len(chunks) > 20 else "")
                raise MismatchError(f"{len(chunks)} of {self.chunks} chunks: {what}: {shown}{first}")
