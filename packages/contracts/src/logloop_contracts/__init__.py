"""The shapes that cross a process boundary in Logloop."""
