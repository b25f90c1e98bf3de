"""A case for citation, search engines and repositories."""
