#!/usr/bin/env python3
"""Prints which folders of a crate name which, and fails where they do so in a circle.

    python3 .ci/rooms.py                          dl-core/src, dl-runtime/src and dl-macros/src
    python3 .ci/rooms.py dl-runtime/src           one crate
    python3 .ci/rooms.py dl-runtime/src 'a>b'     the places where folder `a` names `b`

A file at the root of a crate counts as a folder; `lib.rs`, which only lists them, and tests do not count.
"""

import collections
import pathlib
import re
import sys


def names_after_crate(text):
    """The first words of all paths that begin with `crate::`, also those in braces."""
    for match in re.finditer(r"(?<![$\w])crate::(\{|\w+)", text):
        if match.group(1) != "{":
            yield match.group(1)
            continue
        depth, word = 1, ""
        for character in text[match.end():]:
            depth += {"{": 1, "}": -1}.get(character, 0)
            if depth == 0 or (depth == 1 and character == ","):
                yield re.split(r"::| as |\{", word)[0].strip()
                word = ""
            else:
                word += character
            if depth == 0:
                break


def code_of(path):
    """The text of a file without comments and without its unit tests."""
    text = re.sub(r"#\[cfg\((?:all\()?test[^\n]*\n(?:pub(?:\(crate\))? )?mod \w+ \{.*?\n\}\n", "", path.read_text(), flags=re.S)
    return "\n".join(line for line in text.split("\n") if not line.strip().startswith("//"))


def edges_of(root):
    """folder -> folder that it names -> the places."""
    rooms = {path.stem for path in root.iterdir() if path.name != "lib.rs" and (path.is_dir() or path.suffix == ".rs")}
    # What `lib.rs` re-exports is named without its folder.
    exports = {}
    for match in re.finditer(r"pub use (?:crate::)?(\w+)(?:::\w+)*::(?:\{([^}]*)\}|(\w+))", (root / "lib.rs").read_text()):
        for name in (match.group(2) or match.group(3)).split(","):
            exports.setdefault(name.split(" as ")[-1].strip(), match.group(1))
    edges = collections.defaultdict(lambda: collections.defaultdict(set))
    for path in sorted(root.rglob("*.rs")):
        relative = path.relative_to(root)
        if relative.name in ("lib.rs", "tests.rs") or {"tests", "testing"} & set(relative.parts):
            continue
        room = relative.parts[0].removesuffix(".rs")
        for name in names_after_crate(code_of(path)):
            target = name if name in rooms else exports.get(name)
            if target in rooms and target != room:
                edges[room][target].add(f"{relative}: {name}")
    return edges


def circle(edges):
    """Some circle of folders, as a list; empty if there is none."""
    done, path = set(), []

    def visit(room):
        if room in path:
            return path[path.index(room):] + [room]
        if room in done:
            return []
        path.append(room)
        found = next(filter(None, map(visit, sorted(edges.get(room, ())))), [])
        path.pop()
        done.add(room)
        return found

    return next(filter(None, map(visit, sorted(edges))), [])


def main():
    roots = sys.argv[1:2] or ["dl-core/src", "dl-runtime/src", "dl-macros/src"]
    failed = False
    for root in roots:
        edges = edges_of(pathlib.Path(root))
        if len(sys.argv) > 2:
            room, target = sys.argv[2].split(">")
            print("\n".join(sorted(edges[room][target])))
            continue
        print(f"{root}:")
        for room in sorted(edges):
            print(f"  {room} -> {', '.join(sorted(edges[room]))}")
        found = circle(edges)
        failed |= bool(found)
        print(f"  circle: {' -> '.join(found)}" if found else "  no circle")
    sys.exit(failed)


if __name__ == "__main__":
    main()
