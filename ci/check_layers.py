#!/usr/bin/env python3
"""Checks that each component includes only itself and what stands below it.

core <- dialects, core <- drivers, core <- orm, core <- async; the bundle sees them all. The build enforces most of
this through include directories; this check also covers what shares a directory or reaches out by a relative path.
"""

import pathlib
import re

import source_tree

# component folder -> the component folders whose public headers it may include besides its own
ALLOWED = {
    "core": [],
    "orm": ["core"],
    "async": ["core"],
    "dialects/ansi": ["core"],
    "dialects/*": ["core", "dialects/ansi"],
    "drivers/*": ["core"],
    "bundle": ["core", "orm", "dialects/*", "drivers/*"],
}

# What a driver may not see of core: everything that lives above the driver contract.
ABOVE_THE_CONTRACT = re.compile(
    r"koine/(engine|pool\w*|connection|transaction|statement|cursor|row|scoped_session|sessionmaker|observer|dialect"
    r"|sql/.*|schema/.*)\.hpp$"
)


def component_of(path):
    """The component folder a path lies in, or None outside the library."""
    parts = path.parts
    if parts[0] not in source_tree.LIBRARY:
        return None
    depth = 2 if parts[0] in ("dialects", "drivers") else 1
    return "/".join(parts[:depth]) if len(parts) > depth else None


def rule_for(component):
    family = component.split("/")[0] + "/*"
    return ALLOWED.get(component, ALLOWED.get(family, []))


def allowed(component, owner):
    rule = rule_for(component)
    return owner == component or owner in rule or owner.split("/")[0] + "/*" in rule


def check(tree):
    owners = {}
    for path in tree.files(source_tree.CODE, source_tree.LIBRARY):
        if source_tree.is_public_header(path):
            inside = pathlib.PurePosixPath(*path.parts[path.parts.index("include") + 1 :])
            owners[str(inside)] = component_of(path)

    count = 0
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
                elif not allowed(component, owner):
                    tree.fault(path, line, f"{component} may not include {name} of {owner}")
                elif component.startswith("drivers/") and ABOVE_THE_CONTRACT.search(name):
                    tree.fault(path, line, f"{name} stands above the driver contract")
                elif name == "koine/koine.hpp":
                    tree.fault(path, line, "koine/koine.hpp is for programs; include what is used")
            elif form == '"' and component is not None:
                here = (tree.root / path).parent
                private = tree.root / component / "src"
                if ".." in name.split("/"):
                    tree.fault(path, line, f"relative include {name}")
                elif source_tree.is_public_header(path):
                    tree.fault(path, line, f"a public header includes the private {name}")
                elif not (here / name).is_file() and not (private / name).is_file():
                    tree.fault(path, line, f"{name} is not a private header of {component}")
    return count


if __name__ == "__main__":
    source_tree.main(__doc__, check)
