# SPDX-License-Identifier: Apache-2.0
"""Receipts and summaries as other people's tools read them: ssh-keygen, securesystemslib's DSSE, in-toto's statements.

usage: test_interop.py PROGRAM [unittest options]"""
import base64
import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import jsonschema

import lab
from lab import implement, review, reviewed

PROGRAM = None
NAMESPACE = "striatum-receipt@v1"
SCHEMA = json.loads((Path(__file__).resolve().parent.parent / "verifier" / "vsa.schema.json").read_text())
PACKAGES = ["securesystemslib[crypto]==1.3.0", "in-toto-attestation==0.9.3"]

CHECK = """
import base64, json, sys
from cryptography.hazmat.primitives.serialization import load_ssh_public_key
from google.protobuf import json_format
from in_toto_attestation.v1 import statement, statement_pb2
from securesystemslib.dsse import Envelope
from securesystemslib.exceptions import VerificationError
from securesystemslib.signer import SSlibKey

given = json.load(sys.stdin)
keys = [SSlibKey.from_crypto(load_ssh_public_key(line.encode()), keyid=keyid) for keyid, line in given["keys"].items()]
for text in given["envelopes"]:
    envelope = Envelope.from_dict(json.loads(text))
    accepted = envelope.verify(keys, threshold=len(envelope.signatures))
    assert len(accepted) == len(envelope.signatures), accepted
    parsed = json_format.Parse(envelope.payload, statement_pb2.Statement())
    statement.Statement.copy_from_pb(parsed).validate()
    forged = json.loads(text)
    payload = base64.b64decode(forged["payload"])
    forged["payload"] = base64.b64encode(payload.replace(b'"applied"', b'"Applied"')).decode()
    try:
        Envelope.from_dict(forged).verify(keys, threshold=1)
    except VerificationError:
        continue
    raise SystemExit("a forged payload was accepted")
print(len(given["envelopes"]))
"""


def pae(payload):
    return b"DSSEv1 28 application/vnd.in-toto+json %d %s" % (len(payload), payload)


def others():
    """A Python with the packages of other people, made once beside the build; a loud skip where they cannot be had."""
    venv = Path(PROGRAM).resolve().parent.parent / "interop"
    python = venv / "bin" / "python"
    if not (venv / "complete").exists():
        done = subprocess.run([sys.executable, "-m", "venv", "--clear", venv], capture_output=True, text=True)
        if done.returncode == 0:
            done = subprocess.run([python, "-m", "pip", "install", "--quiet", "--no-cache-dir", "--retries", "1",
                                   "--timeout", "15", *PACKAGES], capture_output=True, text=True)
        if done.returncode != 0:
            raise unittest.SkipTest(f"NOT COMPARED: {PACKAGES} cannot be had here: {done.stderr.strip()[-300:]}")
        (venv / "complete").touch()
    return python


class Interop(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="striatum-e2e-")
        cls.addClassCleanup(shutil.rmtree, cls.folder, True)
        cls.lab = lab.Lab(cls.folder, PROGRAM)
        cls.repo = cls.lab.repo(trusted=("lane:local", "human:ann"))
        cls.repo.git("config", "striatum.signingKey", cls.lab.keys["lane:local"])
        run = reviewed(cls.repo, {"src/add.py": "def add(a, b):\n    return a + b\n"})
        cls.repo.apply(run)
        run = reviewed(cls.repo, {"src/caf\u00e9.py": "x = '\u00fc'\n"}, branch="second")
        cls.repo.apply(run, *(word for role in ("lane:local", "human:ann") for word in ("--key", cls.lab.keys[role])))
        folder = cls.repo.path / ".provenance" / "striatum" / "receipts"
        cls.receipts = sorted(folder.glob("*/*.dsse.json"))

    def line(self, role):
        return self.lab.call(["key", "export", self.lab.keys[role]], self.repo.path)["line"]

    def test_ssh_keygen_accepts_every_signature_file(self):
        allowed, checked = Path(self.folder) / "allowed", 0
        allowed.write_text("".join(self.lab.run([PROGRAM, "key", "export", self.lab.keys[role], "--allowed-signers"],
                                                self.repo.path).stdout.rstrip("\n") + "\n"
                                   for role in ("lane:local", "human:ann")))
        verify = lambda name, sig, data: subprocess.run(
            ["ssh-keygen", "-Y", "verify", "-f", allowed, "-I", name, "-n", NAMESPACE, "-s", sig], input=data,
            capture_output=True)
        for receipt in self.receipts:
            payload = base64.b64decode(json.loads(receipt.read_bytes())["payload"])
            for sig in receipt.parent.glob(receipt.name.replace("dsse.json", "*.sig")):
                found = subprocess.run(["ssh-keygen", "-Y", "find-principals", "-f", allowed, "-s", sig], capture_output=True,
                                       text=True)
                name = found.stdout.strip()
                done = verify(name, sig, pae(payload))
                self.assertEqual(done.returncode, 0, done.stderr + done.stdout)
                self.assertNotEqual(verify(name, sig, payload).returncode, 0)
                checked += 1
        self.assertEqual((len(self.receipts), checked), (2, 3))

    def test_other_libraries_accept_every_envelope(self):
        python = others()
        keys = {self.lab.keys[role]: self.line(role) for role in ("lane:local", "human:ann")}
        given = {"keys": keys, "envelopes": [receipt.read_text() for receipt in self.receipts]}
        done = subprocess.run([python, "-c", CHECK], input=json.dumps(given), capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stdout.strip()), (0, "2"), done.stderr)

    def test_the_summary_has_its_published_shape(self):
        jsonschema.Draft202012Validator.check_schema(SCHEMA)
        validator, target = jsonschema.Draft202012Validator(SCHEMA), Path(self.folder) / "vsa.json"
        for args, code, result in ((["--root", self.repo.root], 0, "PASSED"), ([], 14, "FAILED")):
            done = self.lab.run([PROGRAM, "verify", "HEAD", *args, "--vsa", target], self.repo.path, check=False)
            self.assertEqual(done.returncode, code, done.stderr)
            summary = json.loads(target.read_text())
            validator.validate(summary)
            self.assertEqual(summary["predicate"]["verificationResult"], result)
            self.assertEqual(summary["subject"][0]["digest"], {"gitCommit": self.repo.head()})
            inputs = summary["predicate"]["inputAttestations"]
            self.assertEqual([one["digest"]["sha256"] in {r.name.split(".")[0] for r in self.receipts} for one in inputs], [True])
            tree = self.repo.git("rev-parse", "HEAD:.provenance/striatum/trust")
            self.assertEqual(summary["predicate"]["policy"]["digest"], {"gitTree": tree})
        del summary["predicate"]["policy"]
        self.assertFalse(validator.is_valid(summary))


if __name__ == "__main__":
    PROGRAM = os.path.abspath(sys.argv.pop(1))
    unittest.main()
