"""The trailing exits: one module each, described by its literal `EXIT_META`."""
