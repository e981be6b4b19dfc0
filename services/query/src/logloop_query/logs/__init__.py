"""Stores, searches, follows, exports and edits logs."""
