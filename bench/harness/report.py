"""Turns results into the printed table, the kept file, and the comparison with a kept file.

A result is a plain dictionary, as it stands in the kept file:
{"case": name, "text": .., "clock": "cpu" or "wall", "sides": {"raw": {..}, "koine": {..}}, "ratio": {..},
 "limits": {..}, "reached": bool or None}
"""

import json
import pathlib

HEAD = ["workload", "what", "raw", "Koine", "Koine / raw", "target", "", "raw time", "time ratio"]


def _number(value, unit=""):
    if value is None:
        return "-"
    digits = 0 if value >= 100 else 1 if value >= 10 else 2
    return f"{value:,.{digits}f}{unit}"


def _time(ns):
    if ns is None:
        return "-"
    return _number(ns, " ns") if ns < 1000 else _number(ns / 1000, " us")


def _verdict(result):
    return {True: "reached", False: "missed", None: ""}[result["reached"]]


def _ratio(value):
    return "-" if value is None else f"{value:.3f}"


def _row(result):
    raw, koine = (result["sides"].get(side, {}) for side in ("raw", "koine"))
    limits, ratio = result["limits"], result["ratio"]
    if "seconds" in raw or "seconds" in koine:
        def cost(side):
            if "seconds" not in side:
                return "-"
            return f"{side['seconds']:.1f} s {side['peak_mb']:.0f} MB {side['object_kb']:.0f} KB"
        return [result["case"], result["text"], cost(raw), cost(koine), _ratio(ratio.get("seconds")),
                f"<= {limits['seconds']:g} s {limits['mb']:g} MB", _verdict(result), "", ""]
    clock = result["clock"]
    target = "-"
    if "instructions" in limits:
        target = f"<= {limits['instructions']:.2f}"
    elif "time" in limits:
        target = f"<= {limits['time']:.2f} {clock}"
    elif "ns" in limits:
        target = f"<= {limits['ns']:g} ns"
    return [result["case"], result["text"], _number(raw.get("instructions")), _number(koine.get("instructions")),
            _ratio(ratio.get("instructions")), target, _verdict(result),
            f"{_time(raw[f'{clock}_ns'])} {clock}" if f"{clock}_ns" in raw else "-",
            (_ratio(ratio.get("time")) + (f" ({_time(koine[f'{clock}_ns'])})" if "ns" in limits else ""))
            if "time" in ratio else "-"]


def table(results, environment, markdown):
    """The results as aligned text, or as a Markdown table."""
    rows = [HEAD] + [_row(result) for result in results]
    note = ("Instructions of an operation (a row, a select, a transaction, a checkout) in the timed part; compiling: "
            "user seconds, peak memory, object file. Times of an operation are medians; a ratio below 1 is faster than "
            "the C API by hand.")
    footer = [note, "; ".join(f"{key} {value}" for key, value in environment.items())]
    if markdown:
        lines = ["| " + " | ".join(row) + " |" for row in rows]
        lines.insert(1, "|" + "|".join("---" if i < 2 else "---:" for i in range(len(HEAD))) + "|")
        return "\n".join(lines + ["", *footer])
    widths = [max(len(row[i]) for row in rows) for i in range(len(HEAD))]
    lines = ["  ".join(cell.ljust(width) if i < 2 else cell.rjust(width)
                       for i, (cell, width) in enumerate(zip(row, widths))).rstrip() for row in rows]
    lines.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join(lines + ["", *footer])


def keep(path, results, environment):
    """Writes the file that compare() reads."""
    text = json.dumps({"environment": environment, "results": results}, indent=1)
    pathlib.Path(path).write_text(text + "\n", encoding="ascii")


def compare(path, results, environment, is_selected, tolerance=0.03):
    """Lines on what differs from a kept file, and whether all instruction counts are within the tolerance.

    Fewer instructions are no failure, but are printed, so that the file is renewed. A figure of the kept file that was
    selected and is gone is a failure.
    """
    kept = json.loads(pathlib.Path(path).read_text(encoding="ascii"))
    lines, good, compared = [], True, 0
    measured = {result["case"]: result for result in results}
    for old in kept["results"]:
        if not is_selected(old["case"]):
            continue
        for side, figures in old["sides"].items():
            before = figures.get("instructions")
            if before is None:
                continue
            now = measured.get(old["case"], {"sides": {}})["sides"].get(side, {}).get("instructions")
            label = f"{old['case']} {side}"
            if now is None:
                lines.append(f"{label}: was measured in the kept file, is not any more")
                good = False
                continue
            compared += 1
            change = now / before - 1
            if change > tolerance:
                lines.append(f"{label}: {before:,.1f} -> {now:,.1f} instructions ({change:+.1%}), more than the "
                             f"tolerance of {tolerance:.0%}")
                good = False
            elif change < -tolerance:
                lines.append(f"{label}: {before:,.1f} -> {now:,.1f} instructions ({change:+.1%}): better, "
                             "renew the file")
    for key, value in kept["environment"].items():
        if environment.get(key) != value:
            lines.append(f"{key} is {environment.get(key)}, was {value} when the file was kept")
    if not compared:
        lines.append("nothing to compare")
        good = False
    lines.append(f"{compared} instruction counts compared with {path}: "
                 f"{'within' if good else 'NOT within'} the tolerance")
    return lines, good
