"""The forms in which cases are given away: one module a form, each with `write(case, place)`."""
