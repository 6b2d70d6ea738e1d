"""Places as people write them: names, pasted lists, territories as codes, the position of an address."""
