"""Who looks at evidence, and why: how a person stands to a clip now, and purposes as stated."""
