"""Saved views of the log viewer: searches with a time range and columns, personal or shared."""
