"""The crash machine: the programs of a busy day are killed everywhere and started again."""
