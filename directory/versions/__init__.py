"""The past of a record as people read it: acts in words, differences, an earlier state put back."""
