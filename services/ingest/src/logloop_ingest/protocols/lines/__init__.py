"""Plain lines, JSON documents, and the forms of Python's HTTPHandler."""
