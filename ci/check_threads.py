#!/usr/bin/env python3
"""Checks where the library keeps data of a thread.

What runs on a stack of its own may go on in another thread after a wait, and compilers keep the address of
thread-local data over it. So such data stands in the files named here, which reach it through functions that are not
inlined and do not wait. Drivers may have it: nothing waits within a driver.
"""

import re

import source_tree

OWNERS = {
    "core/engine/src/platform/waiter.cpp",  # the current waiter
    "core/engine/src/pool/pool_fast.cpp",  # the connection that a thread gave back last
    "core/engine/src/scope_registry.cpp",  # the objects of a thread's scope
}
FOLDERS = ("core", "orm", "dialects", "async", "bundle", "testing")
THREAD_LOCAL = re.compile(r"\b(thread_local|__thread|_Thread_local|pthread_getspecific|pthread_key_create)\b")
COMMENT = re.compile(r"//.*$|/\*.*?\*/")


def check(tree):
    count = 0
    for path in tree.files(source_tree.CODE, FOLDERS):
        count += 1
        if path.as_posix() in OWNERS:
            continue
        for number, line in enumerate(tree.read(path).splitlines(), 1):
            match = THREAD_LOCAL.search(COMMENT.sub("", line))
            if match:
                tree.fault(path, number, f"{match[1]}: data of a thread stands in {', '.join(sorted(OWNERS))} alone")
    return count


if __name__ == "__main__":
    source_tree.main(__doc__, check)
