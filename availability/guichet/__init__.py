"""Free places for a person's needs: the guichet unique and the map."""
