"""Making a case: a new folder, the workbook, generated files."""
