"""Compares the steps of units of work before and in a window: broken steps and slow ones."""
