"""`python -m liuhen` is the command `liuhen`."""

from liuhen.cli import main

if __name__ == "__main__":
    main(prog_name="liuhen")
