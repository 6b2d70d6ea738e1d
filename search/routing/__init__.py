"""How long it takes to go from the starting point to a result."""
