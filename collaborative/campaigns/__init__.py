"""Campaigns: support asks a list of EGs to describe their offer, and follows them (spec 30, Campaigns)."""
