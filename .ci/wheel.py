# ruff: noqa: INP001, S603, T201 - a script of CI that runs what was just built
"""Check an environment that holds the built wheel and its base dependencies alone: ``wheel.py ENVIRONMENT``.

The checkout is not on its path, so what it imports is what users get.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

PROGRAM = """
import paraph
from paraph import Document, Envelope, Signatory

assert "site-packages" in paraph.__file__, paraph.__file__
found = {each.name: each.error for each in paraph.Registry().listing()}
assert found.get("ignisign") == "", found
person = Signatory.parse("Ada Lovelace <ada@example.org>")
offer = Document.from_bytes(b"%PDF-1.7", name="offer.pdf")
envelope = Envelope(title="Offer", documents=[offer], signatories=[person])
assert envelope.signatories[0].id == "s1"
"""


def main() -> int:
    """Run both checks and return the exit code."""
    environment = Path(sys.argv[1]).resolve()
    python, command = environment / "bin" / "python", environment / "bin" / "paraph"
    with tempfile.TemporaryDirectory(dir=environment) as elsewhere:
        subprocess.run([python, "-I", "-W", "error", "-c", PROGRAM], cwd=elsewhere, check=True)
        done = subprocess.run(
            [command, "providers"], cwd=elsewhere, capture_output=True, text=True, check=False
        )
    said = (done.stdout + done.stderr).splitlines()
    if done.returncode == 0 or len(said) != 1 or "paraph[cli]" not in said[0]:
        print(f"`paraph` without its extra has to fail with one line that names it; it said: {said}")
        return 1
    print(f"imports, describes its providers, and without the extra says: {said[0]}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
