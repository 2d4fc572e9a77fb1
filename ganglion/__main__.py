"""``python -m ganglion``: the command line."""

from ganglion.cli import main

if __name__ == "__main__":
    main(prog_name="ganglion")
