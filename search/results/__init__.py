"""What the page of results shows: lines, figures, filters, map."""
