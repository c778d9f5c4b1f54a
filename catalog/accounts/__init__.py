"""Accounts: inviting, granting roles, closing; by three administrations that check one another (R2.12)."""
