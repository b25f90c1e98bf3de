"""What a case is: profile, package, tables, casebook, stack, dates, provenance."""
