"""Views for analysis: plain frames made of the tables of one or many cases."""
