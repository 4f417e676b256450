"""The server's bounds by name, as `Limits.swift` has them: a test that names one need not know its number."""

import re
from pathlib import Path

SOURCE = Path(__file__).parents[2] / "Sources/ParleyProtocol/Limits.swift"
LIMITS = {name: int(value.replace("_", ""))
          for name, value in re.findall(r"public var (\w+)(?:: Int64)? = ([\d_]+)\n", SOURCE.read_text())}
