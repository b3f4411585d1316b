"""A `requests` transport adapter that answers from an open exchange instead of the network."""
