"""The command `policycase`."""
