"""The page where places are stated: its units, rows and forms, saving what it sent, « Tout confirmer »."""
