"""The history of a unit's places: statements as known at a moment, pools it shared, chart, page and workbook."""
