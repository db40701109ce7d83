"""Makes the fixtures of this folder with the reference, SentencePiece 0.1.97 (spm_train and its Python package).

    /usr/bin/python3 make_fixtures.py DIRECTORY-OF-THE-SHARED-CORPORA

small.txt.gz   a generated text to train on: words of a few languages by Zipf's law, numbers, punctuation
hard.txt.gz    generated hard lines to encode: all planes, combining marks, emoji, U+2581, NUL, tabs, CR, bad UTF-8, very long words
training.tsv   name, corpus, options, SHA-256 of the .model file and of the .vocab file ("error" where the reference refuses)
encoding.tsv   name of a training, corpus, SHA-256 of the lines "id:begin:end id:begin:end ..." of every line, SHA-256 of their decodings
sampling.tsv   name of a training, what (nbest N / sample N ALPHA SEED), SHA-256 of the lines of ids for small.txt's first 300 lines

Models are trained in the directory of the corpora, so that the recorded input path is the bare file name, with model_prefix "m".
Hashes stand for results that would fill megabytes; the tests train and encode the same and compare.
"""
import gzip, hashlib, os, random, shutil, subprocess, sys, tempfile
import sentencepiece as spm

HERE = os.path.dirname(os.path.abspath(__file__))
CORPORA = ["botchan.txt", "nekodearu.txt", "tinyshakespeare.txt"]


def small(rng):
    def words(syllables, count, low, high):
        return ["".join(rng.choice(syllables) for _ in range(rng.randint(low, high))) for _ in range(count)]

    latin = words("ba ke li mo nu ra se ti vo wu the ing er an st re on pro qui ch a e i o s t n".split(), 900, 1, 4)
    accents = words("é ñá über ça ôt ß ø ij ł ő".split() + "ma ve ro li".split(), 120, 1, 3)
    greek = words("αβ γε δο λα μι σο ς ού".split(), 80, 1, 4)
    cyrillic = words("да не ка мо ли ст ый ов и в".split(), 120, 1, 4)
    kana = words(list("のはがをにであるしたとかいってなこれ吾輩猫名前無生見当"), 300, 1, 5)
    lines = []
    for _ in range(1500):
        kind = rng.random()
        pool = latin if kind < 0.62 else kana if kind < 0.8 else cyrillic if kind < 0.88 else accents if kind < 0.95 else greek
        line = []
        for _ in range(rng.randint(1, 14)):
            word = pool[min(int(rng.paretovariate(0.8)) - 1, len(pool) - 1)]
            if rng.random() < 0.06:
                word = str(rng.randint(0, 99999))
            if rng.random() < 0.08:
                word = word.capitalize()
            if rng.random() < 0.12:
                word += rng.choice([".", ",", "!", "?", ";", "...", "”", "。", "、"])
            line.append(word)
        lines.append(("" if pool is kana else " ").join(line))
    return "\n".join(lines) + "\n"


def hard(rng):
    lines = [
        b"",
        b" ",
        b"   ",
        b"\t",
        b"\r",
        b"a\r",
        b"\x00",
        b"a\x00b",
        b" a  b   c ",
        b"\xe2\x96\x81",
        b"\xe2\x96\x81\xe2\x96\x81a\xe2\x96\x81 b \xe2\x96\x81",
        b"\xff\xfe",
        b"\xc3",
        b"a\xe3\x81",
        b"\xed\xa0\x80",
        b"\xf0\x9f\x98",
        b"\xc0\x80",
        b"\xf5\x80\x80\x80",
        b"\xf4\x90\x80\x80",
        "\u00a0\u2003\u3000x\u3000\u3000y\u2028".encode(),
        "\u200b\u200c\u200d\ufeff\ufffd".encode(),
        "e\u0301e\u0300o\u0302\u0323 a\u0328\u0301".encode(),
        "ｶﾞｷﾞﾊﾟｱｲｳ ＡＢＣ１２３ ～~".encode(),
        "ﬁﬂﬃ ⅧⅨ ½ ㌔㍍ ㈱ ﷺ ＃".encode(),
        "각각 한국어 가나다".encode(),
        "👩‍👩‍👧‍👦👍🏽🇯🇵🏴󠁧󠁢󠁥󠁮󠁧󠁿".encode(),
        "<prompt>hi<ai>there<end><prompt><ai>".encode(),
        b"<s></s><unk><pad><0x41><0x0A>",
        b"<x>the<x>the the<c>",
        "İıſßẞΣσςǅ ÀÉÎ".encode(),
        "\u0344\u0958\u2126\u212b\ufb2a".encode(),
        "吾輩は猫である。名前はまだ無い。".encode(),
        "\u2585\u2585x".encode(),
        b"x" * 100000,
        b"the" * 20000,
        "猫".encode() * 20000,
        b" " * 5000 + b"a" + b" " * 5000,
        b"\xff" * 3000,
        ("é" * 5000).encode(),
        b"0123456789" * 300,
    ]
    planes = [
        (0x20, 0x7E),
        (0xA0, 0x24F),
        (0x300, 0x36F),
        (0x370, 0x5FF),
        (0x600, 0x1FFF),
        (0x2000, 0x2BFF),
        (0x3000, 0x30FF),
        (0x4E00, 0x4FFF),
        (0xAC00, 0xACFF),
        (0xF900, 0xFFFF),
        (0x10000, 0x105FF),
        (0x1D400, 0x1D7FF),
        (0x1F300, 0x1FAFF),
        (0x20000, 0x200FF),
        (0x2F800, 0x2FA1F),
        (0xE0000, 0xE01EF),
        (0x100000, 0x1000FF),
    ]
    favourites = [" ", "  ", "▁", "the ", "ing", "の", "<x>", "<ai>", "a", "b", "e\u0301", "\u3000", "\t", ".", "1", "\u0000", "か\u3099"]
    for _ in range(1500):
        line = b""
        for _ in range(rng.randint(1, 30)):
            pick = rng.random()
            if pick < 0.45:
                line += rng.choice(favourites).encode()
            elif pick < 0.95:
                low, high = rng.choice(planes)
                c = rng.randint(low, high)
                line += b"" if 0xD800 <= c < 0xE000 else chr(c).encode()
            else:
                line += bytes([rng.randint(0x80, 0xFF)])
        lines.append(line.replace(b"\n", b""))
    # Every assigned or unassigned code point of the lower planes once, a few of the others.
    points = [c for c in range(0x21, 0x3100)] + [c for c in range(0xA000, 0x10000, 3)] + [c for c in range(0x10000, 0x110000, 997)]
    for i in range(0, len(points), 40):
        lines.append("".join(chr(c) for c in points[i : i + 40] if not 0xD800 <= c < 0xE000 and c != 10).encode())
    return b"\n".join(lines) + b"\n"


OPTION_SETS = {
    "plain": "",
    "nowhite": "--split_by_whitespace=false",
    "suffix": "--treat_whitespace_as_suffix=true --split_by_unicode_script=false",
    "suffixnowhite": "--treat_whitespace_as_suffix=true --split_by_whitespace=false",
    "digits": "--split_digits=true --normalization_rule_name=nfkc",
    "numbers": "--split_by_number=false --normalization_rule_name=nfkc_cf",
    "symbols": "--user_defined_symbols=<x>,the,▁ba --control_symbols=<c>,<pad> --pad_id=3 --normalization_rule_name=nmt_nfkc_cf",
    "bytes": "--byte_fallback=true --character_coverage=0.98 --normalization_rule_name=identity",
    "ids": "--unk_id=3 --bos_id=-1 --eos_id=0 --pad_id=1 --unk_piece=[UNK] --eos_piece=[E] --pad_piece=[P] --unk_surface=?? "
    "--normalization_rule_name=identity",
    "spaces": "--remove_extra_whitespaces=false --add_dummy_prefix=false --allow_whitespace_only_pieces=true "
    "--normalization_rule_name=identity",
    "sampled": "--input_sentence_size=400 --character_coverage=0.99 --max_sentence_length=120 --normalization_rule_name=identity",
    "first": "--input_sentence_size=400 --shuffle_input_sentence=false --max_sentencepiece_length=6 --normalization_rule_name=identity",
    "required": "--required_chars=éñ猫 --hard_vocab_limit=false --normalization_rule_name=identity",
    "em": "--num_threads=3 --num_sub_iterations=1 --shrinking_factor=0.6 --seed_sentencepiece_size=2000 --normalization_rule_name=identity",
    "chat": "--byte_fallback=true --user_defined_symbols=<prompt>,<ai>,<end> --pad_id=3 --add_dummy_prefix=false "
    "--remove_extra_whitespaces=false --normalization_rule_name=identity",
}


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value, at


def fields(data):
    at = 0
    while at < len(data):
        key, at = varint(data, at)
        if key & 7 == 0:
            value, at = varint(data, at)
        elif key & 7 == 2:
            size, at = varint(data, at)
            value, at = data[at : at + size], at + size
        else:
            value, at = data[at : at + 4], at + 4
        yield key >> 3, value


def lines_of(path):
    lines = open(path, "rb").read().split(b"\n")
    return lines[:-1] if lines and lines[-1] == b"" else lines


def encode(model, path):
    encoded, decoded = hashlib.sha256(), hashlib.sha256()
    for line in lines_of(path):
        pieces = []
        for field, value in fields(model.encode(line, out_type="serialized_proto")):
            if field == 2:
                piece = {2: 0, 4: 0, 5: 0, **dict(fields(value))}
                pieces.append((piece[2], piece[4], piece[5]))
        encoded.update((" ".join("%d:%d:%d" % p for p in pieces) + "\n").encode())
        text = dict(fields(model.DecodeIdsAsSerializedProto([p[0] for p in pieces]))).get(1, b"") if pieces else b""
        decoded.update(text + b"\n")
    return encoded.hexdigest(), decoded.hexdigest()


def main():
    work = tempfile.mkdtemp()
    for name in CORPORA:
        shutil.copy(os.path.join(sys.argv[1], name), work)
    open(os.path.join(work, "small.txt"), "w", encoding="utf-8", newline="\n").write(small(random.Random(1)))
    open(os.path.join(work, "hard.txt"), "wb").write(hard(random.Random(2)))
    for name in ("small.txt", "hard.txt"):
        with open(os.path.join(HERE, name + ".gz"), "wb") as out:
            out.write(gzip.compress(open(os.path.join(work, name), "rb").read(), 9, mtime=0))
    os.chdir(work)

    trainings = []
    for kind in ("bpe", "unigram", "char", "word"):
        for name, options in OPTION_SETS.items():
            size = {"bpe": 700, "unigram": 700, "char": 150, "word": 400}[kind]
            trainings.append(("small-%s-%s" % (kind, name), "small.txt", "--model_type=%s --vocab_size=%d %s" % (kind, size, options)))
    for corpus in CORPORA:
        for kind, sizes in (
            ("bpe", (500, 2048, 8000)),
            ("char", (500, 2048, 8000)),
            ("word", (500, 2048, 8000)),
            ("unigram", (500, 2048, 4000)),
        ):
            for size in sizes:
                trainings.append(
                    ("%s-%s-%d" % (corpus.split(".")[0], kind, size), corpus, "--model_type=%s --vocab_size=%d" % (kind, size))
                )
        for name in ("nowhite", "symbols", "bytes", "chat"):
            for kind in ("bpe", "unigram"):
                size = 4000 if corpus.startswith("neko") else 2000
                trainings.append(
                    (
                        "%s-%s-%s" % (corpus.split(".")[0], kind, name),
                        corpus,
                        "--model_type=%s --vocab_size=%d %s" % (kind, size, OPTION_SETS[name]),
                    )
                )

    with open(os.path.join(HERE, "training.tsv"), "w", encoding="utf-8", newline="\n") as training, open(
        os.path.join(HERE, "encoding.tsv"), "w", encoding="utf-8", newline="\n"
    ) as encoding, open(os.path.join(HERE, "sampling.tsv"), "w", encoding="utf-8", newline="\n") as sampling:
        for name, corpus, options in trainings:
            options = options.strip()
            for old in ("m.model", "m.vocab"):
                if os.path.exists(old):
                    os.remove(old)
            ok = (
                subprocess.run(
                    ["spm_train", "--input=" + corpus, "--model_prefix=m", "--minloglevel=2"] + options.split(), stderr=subprocess.DEVNULL
                ).returncode
                == 0
            )
            if not ok or not os.path.exists("m.vocab"):
                print("%s\t%s\t%s\terror\terror" % (name, corpus, options), file=training)
                continue
            hashes = [hashlib.sha256(open("m." + x, "rb").read()).hexdigest() for x in ("model", "vocab")]
            print("\t".join([name, corpus, options] + hashes), file=training, flush=True)
            model = spm.SentencePieceProcessor(model_file="m.model")
            texts = ["hard.txt"]
            if corpus in CORPORA and (name.endswith(("-2048", "-4000")) or options.count("--") > 2):
                texts += CORPORA
            for text in texts:
                print("\t".join((name, text) + encode(model, text)), file=encoding, flush=True)
            if corpus == "small.txt" and "-plain" in name and ("unigram" in name or "bpe" in name):
                open("few.txt", "wb").write(b"\n".join(lines_of("small.txt")[:300]) + b"\n")
                jobs = [("sample -1 0.3 7", ["--output_format=sample_id", "--nbest_size=-1", "--alpha=0.3", "--random_seed=7"])]
                if "unigram" in name:
                    jobs += [("nbest %d" % n, ["--output_format=nbest_id", "--nbest_size=%d" % n]) for n in (2, 10, 100)]
                    jobs.append(("sample 8 0.1 11", ["--output_format=sample_id", "--nbest_size=8", "--alpha=0.1", "--random_seed=11"]))
                for what, flags in jobs:
                    out = subprocess.run(
                        ["spm_encode", "--model=m.model", "few.txt"] + flags, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
                    ).stdout
                    print("\t".join((name, what, hashlib.sha256(out).hexdigest())), file=sampling, flush=True)
    shutil.rmtree(work)


if __name__ == "__main__":
    main()
