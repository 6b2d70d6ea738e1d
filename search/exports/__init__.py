"""The results as a file: what is written and how it is sent."""
