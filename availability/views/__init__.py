"""Pages of availability."""
