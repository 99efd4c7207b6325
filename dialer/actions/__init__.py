"""Use cases, one verb per module. The only place where transactions begin and end."""
