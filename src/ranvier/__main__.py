"""``python -m ranvier`` is the command ``ranvier``."""

from .cli import main

if __name__ == "__main__":
    main()
