"""Pools: units that share their places; making and undoing them, their forms."""
