"""Compares a driver that is loaded at run time with the same driver linked in."""

from harness import programs

LIMIT = 1.01  # loaded / linked in, in instructions, at most


def compare(binaries, plugin, cases):
    """The printed lines, and whether every case is within the limit. Both are one program; only the driver is another."""
    linked = programs.Program(binaries, "sqlite", "koine")
    loaded = programs.Program(binaries, "sqlite", "koine", {"KOINE_BENCH_DRIVER": str(plugin)})
    lines = [f"{'workload':20}{'linked in':>12}{'loaded':>12}{'loaded / linked in':>20}"]
    good = True
    for case in cases:
        if case.workload not in linked.workloads or not case.counted:
            continue
        runs = [program.count_instructions(case.workload, case.counted) for program in (linked, loaded)]
        if runs[0].checksum != runs[1].checksum:
            raise programs.Failure(f"{case.name}: the two drivers did not do the same work")
        ratio = runs[1].instructions / runs[0].instructions
        good = good and ratio <= LIMIT
        lines.append(f"{case.name:20}{runs[0].instructions:12,.1f}{runs[1].instructions:12,.1f}{ratio:20.4f}"
                     f"{'' if ratio <= LIMIT else '  missed'}")
    return lines, good
