"""Charts of a case or a stack, for notebooks and for the report."""
