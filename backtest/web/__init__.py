"""Reads over HTTP: the door to hosts of market data, and their keys. The broker of `live` goes through it too."""
