"""`python -m service` is `breadth`."""

from service.start import main

if __name__ == "__main__":
    main()
