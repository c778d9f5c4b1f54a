"""历史资料: footage from before this system, taken in with its known history; its provenance before receipt is not proven."""
