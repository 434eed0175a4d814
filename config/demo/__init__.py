"""Believable invented data with a history that the rules themselves have drawn; bulk-written, so that it can grow."""
