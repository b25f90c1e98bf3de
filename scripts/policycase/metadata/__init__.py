"""Metadata for machines, from the descriptor, one module a form."""
