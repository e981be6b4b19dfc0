"""Reads the times in lines: their forms, their zones, and the moments that they mean."""
