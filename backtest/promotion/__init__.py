"""A finished run becomes the manifest that the daily programs trade under."""
