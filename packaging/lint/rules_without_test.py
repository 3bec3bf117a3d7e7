#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Prints the numbered rules of the references that no test carries in its name.

A test carries a rule when a part of its name between underscores is the number: `H53_R48_...` and `H053_...` count.
`--require H` (several letters may follow each other: HE) makes a gap an error."""
import argparse
import pathlib
import re
import sys

TREE = pathlib.Path(__file__).resolve().parents[2]
LAST = {"H": 122, "E": 22, "R": 66, "S": 60, "P": 57}
ELSEWHERE = {
    "H119",  # The stamp file belongs to the drop-in installation, which has its own tests.
    # The host API's: its tokens and their key, its sessions, container events.
    *("P43", "R61", "R62", "R63", "R64", "S19", "S53", "S54", "S55"),
    "P50",  # Needs the stock image, which no registry of a test has; run by hand (CONTRIBUTING.md).
    "S24",  # The same, with the stock image's two last versions.
}

GTEST = re.compile(r"\b(?:TYPED_)?TEST(?:_F|_P)?\s*\(\s*(\w+)\s*,\s*(\w+)\s*\)")
CTEST = re.compile(r"add_test\s*\(\s*NAME\s+([^\s)]+)", re.IGNORECASE)
FOREACH = re.compile(r"foreach\s*\(\s*(\w+)\s+IN\s+ITEMS\s+([^)]*)\)(.*?)endforeach\s*\(", re.IGNORECASE | re.DOTALL)
NUMBER = re.compile(r"(?:^|_)([HERSP])(\d{1,3})(?=_|$)")


def names_in_cmake(text):
    """Names of script tests; those made in a loop once for each item."""
    for variable, items, body in FOREACH.findall(text):
        for name in CTEST.findall(body):
            for item in items.split():
                yield name.replace("${%s}" % variable, item)
    yield from (name for name in CTEST.findall(FOREACH.sub("", text)) if "${" not in name)


def test_names():
    for path in sorted((TREE / "tests").rglob("*")):
        if path.suffix == ".cpp":
            for suite, name in GTEST.findall(path.read_text()):
                if not name.startswith("DISABLED_") and not suite.startswith("DISABLED_"):
                    yield name
        elif path.name == "CMakeLists.txt":
            yield from (name.split(".")[-1] for name in names_in_cmake(path.read_text()))


def rules_of(name):
    return {f"{letter}{int(number)}" for letter, number in NUMBER.findall(name)}


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--require", default="", metavar="LETTERS", help="exit 1 when a rule of these lacks a test")
    required = arguments.parse_args().require
    if unknown := set(required) - set(LAST):
        arguments.error(f"no rules of {', '.join(sorted(unknown))}")
    tested = {rule for name in test_names() for rule in rules_of(name)}
    failed = False
    for letter, last in LAST.items():
        wanted = [rule for rule in (f"{letter}{number}" for number in range(1, last + 1)) if rule not in ELSEWHERE]
        missing = [rule for rule in wanted if rule not in tested]
        print(f"{letter}: {len(wanted) - len(missing)} of {len(wanted)} rules have a test"
              + (f", without one: {' '.join(missing)}" if missing else ""))
        failed = failed or (letter in required and bool(missing))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
