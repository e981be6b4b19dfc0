"""The language of searches: from the text to a filter, and what its terms mean."""
