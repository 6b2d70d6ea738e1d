"""Which units may state their places: opening and closing them, the list, the Menu's entries, crisis mode."""
