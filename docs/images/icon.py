#!/usr/bin/env python3
# Draws the icon of the packages, icon.png beside this file: one unit of a GRU, three gates on a ring around its state. Needs nothing but
# Python. Run: python3 docs/images/icon.py
import math
import struct
import zlib
from pathlib import Path

SIZE, SAMPLES = 128, 4
PAPER, INK, GATES = (250, 248, 242), (38, 50, 72), ((214, 93, 72), (66, 133, 160), (226, 168, 62))


def colour(x, y):
    """The colour at a place, counted from the middle; None outside of the round corners."""
    edge, corner = 62, 26
    dx, dy = max(abs(x) - (edge - corner), 0), max(abs(y) - (edge - corner), 0)
    if math.hypot(dx, dy) > corner:
        return None
    radius = math.hypot(x, y)
    for index, gate in enumerate(GATES):
        at = math.radians(120 * index)
        if math.hypot(x - 38 * math.sin(at), y + 38 * math.cos(at)) < 13:
            return gate
    if radius < 15 or abs(radius - 38) < 3.5:
        return INK
    return PAPER


def pixel(column, row):
    """Red, green, blue and opacity, averaged over a grid of places in the pixel."""
    found = [
        colour(column + (i + 0.5) / SAMPLES - SIZE / 2, row + (j + 0.5) / SAMPLES - SIZE / 2)
        for i in range(SAMPLES) for j in range(SAMPLES)
    ]
    inside = [one for one in found if one is not None]
    mean = [round(sum(one[k] for one in inside) / len(inside)) for k in range(3)] if inside else [0, 0, 0]
    return bytes([*mean, round(255 * len(inside) / len(found))])


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


rows = b"".join(b"\0" + b"".join(pixel(column, row) for column in range(SIZE)) for row in range(SIZE))
header = struct.pack(">IIBBBBB", SIZE, SIZE, 8, 6, 0, 0, 0)
image = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")
(Path(__file__).parent / "icon.png").write_bytes(image)
