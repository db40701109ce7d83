#!/usr/bin/python3
"""usage: draw_curves.py GRULM_MODEL OURS.jsonl ORIGINAL.jsonl > held-out.svg

Draws held-out bits a byte against seconds of training: a run of `grulm train` (its training/metrics.jsonl) and what
train_pytorch.py wrote, with `ours` and with `original`.
Seconds are on a logarithmic scale, evaluations are not counted. The points themselves go to standard error.
"""
import json, math, sys

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 760, 400, 56, 24, 40, 48
SECONDS, BITS = (3, 3000), (2.0, 3.4)


def lines(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def ours(folder):
    """Evaluations are not counted here either: the time of the steps alone, from the speeds that were reported."""
    seconds = tokens = 0
    for m in lines(folder + "/training/metrics.jsonl"):
        if "tokens_per_s" in m:
            seconds, tokens = seconds + (m["tokens"] - tokens) / m["tokens_per_s"], m["tokens"]
        elif "val_bits_per_byte" in m:
            yield seconds, m["val_bits_per_byte"]


def peer(path):
    return [(m["seconds"], m["bits_per_byte"]) for m in lines(path)]


def x(seconds):
    low, high = (math.log(s) for s in SECONDS)
    return LEFT + (math.log(seconds) - low) / (high - low) * (WIDTH - LEFT - RIGHT)


def y(bits):
    return TOP + (BITS[1] - bits) / (BITS[1] - BITS[0]) * (HEIGHT - TOP - BOTTOM)


curves = [
    ("GruLM, --preset tiny", "#0b62a4", list(ours(sys.argv[1]))),
    ("PyTorch, this project's model and settings", "#b3541e", peer(sys.argv[2])),
    ("PyTorch, the original's recipe", "#6b6b6b", peer(sys.argv[3])),
]
print(
    f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="system-ui, sans-serif" font-size="12" role="img">'
)
print("<title>Held-out bits a byte against seconds of training, Tiny Shakespeare, BPE 2048</title>")
print(f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>')
print(
    f'<text x="{LEFT}" y="22" font-size="14" fill="#222">'
    'Held-out bits a byte by seconds of training (Tiny Shakespeare, BPE 2048, two CPU cores)</text>'
)
for tick in range(int(BITS[0] * 10), int(BITS[1] * 10) + 1, 2):
    at = y(tick / 10)
    print(
        f'<path d="M{LEFT} {at:.1f}H{WIDTH - RIGHT}" stroke="#e3e3e3"/>'
        f'<text x="{LEFT - 8}" y="{at + 4:.1f}" text-anchor="end" fill="#555">{tick / 10:.1f}</text>'
    )
for tick in (3, 10, 30, 100, 300, 1000, 3000):
    print(
        f'<path d="M{x(tick):.1f} {TOP}V{HEIGHT - BOTTOM}" stroke="#f0f0f0"/>'
        f'<text x="{x(tick):.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle" fill="#555">{tick:,} s</text>'
    )
for name, colour, points in curves:
    shown = [(x(s), y(b)) for s, b in points if SECONDS[0] <= s <= SECONDS[1] and BITS[0] <= b <= BITS[1]]
    print(f'<polyline fill="none" stroke="{colour}" stroke-width="2" points="{" ".join(f"{a:.1f},{b:.1f}" for a, b in shown)}"/>')
    print(name, " ".join(f"{s:.1f}:{b:.3f}" for s, b in points), file=sys.stderr)
    a, b = shown[0]
    print(f'<text x="{a + 10:.1f}" y="{b - 2:.1f}" fill="{colour}">{name}</text>')
    a, b = shown[-1]
    print(f'<circle cx="{a:.1f}" cy="{b:.1f}" r="3.5" fill="{colour}"/>')
print("</svg>")
