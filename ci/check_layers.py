#!/usr/bin/env python3
"""Checks who includes whom: components by a list of what each may see, rooms by having no circle.

A component is a folder with a target of its own. A room is a folder of a component with its public
and its private half (`include/koine/pool` and `src/pool` are one room), or a file that stands
beside those folders. The build enforces most of the first through include
directories; this check also covers what shares a directory or reaches out by a relative path.
"""

import pathlib
import re

import source_tree

# component folder -> the component folders whose public headers it may include besides its own.
# What is not listed may not be included.
ALLOWED = {
    "core/contract": [],
    "core/sql": ["core/contract"],
    "core/engine": ["core/contract", "core/sql"],
    "core/forwarding": ["core/contract", "core/sql", "core/engine"],
    "orm": ["core/*"],
    "async": ["core/*"],
    "dialects/ansi": ["core/contract", "core/sql"],
    "dialects/*": ["core/contract", "core/sql", "dialects/ansi"],
    "drivers/*": ["core/contract"],
    "bundle": ["core/*", "orm", "dialects/*", "drivers/*"],
    "testing": ["core/*"],
}
# Families whose members may include each other along their own rule: mariadb derives from mysql.
DEEP = ("core", "dialects", "drivers")


def component_of(path):
    """The component folder a path lies in, or None outside the library."""
    parts = path.parts
    if parts[0] not in source_tree.LIBRARY:
        return None
    depth = 2 if parts[0] in DEEP else 1
    return "/".join(parts[:depth]) if len(parts) > depth else None


def room_of(path):
    """The room of a file of the library: its component and a folder, or the file itself."""
    component = component_of(path)
    inside = path.parts[len(component.split("/")) :]
    if inside[0] == "include":
        inside = inside[2:] if len(inside) > 2 and inside[1] == "koine" else inside[1:]
    elif inside[0] == "src":
        inside = inside[1:]
    folders = inside[:-1]
    return f"{component}:{'/'.join(folders)}" if folders else path.as_posix()


def allowed(component, owner):
    family = component.split("/")[0] + "/*"
    rule = ALLOWED.get(component, ALLOWED.get(family, []))
    return owner == component or owner in rule or owner.split("/")[0] + "/*" in rule


def circles(arrows):
    """The sets of rooms that reach each other (Tarjan's strongly connected components)."""
    index, low, stack, on_stack, found = {}, {}, [], set(), []

    def visit(room):
        index[room] = low[room] = len(index)
        stack.append(room)
        on_stack.add(room)
        for target in sorted(arrows.get(room, ())):
            if target not in index:
                visit(target)
                low[room] = min(low[room], low[target])
            elif target in on_stack:
                low[room] = min(low[room], index[target])
        if low[room] == index[room]:
            circle = set()
            while True:
                member = stack.pop()
                on_stack.remove(member)
                circle.add(member)
                if member == room:
                    break
            if len(circle) > 1:
                found.append(circle)

    for room in sorted(arrows):
        if room not in index:
            visit(room)
    return found


def check(tree):
    owners = {}
    for path in tree.files(source_tree.CODE, source_tree.LIBRARY):
        if source_tree.is_public_header(path):
            inside = pathlib.PurePosixPath(*path.parts[path.parts.index("include") + 1 :])
            owners[str(inside)] = path

    count = 0
    arrows = {}  # room -> room it includes -> where it does so first

    def note(path, line, target):
        room, other = room_of(path), room_of(target)
        if room != other:
            arrows.setdefault(room, {}).setdefault(other, (path, line, target))

    for path in tree.files(source_tree.CODE):
        count += 1
        component = component_of(path)
        for line, form, name in tree.includes(path):
            if name.startswith("koine/"):
                owner = owners.get(name)
                if form == '"':
                    tree.fault(path, line, f"public headers are included in angle brackets: <{name}>")
                if component is None:
                    if "examples" in path.parts and "/detail/" in name:
                        tree.fault(path, line, f"{name} is not for users of the library")
                    continue
                if owner is None:
                    tree.fault(path, line, f"no component has {name}")
                elif not allowed(component, component_of(owner)):
                    tree.fault(path, line, f"{component} may not include {name} of {component_of(owner)}")
                elif name == "koine/koine.hpp":
                    tree.fault(path, line, "koine/koine.hpp is for programs; include what is used")
                else:
                    note(path, line, owner)
            elif form == '"' and component is not None:
                here = (tree.root / path).parent
                private = tree.root / component / "src"
                target = next((f / name for f in (here, private) if (f / name).is_file()), None)
                if ".." in name.split("/"):
                    tree.fault(path, line, f"relative include {name}")
                elif source_tree.is_public_header(path):
                    tree.fault(path, line, f"a public header includes the private {name}")
                elif target is None:
                    tree.fault(path, line, f"{name} is not a private header of {component}")
                else:
                    note(path, line, target.relative_to(tree.root))
    for circle in circles(arrows):
        for room in sorted(circle):
            for other, (path, line, target) in sorted(arrows.get(room, {}).items()):
                if other in circle:
                    tree.fault(path, line, f"includes {target.name}: the rooms {room} and {other} stand on a circle")
    return count


if __name__ == "__main__":
    source_tree.main(__doc__, check)
