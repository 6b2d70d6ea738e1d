"""Closures of units to stated places: writing them, the page that lists them, what other pages remind of."""
