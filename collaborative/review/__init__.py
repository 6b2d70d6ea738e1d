"""Review by SESAN: the queue, what is decided of each field, the checks, the risk (spec 30, Validating)."""
