"""`logloop test`: a file for each subject."""
