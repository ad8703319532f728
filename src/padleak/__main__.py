"""`python -m padleak` is the command line."""

from padleak.cli import main

if __name__ == "__main__":
    main()
