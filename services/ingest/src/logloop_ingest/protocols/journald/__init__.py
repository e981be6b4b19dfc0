"""The export format of systemd's journal, as systemd-journal-upload sends it."""
