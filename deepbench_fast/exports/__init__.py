"""Other formats: a dataset as arrays, pictures, FITS, CSV or Parquet, one module each."""
