"""The commands of `policycase`, one function each, by what they do."""
