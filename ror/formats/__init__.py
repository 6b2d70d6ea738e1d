"""Formats of dates where Django itself writes them, as in the back office."""
