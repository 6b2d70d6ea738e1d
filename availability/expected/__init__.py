"""Places announced for a day: writing them, their words, their forms."""
