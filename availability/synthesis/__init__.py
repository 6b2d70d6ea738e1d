"""The regional synthesis: criteria, totals, the table in words, the units behind a cell, the workbook."""
