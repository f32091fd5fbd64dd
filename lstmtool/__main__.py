"""`python -m lstmtool`, the same as `lstmtool`."""

from lstmtool.cli.main import main

main()
