"""Rules: conditions, evaluation, firing and back-tests."""
