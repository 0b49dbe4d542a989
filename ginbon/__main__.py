"""``python -m ginbon`` is ``ginbon``."""

from ginbon.cli import main

if __name__ == "__main__":
    main()
