"""Rules: pure functions from facts to answers, without database or clock."""
