"""Loki's query language and answers, over the search of this service. Nothing here does input or output."""
