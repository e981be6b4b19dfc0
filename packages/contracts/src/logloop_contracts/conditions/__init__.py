"""The conditions of rules: CEL over known names, checked and evaluated (extra `conditions`)."""
