"""The commands that send lines: of files and streams, and of programs that they run."""
