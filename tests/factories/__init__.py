"""Factories of every model, with traits. Reference rows (terms, communes) are got or made from the fixtures' lines."""
