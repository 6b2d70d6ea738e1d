"""The history of a unit's places: its statements as known at a moment, the pools it shared, the chart, page and workbook."""
