"""The subcommands of `liuhen`, one module each. They parse, call and print; the work is done in the rooms."""
