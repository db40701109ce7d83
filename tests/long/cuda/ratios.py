"""Sets what GruLM and PyTorch measured side by side: two files of JSON lines become a table of Markdown, with a ratio for every size.
Where a case stands several times, its median counts. A ratio is above 1 where GruLM does more tokens a second, or takes more
memory; --least and --most fail where one is not as it should be.
Run: python3 ratios.py OURS THEIRS tokens_per_s|mb [--least X] [--most X]"""

import argparse
import json
import re
import statistics


def read(path, field):
    """Figures by precision and size, which is what the case's name says of V, H, lanes (or texts at once), and by where tokens are
    drawn, if it says that they are drawn on the card."""
    figures = {}
    for line in open(path):
        row = json.loads(line)
        sizes = {name: int(number) for name, number in re.findall(r"\b(V|H|B|T|sessions) (\d+)", row["case"])}
        lanes = sizes.get("B", sizes.get("sessions", 1))
        drawn = "on the card" if row["case"].endswith("drawn on the card") else ""
        figures.setdefault((row["precision"], sizes["V"], sizes["H"], lanes, drawn), []).append(row[field])
    return {size: statistics.median(found) for size, found in figures.items()}


parser = argparse.ArgumentParser()
parser.add_argument("ours")
parser.add_argument("theirs")
parser.add_argument("field", choices=["tokens_per_s", "mb"])
parser.add_argument("--least", type=float)
parser.add_argument("--most", type=float)
told = parser.parse_args()
ours, theirs = read(told.ours, told.field), read(told.theirs, told.field)
unit = {"tokens_per_s": "tokens/s", "mb": "MB"}[told.field]
for size in [size for size in ours if size[-1]]:
    if (same := (*size[:-1], "")) in theirs:
        theirs[size] = theirs[same]
print(f"| precision | V | H | at once | drawn | GruLM, {unit} | PyTorch, {unit} | ratio |\n|---|---|---|---|---|---|---|---|")
wrong = 0
for size in sorted(ours.keys() | theirs.keys()):
    ratio = ours[size] / theirs[size] if size in ours and size in theirs else None
    shown = [f"{side[size]:,.0f}" if size in side else "–" for side in (ours, theirs)]
    print("|", " | ".join([size[0], *map(str, size[1:]), *shown, f"{ratio:.2f}" if ratio else "–"]), "|")
    wrong += told.least is not None and (ratio is None or ratio < told.least)
    wrong += told.most is not None and (ratio is None or ratio > told.most)
if wrong:
    raise SystemExit(f"failed: {wrong} ratios are not as they should be")
