"""Many tasks on many cores: in this process, in processes of this machine, or on a Dask cluster; the same results."""
