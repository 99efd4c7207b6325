"""The wire to the customer's own systems, over which results are sent."""
