"""Writes tiny.safetensors from the format's description (https://github.com/huggingface/safetensors, README, "Format").

Uses no safetensors library: eight bytes of header length, a compact JSON header padded with spaces to a multiple of
eight, the tensors' bytes in the header's order (wider types first, then by name). Run: python3 make_safetensors.py
"""
import json
import pathlib
import struct

tensors = [  # name, dtype, shape, bytes
    ("count", "I64", [], struct.pack("<q", -7)),
    ("bias", "F32", [3], struct.pack("<3f", 0.5, -1.25, 3.0)),
    ("empty", "F32", [0, 4], b""),
    ("gru.weight_ih_l0", "F32", [2, 2], struct.pack("<4f", 1.0, 2.0, 3.0, 4.0)),
    ("short", "BF16", [2], struct.pack("<2H", 0x3F80, 0xC020)),  # 1, -2.5
    ("half", "F16", [2], struct.pack("<2e", 0.25, -65504.0)),
]

header, offset = {"__metadata__": {"format": "pt", "note": "größe \"1\""}}, 0
for name, dtype, shape, data in tensors:
    header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [offset, offset + len(data)]}
    offset += len(data)
text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
text += b" " * (-len(text) % 8)

path = pathlib.Path(__file__).with_name("tiny.safetensors")
path.write_bytes(struct.pack("<Q", len(text)) + text + b"".join(data for *_, data in tensors))
