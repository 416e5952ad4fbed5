"""`python -m service` is `breadth`."""

from service.command_line import main

if __name__ == "__main__":
    main()
