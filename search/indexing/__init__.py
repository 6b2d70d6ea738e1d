"""The tables that a search reads: documents, suggestions, lexicon; written at each write of the lower apps."""
