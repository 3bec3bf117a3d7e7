#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fails on an include that goes against the direction of the house, and on a third-party header outside its home."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
# Who may include whom; docker-client/http is a part of its own, since the subscriber may use it and Docker's verbs not.
MAY_INCLUDE = {
    "config": set(),
    "docker-client/http": set(),
    "docker-client": {"docker-client/http"},
    "subscriber": {"docker-client/http"},
    "handlers": {"subscriber", "docker-client", "docker-client/http"},
    "agent": {"handlers", "subscriber", "docker-client", "docker-client/http", "config"},
    "lab": {"subscriber", "docker-client", "docker-client/http"},
    "examples": {"subscriber"},
    "tests": {"config", "docker-client", "docker-client/http", "subscriber", "handlers", "agent", "lab", "examples"},
}
# Heavy headers and the places that may include them.
HOMES = {
    r"boost/beast": ("subscriber/", "lab/", "tests/"),
    r"boost/asio": ("subscriber/", "lab/", "tests/", "agent/", "handlers/host/child_process.cpp"),
    r"curl/": ("docker-client/http/",),
    r"boost/process": ("handlers/host/child_process.cpp",),
}
INCLUDE = re.compile(r'^\s*#\s*include\s*(["<])([^">]+)[">]')


def part_of(path: str) -> str:
    if path.startswith("cattle/subscriber/"):
        return "subscriber"
    if path.startswith("docker-client/http/"):
        return "docker-client/http"
    return path.split("/", 1)[0]


def faults(path: pathlib.Path):
    name = path.relative_to(ROOT).as_posix()
    part = part_of(name)
    allowed = MAY_INCLUDE[part] | {part}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        match = INCLUDE.match(line)
        if not match:
            continue
        target = part_of(match[2])
        if (match[1] == '"' or match[2].startswith("cattle/")) and target not in allowed:
            yield f"{name}:{number}: {part}/ must not include {match[2]}"
        for pattern, homes in HOMES.items():
            if re.match(pattern, match[2]) and not name.startswith(homes):
                yield f"{name}:{number}: {match[2]} belongs in {', '.join(homes)}"


def main() -> int:
    files = [f for part in MAY_INCLUDE for f in (ROOT / part).rglob("*") if f.suffix in (".cpp", ".hpp", ".h")]
    found = sorted({fault for file in files for fault in faults(file)})
    print("\n".join(found) if found else f"include direction: {len(set(files))} files, no fault")
    return 1 if found or not files else 0


if __name__ == "__main__":
    sys.exit(main())
