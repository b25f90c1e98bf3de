"""The stages of validation, each a module that takes a package and gives findings."""
