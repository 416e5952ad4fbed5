"""How much the code in a sandbox may use."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SandboxLimits:
    """All of them hold for one run of code; a limit that is met ends that run alone."""

    seconds: float = 20.0
    """By the clock, from the start of the process."""
    processor_seconds: int = 20
    memory: int = 2 << 30
    """Bytes of address space: a program of numpy or pandas begins with some 300 MB of it."""
    file_bytes: int = 64 << 20
    """All files of the scratch folder together."""
    open_files: int = 64
    threads: int = 32
    output_bytes: int = 64 << 10
    """What is printed beyond it is thrown away."""
    value_bytes: int = 256 << 10
    """As JSON."""

    def __post_init__(self) -> None:
        """Raises ValueError for a limit that leaves no room for Python itself."""
        if self.seconds <= 0 or self.processor_seconds < 1 or self.memory < 64 << 20:
            raise ValueError("a sandbox needs time, and 64 MiB of memory")
        if min(self.open_files, self.threads) < 8 or min(self.output_bytes, self.value_bytes) < 1:
            raise ValueError("a sandbox needs 8 open files and threads, and room for its result")
        if self.file_bytes < 1 << 16:
            raise ValueError("a sandbox needs 64 KiB for files")
