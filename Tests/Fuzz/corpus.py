"""Inputs that are kept: one to a line, as a JSON string where they are UTF-8, else as `base64:…`. `#`: a remark."""

import base64
import hashlib
import json
from pathlib import Path


def encode(data):
    try:
        return json.dumps(data.decode(), ensure_ascii=False)
    except UnicodeDecodeError:
        return "base64:" + base64.b64encode(data).decode()


def decode(line):
    if line.startswith("base64:"):
        return base64.b64decode(line.removeprefix("base64:"))
    return json.loads(line).encode()


def read(path):
    if not path.exists():
        return []
    lines = path.read_text(encoding="utf-8").split("\n")
    return [decode(line) for line in lines if line.strip() and not line.startswith("#")]


def write(path, inputs):
    """Sorted, so that a change of the corpus is a small change of the file."""
    lines = sorted({encode(data) for data in inputs}, key=lambda line: (len(line), line))
    path.write_text("".join(line + "\n" for line in lines), encoding="utf-8")


def unpack(inputs, folder):
    folder.mkdir(parents=True, exist_ok=True)
    for data in inputs:
        (folder / hashlib.sha1(data).hexdigest()).write_bytes(data)


def files(folder):
    return [path.read_bytes() for path in sorted(Path(folder).iterdir()) if path.is_file()]
