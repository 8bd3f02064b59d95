"""``python -m organseg_training`` is ``organseg-train``, in the form that ``torchrun -m`` needs."""

from .cli import main

if __name__ == "__main__":  # workers that make samples import this file again on macOS and Windows
    main()
