"""Servers and processes we bring ourselves, so that one command runs everything."""
