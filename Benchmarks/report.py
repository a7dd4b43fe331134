# SPDX-License-Identifier: Apache-2.0
# Part of Gatecast. Copyright 2026 the Gatecast authors.
"""Tables on the terminal and in Markdown, and one SVG of bars with their spread per table."""

import platform
import re
import subprocess
from pathlib import Path
from xml.sax.saxutils import escape


def cells(table):
    """Heading and lines of a table, as text."""
    extras = []
    for row in table.rows:
        extras += [name for name in row.extra if name not in extras]
    base = next((row.median for row in table.rows if row.name == table.base and row.samples), None)
    heading = ["", table.unit, "min–max", *([f"of {table.base}"] if table.base else []), *extras]
    lines = []
    for row in table.rows:
        if row.samples:
            d = table.digits
            figures = [f"{row.median:.{d}f}", f"{min(row.samples):.{d}f}–{max(row.samples):.{d}f}"]
            ratio = [f"{row.median / base:.2f}"] if base else ["–"] if table.base else []
        else:
            figures, ratio = ["failed", "–"], ["–"] if table.base else []
        lines.append([row.name, *figures, *ratio, *(row.extra.get(name, "") for name in extras)])
    return heading, lines


def terminal(table):
    heading, lines = cells(table)
    widths = [max(len(line[column]) for line in [heading, *lines]) for column in range(len(heading))]
    text = [f"\n{table.title}"]
    for line in [heading, *lines]:
        text.append("  ".join(
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(line, widths))))
    return "\n".join(text)


def markdown(table, picture=None):
    heading, lines = cells(table)
    text = [f"### {table.title}", ""]
    if table.note:
        text += [table.note, ""]
    text += ["| " + " | ".join(heading) + " |", "|---" + "|--:" * (len(heading) - 1) + "|"]
    text += ["| " + " | ".join(line) + " |" for line in lines]
    for row in table.rows:
        if row.complaints:
            text += ["", f"{row.name}: {len(row.complaints)} round(s) left out: {row.complaints[0]}"]
    if picture:
        text += ["", f"![{table.title}]({picture})"]
    return "\n".join(text) + "\n"


def bars(table):
    """Medians as bars, minimum to maximum as a line across their ends."""
    rows = [row for row in table.rows if row.samples]
    left, width, step = 260, 420, 24
    scale = width / max(max(row.samples) for row in rows)
    parts = []
    for index, row in enumerate(rows):
        y = index * step + 8
        colour = "#d9480f" if row.name.startswith("gatecast") else "#868e96"
        low, high = min(row.samples) * scale + left, max(row.samples) * scale + left
        end = row.median * scale
        parts.append(
            f'<text x="{left - 8}" y="{y + 12}" text-anchor="end">{escape(row.name)}</text>'
            f'<rect x="{left}" y="{y}" width="{end:.1f}" height="16" fill="{colour}"/>'
            f'<path d="M{low:.1f} {y + 8}H{high:.1f}" stroke="currentColor" stroke-width="1.5"/>'
            f'<text x="{max(high, left + end) + 8:.1f}" y="{y + 12}">{row.median:.{table.digits}f}</text>')
    height = len(rows) * step + 12
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {left + width + 70} {height}" '
        f'font-family="system-ui, sans-serif" font-size="12" fill="#495057" color="#212529">'
        f'<title>{escape(table.title)}, {escape(table.unit)}</title>{"".join(parts)}</svg>\n')


def machine(gatecast):
    """What the figures were measured on and with."""
    def first(command, pattern=r"(.+)"):
        try:
            done = subprocess.run(command, capture_output=True, text=True)
        except OSError:
            return "missing"
        found = re.search(pattern, done.stdout + done.stderr)
        return found[1].strip() if found else "unknown"

    cpu = re.search(r"model name\s*: (.+)", Path("/proc/cpuinfo").read_text())
    cores = len(re.findall(r"^processor", Path("/proc/cpuinfo").read_text(), re.M))
    return [
        ("machine", f"{cores} × {cpu[1] if cpu else platform.machine()}, Linux {platform.release()}"),
        ("gatecast", f"{first(['git', 'describe', '--always', '--dirty'])}, "
                     f"{first(['swift', '--version'], r'(Swift version [0-9.]+)')}, release build"),
        ("peers", f"{first(['nginx', '-v'], r'(nginx/[^ ]+)')}, {first(['haproxy', '-v'], r'(HAProxy version [^ ]+)')}, "
                  f"both with {first(['openssl', 'version'])}"),
        ("load", f"{first(['wrk', '-v'], r'(wrk [^ ]+)')}, {first(['h2load', '--version'])}, "
                 f"{first(['curl', '--version'], r'(curl [^ ]+)')}"),
    ]
