"""The frozen answer to who, whether and what: one Parquet row for each row of the list."""
