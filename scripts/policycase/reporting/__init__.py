"""The report: one page that holds a case or a stack, each value with the passages it rests on."""
