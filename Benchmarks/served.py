"""What all measurements need: the programs, a server on cpu 0, and the load on cpu 1."""

import json
import os
import platform
import re
import resource
import shutil
import statistics
import subprocess
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
WORK = ROOT / ".test" / "benchmarks"


class Served:
    """A server on cpu 0, as a child process that prints its address."""

    def __init__(self, command, before=(), environment=None):
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("PARLEY_")}
        inherited["NODE_PATH"] = "/usr/share/nodejs"
        # The server's own words go where its log goes; a full pipe would stop it.
        self.process = subprocess.Popen(
            ["taskset", "-c", "0", *before, *command], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
            env=inherited | (environment or {}))
        for line in self.process.stdout:
            if found := re.search(r"https?://127\.0\.0\.1:(\d+)/", line):
                self.port = int(found[1])
                return
        raise SystemExit(f"{command[0]} did not start.")

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.process.terminate()
        self.process.wait(15)


def compiler():
    for name in ("clang", "gcc", "cc"):
        if path := shutil.which(name):
            return path
    raise SystemExit("There is no C compiler (Debian: clang, or gcc).")


def build(product):
    """As people build it: without PARLEY_TEST_RUN."""
    environment = {name: value for name, value in os.environ.items() if name != "PARLEY_TEST_RUN"}
    subprocess.run(["swift", "build", "-c", "release", "--product", product], cwd=ROOT, check=True, env=environment)
    return ROOT / ".build" / "release" / product


def build_generator(tls=False, folder=WORK):
    folder.mkdir(parents=True, exist_ok=True)
    generator = folder / ("generator-tls" if tls else "generator")
    sources = sorted((HERE / "generator").glob("*.c"))
    words = ["-DWITH_TLS"] if tls else []
    libraries = ["-lssl", "-lcrypto"] if tls else []
    result = subprocess.run([compiler(), "-O2", *words, "-o", generator, *sources, *libraries],
                            stderr=subprocess.PIPE, text=True)
    if result.returncode != 0:
        if tls and "openssl" in result.stderr:
            raise SystemExit("The load needs OpenSSL to speak TLS (Debian: libssl-dev).")
        raise SystemExit(result.stderr)
    return generator


def raise_open_files():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(20_000, hard), hard))
    if min(20_000, hard) < 20_000:
        raise SystemExit(f"A process may open {hard} files here; rows of 10,000 connections want 20,000 (ulimit -Hn).")


def serve(program, *flags):
    return [str(program), "serve", "--port", "0", "--log-level", "error", *flags]


def measure(generator, kind, served, options, seconds):
    result = subprocess.run(
        ["taskset", "-c", "1", generator, "--server", kind, "--port", str(served.port),
         "--pid", str(served.process.pid), "--seconds", str(seconds), *options],
        capture_output=True, text=True)
    if result.returncode != 0:
        raise SystemExit(f"{kind} {' '.join(options)}: {result.stderr.strip() or 'the generator ended early'}")
    return json.loads(result.stdout)


def median(results, member):
    return statistics.median(result[member] for result in results)


def version(command):
    try:
        words = subprocess.run(command, capture_output=True, text=True).stdout
    except OSError:
        return None
    found = re.search(r"\d+(\.\d+)+", words)
    return found[0] if found else None


def machine():
    """What figures depend on, in words."""
    text = Path("/proc/cpuinfo").read_text()
    model = re.search(r"model name\s*: (.*)", text)
    memory = re.search(r"MemTotal:\s*(\d+)", Path("/proc/meminfo").read_text())
    package = Path("/usr/share/nodejs/ws/package.json")
    return {
        "processor": (model[1].strip() if model else platform.machine()),
        "processors": os.cpu_count(),
        "gigabytes": round(int(memory[1]) / 2**20) if memory else None,
        "kernel": re.match(r"[\d.]+", platform.release())[0].rstrip("."),
        "swift": version(["swift", "--version"]),
        "node": version(["node", "--version"]),
        "ws": json.loads(package.read_text())["version"] if package.exists() else None,
        "commit": subprocess.run(["git", "rev-parse", "--short=10", "HEAD"], cwd=ROOT, capture_output=True,
                                 text=True).stdout.strip(),
    }
