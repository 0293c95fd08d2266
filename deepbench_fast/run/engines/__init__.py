"""What fills a file."""
