"""Log types: the text of messages without the words that have a digit, which are stored apart as values."""
