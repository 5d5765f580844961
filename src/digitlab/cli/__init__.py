"""The shell: parse, call the library, print."""

__all__ = ["main"]


def main() -> None:
    """Run the command line and exit with its code."""
    import sys

    from digitlab.cli.app import run

    sys.exit(run())
