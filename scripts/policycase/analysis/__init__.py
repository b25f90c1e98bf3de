"""Views of a case and comparisons of several."""
