"""The ways to the time-stamping authorities, and the standing job that asks them."""
