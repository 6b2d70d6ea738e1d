"""The search log: counting texts, reading them, mending what finds nothing."""
