"""The page of accuracies and the tests agree: each row names a test that reads it."""

from __future__ import annotations

from tests.accuracy.stated import PAGES, TEST, rows

HERE = PAGES.parents[2] / "tests" / "accuracy"


def test_each_row_names_a_test_that_reads_it():
    for quantity, cells in rows().items():
        file, _, function = cells[TEST].strip("`").partition("::")
        text = (HERE / file).read_text("utf-8")
        assert f"def {function}(" in text, quantity
        assert quantity.partition(",")[0] in text, quantity  # what comes after a comma may be filled in
