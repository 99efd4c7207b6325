"""Rules: pure functions over plain values. No SQL, no HTTP, no clock, no environment."""
