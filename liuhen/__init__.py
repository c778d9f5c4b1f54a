"""The command line, the settings and the one-machine supervisor; ties the rooms together and holds no rules."""
