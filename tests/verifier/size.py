#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The second verifier can be read in one sitting: at most 400 lines of at most 120 columns, no two statements joined."""
import sys
import tokenize
from pathlib import Path

FILE = Path(__file__).with_name("verify.py")
lines = FILE.read_text().splitlines()
wrong = [f"{len(lines)} lines"] if len(lines) > 400 else []
wrong += [f"line {n}: {len(line)} columns" for n, line in enumerate(lines, 1) if len(line) > 120]
with tokenize.open(FILE) as source:
    wrong += [f"line {token.start[0]}: a semicolon" for token in tokenize.generate_tokens(source.readline)
              if token.string == ";"]
print("\n".join(wrong) or f"{len(lines)} lines")
sys.exit(bool(wrong))
