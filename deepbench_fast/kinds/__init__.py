"""What a sample can hold: one declaration per kind."""
