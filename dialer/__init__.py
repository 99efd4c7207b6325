"""An outbound campaign dialer with a job queue."""

__version__ = "0.1.0"
