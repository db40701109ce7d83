#!/usr/bin/python3
"""Proves that any vocabulary cuts any text as SentencePiece 0.1.97 does: random models, random texts for each, the same ids and the same
places in bytes.

    sentencepiece-vocabularies.py [MODELS [TEXTS [SEED]]]     200 models, 1,000 texts for each, seed 1 if nothing is said

A model is trained by spm_train on a small random text with random flags: all four kinds, white-space pieces, symbols that hold spaces or
U+2581, spaces as suffix, bytes. In every second one the pieces are then replaced by random ones, which no training would give: runs of
U+2581 of any length, U+2581 inside pieces, equal scores, unused pieces. Texts are made of these pieces, runs of spaces, line ends, control
characters, unknown characters and, in some, broken UTF-8; some are longer than the window that encoders work in.
Takes five to ten minutes. Needs the .NET SDK and SentencePiece 0.1.97: Debian's packages sentencepiece and python3-sentencepiece, whose
Python is /usr/bin/python3; without them it says so and ends with exit code 77. GRULM names another grulm than the launcher.
"""
import json, os, random, shutil, struct, subprocess, sys, tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
GRULM = os.environ.get("GRULM", os.path.join(ROOT, "grulm"))
SPACE = "\u2581"
NORMAL, UNKNOWN, CONTROL, USER_DEFINED, UNUSED, BYTE = 1, 2, 3, 4, 5, 6


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
        shift += 7


def fields(data):
    """A protobuf message's fields: number, kind, value."""
    at = 0
    while at < len(data):
        key, at = varint(data, at)
        kind = key & 7
        if kind == 0:
            value, at = varint(data, at)
        elif kind == 2:
            size, at = varint(data, at)
            value, at = data[at : at + size], at + size
        else:
            size = 8 if kind == 1 else 4
            value, at = data[at : at + size], at + size
        yield key >> 3, kind, value


def packed(number):
    out = b""
    while number > 127:
        out += bytes([number & 127 | 128])
        number >>= 7
    return out + bytes([number])


def part(number, content):
    return packed(number << 3 | 2) + packed(len(content)) + content


def spaces(rng, mark, longest=40):
    return mark * min(longest, int(rng.paretovariate(0.7)))


def word(rng):
    kind = rng.random()
    if kind < 0.6:
        return "".join(rng.choice("ab e in the er x ing def".split()) for _ in range(rng.randint(1, 4)))
    if kind < 0.7:
        return str(rng.randint(0, 9999))
    if kind < 0.8:
        return "".join(rng.choice("のはがé猫ñдα") for _ in range(rng.randint(1, 4)))
    return rng.choice(["(", ");", "{", "}", "->", "\t", "\t\t", "<x>", ".", "...", "-" * rng.randint(1, 30), "#"])


def corpus(rng):
    lines = []
    for _ in range(rng.randint(60, 250)):
        line = spaces(rng, " ") if rng.random() < 0.6 else ""
        for _ in range(rng.randint(1, 9)):
            line += word(rng) + (spaces(rng, " ", 20) if rng.random() < 0.9 else "")
        if rng.random() < 0.1:
            line += spaces(rng, SPACE, 20) + word(rng)
        lines.append(line)
    return "\n".join(lines) + "\n"


def symbol(rng):
    """A user-defined symbol, as likely as not with spaces in it."""
    parts = []
    for _ in range(rng.randint(1, 4)):
        kind = rng.random()
        parts.append(
            spaces(rng, " ", 20) if kind < 0.35 else spaces(rng, SPACE, 20) if kind < 0.6 else word(rng) if kind < 0.95 else "\u00a0"
        )
    return "".join(parts)


def quoted(text):
    return '"' + text.replace('"', '""') + '"' if "," in text or '"' in text else text


def options(rng):
    kind = rng.choice(["unigram", "unigram", "bpe", "bpe", "char", "word"])
    flags = {
        "model_type": kind,
        "vocab_size": str(rng.randint(40, 400) + 256),
        "hard_vocab_limit": "false",
        "normalization_rule_name": rng.choice(["identity", "identity", "identity", "nmt_nfkc", "nfkc_cf"]),
        "character_coverage": rng.choice(["1.0", "0.98", "0.9995"]),
        "max_sentencepiece_length": str(rng.choice([4, 16, 16, 20, 40, 64])),
        "seed_sentencepiece_size": "5000",
        "num_threads": "1",
        "minloglevel": "2",
    }
    for name, share in (
        ("split_by_whitespace", 0.5),
        ("split_by_unicode_script", 0.5),
        ("split_by_number", 0.5),
        ("split_digits", 0.2),
        ("treat_whitespace_as_suffix", 0.25),
        ("allow_whitespace_only_pieces", 0.6),
        ("byte_fallback", 0.4),
        ("add_dummy_prefix", 0.5),
        ("remove_extra_whitespaces", 0.3),
        ("use_all_vocab", 0.3 if kind in ("char", "word") else 0),
    ):
        flags[name] = "true" if rng.random() < share else "false"
    if rng.random() < 0.6:
        symbols = {symbol(rng) for _ in range(rng.randint(1, 6))} - {""}
        flags["user_defined_symbols"] = ",".join(quoted(s) for s in sorted(symbols))
    return flags


def random_piece(rng, alphabet):
    kind = rng.random()
    if kind < 0.2:
        return SPACE * rng.randint(1, 40)
    out = ""
    for _ in range(rng.randint(1, 6)):
        out += spaces(rng, rng.choice([SPACE, SPACE, SPACE, " "]), 20) if rng.random() < 0.25 else rng.choice(alphabet)
    return out[:60]


def reshape(rng, model):
    """The model with its ordinary pieces replaced by random ones."""
    kept, rest = [], b""
    for number, kind, value in fields(model):
        if number == 1:
            kept.append({n: v for n, _, v in fields(value)})
        else:
            rest += part(number, value)
    if rng.random() < 0.1:
        # The normaliser's fifth setting: spaces stay spaces.
        rest += part(3, packed(5 << 3) + b"\0")
    reserved = [piece for piece in kept if piece.get(3, NORMAL) in (UNKNOWN, CONTROL, BYTE, USER_DEFINED)]
    taken = {piece[1] for piece in reserved}
    alphabet = rng.sample("abcdefghinortx(){};.-\t<>0123猫のéд", 14)
    scores = [round(-rng.random() * 12, rng.choice([0, 1, 6])) for _ in range(rng.randint(3, 60))]
    texts = [c for c in alphabet + [SPACE, " "] if rng.random() < 0.9]
    texts += [random_piece(rng, alphabet) for _ in range(rng.randint(20, 300))]
    unused = rng.random() < 0.2
    pieces = list(reserved)
    for text in texts:
        name = text.encode()
        if name in taken:
            continue
        taken.add(name)
        pick = rng.random()
        kind = USER_DEFINED if pick < 0.02 else UNUSED if unused and pick < 0.2 and len(text) > 1 else NORMAL
        pieces.append({1: name, 2: struct.pack("<f", rng.choice(scores)), 3: kind})
    out = b""
    for piece in pieces:
        body = part(1, piece[1]) + packed(2 << 3 | 5) + piece.get(2, struct.pack("<f", 0))
        out += part(1, body + packed(3 << 3) + packed(piece.get(3, NORMAL)))
    return out + rest, [piece[1].decode(errors="replace") for piece in pieces]


def text(rng, pieces, lines):
    """A text as bytes; without line ends where it must be a line."""
    out = b""
    count = rng.randint(0, 25) if rng.random() < 0.995 else rng.randint(2000, 6000)
    for _ in range(count):
        kind = rng.random()
        if kind < 0.3:
            piece = rng.choice(pieces)
            out += (piece if rng.random() < 0.3 else piece.replace(SPACE, " ")).encode()
        elif kind < 0.5:
            out += spaces(rng, " ", 400).encode()
        elif kind < 0.55:
            out += spaces(rng, SPACE, 60).encode()
        elif kind < 0.85:
            out += word(rng).encode()
        elif kind < 0.9:
            out += (word(rng)[:2] * rng.randint(1, 30)).encode()
        elif kind < 0.97:
            out += rng.choice(["\u3000", "😀", "\u00a0", "\r", "\x01", "\n", "e\u0301", "ﬁ", "Ⅷ", "\u200b", "\ufffd", "<unk>x"]).encode()
        elif lines:
            out += rng.choice([b"\xff", b"\xe2\x96", b"\xe2", b"\xf0\x9f\x98", b"\xc3", b"\x00", b"\x80\x81"])
        else:
            out += "\u0416".encode()
    return out.replace(b"\n", b"") if lines else out


def theirs(model, line):
    """Ids, begins and ends that SentencePiece gives; None where it refuses the text."""
    try:
        message = model.encode(line, out_type="serialized_proto")
    except (RuntimeError, OSError):
        return None
    ids, begins, ends = [], [], []
    for number, _, value in fields(message):
        if number != 2:
            continue
        id_ = begin = end = 0
        for inner, _, content in fields(value):
            if inner == 2:
                id_ = content
            elif inner == 4:
                begin = content
            elif inner == 5:
                end = content
        ids.append(id_)
        begins.append(begin)
        ends.append(end)
    # A word that is named like a control piece is an error there; all that the Python package shows of it are ids that are missing.
    return (ids, begins, ends) if len(model.encode(line)) == len(ids) else None


def ours(folder, flags, data):
    run = subprocess.run(
        [GRULM, "tokenizer", "encode", "--model", "m.model", "--output-format", "json", *flags],
        cwd=folder, input=data, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )
    if run.returncode != 0:
        raise SystemExit("grulm tokenizer encode: " + run.stderr.decode(errors="replace"))
    for line in run.stdout.split(b"\n")[:-1]:
        result = json.loads(line)
        yield result["ids"], result["begin"], result["end"]


def compare(rng, folder, model, pieces, count):
    """How many texts were compared, and one that differs."""
    half = count // 2
    plain = [text(rng, pieces, lines=True) for _ in range(half)]
    objects = [text(rng, pieces, lines=False) for _ in range(count - half)]
    plain_result = ours(folder, [], b"".join(line + b"\n" for line in plain))
    data = b"".join(json.dumps({"text": one.decode()}, ensure_ascii=False).encode() + b"\n" for one in objects)
    results = list(plain_result) + list(ours(folder, ["--input-format", "jsonl"], data))
    if len(results) != count:
        return 0, (b"", "%d lines" % count, "%d lines" % len(results))
    compared = 0
    for one, result in zip(plain + objects, results):
        expected = theirs(model, one)
        if expected is None:
            continue
        compared += 1
        if expected != result:
            return compared, (one, expected, result)
    return compared, None


def train(rng, folder):
    """Makes m.model; its pieces, or None where spm_train refuses the text."""
    with open(os.path.join(folder, "text.txt"), "w", newline="") as file:
        file.write(corpus(rng))
    flags = options(rng)
    path = os.path.join(folder, "m.model")
    if os.path.exists(path):
        os.remove(path)
    command = ["spm_train", "--input=text.txt", "--model_prefix=m"] + ["--%s=%s" % flag for flag in flags.items()]
    subprocess.run(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    if not os.path.exists(path):
        return flags, None
    data = open(path, "rb").read()
    pieces = [dict((n, v) for n, _, v in fields(value))[1].decode(errors="replace") for number, _, value in fields(data) if number == 1]
    if rng.random() < 0.5:
        data, pieces = reshape(rng, data)
        flags["reshaped"] = "true"
        open(path, "wb").write(data)
    return flags, pieces


def shown(value):
    line = repr(value)
    return line if len(line) < 1500 else line[:1500] + "…"


def main():
    try:
        import sentencepiece
    except ImportError:
        sentencepiece = None
    if sentencepiece is None or shutil.which("spm_train") is None or sentencepiece.__version__ != "0.1.97":
        print("skipped: SentencePiece 0.1.97 is not installed (Debian: sentencepiece and python3-sentencepiece)")
        sys.exit(77)
    wanted, texts, seed = ([int(word) for word in sys.argv[1:]] + [200, 1000, 1][len(sys.argv) - 1 :])[:3]
    folder = tempfile.mkdtemp()
    made = refused = different = compared = number = 0
    kinds = {}
    try:
        while made < wanted:
            number += 1
            rng = random.Random(seed * 1_000_003 + number)
            flags, pieces = train(rng, folder)
            if pieces is None:
                refused += 1
                continue
            model = sentencepiece.SentencePieceProcessor()
            try:
                model.Load(os.path.join(folder, "m.model"))
            except (RuntimeError, OSError):
                refused += 1
                continue
            made += 1
            kind = flags["model_type"] + (" reshaped" if "reshaped" in flags else "")
            kinds[kind] = kinds.get(kind, 0) + 1
            done, bad = compare(rng, folder, model, pieces, texts)
            compared += done
            if bad is not None:
                different += 1
                print("DIFFERENT  model %d of seed %d: %s" % (number, seed, " ".join("%s=%s" % flag for flag in sorted(flags.items()))))
                print("  text  ", shown(bad[0]), "\n  theirs", shown(bad[1]), "\n  ours  ", shown(bad[2]), flush=True)
                if "KEEP" in os.environ:
                    shutil.copy(os.path.join(folder, "m.model"), os.path.join(os.environ["KEEP"], "%d.model" % number))
    finally:
        shutil.rmtree(folder)
    print("models: " + ", ".join("%d %s" % (kinds[kind], kind) for kind in sorted(kinds)) + "; %d refused by spm_train" % refused)
    print("%d models, %d texts compared, %d models different" % (made, compared, different))
    sys.exit(1 if different or made == 0 or compared < made * texts // 2 else 0)


main()
