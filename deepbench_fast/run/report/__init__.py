"""What a dataset is, on one page: `report` writes it as HTML or as a Markdown card."""
