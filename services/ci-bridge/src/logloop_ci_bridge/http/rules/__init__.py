"""Routes of rules, and of what rules started."""
