"""Records that may describe the same thing: rules, weekly search, what people decided, merging (spec 30)."""
