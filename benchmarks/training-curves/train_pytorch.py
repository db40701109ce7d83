#!/usr/bin/python3
"""usage: train_pytorch.py ours|original TOKENIZER.model TRAIN.txt VAL.txt SECONDS [EVERY]

Held-out bits a byte against seconds of training in PyTorch, the figures of benchmarks/avx512-2.5ghz/quality.md. One JSON line an
evaluation; evaluations are not counted as training time.

ours      this project's model, batch and settings: 2 x 256, tied, dropout 0.3, 16 lanes of 64 tokens with the state carried, AdamW 4e-3,
          warm-up and cosine over the time given. Held out: one stream with the state carried.
original  the Python original's recipe: 2 x 200, tied, one line a step cut at 50 tokens, AdamW 3e-4, no shuffling. Held out: line by line,
          whole lines.
"""
import json, math, sys, time
import sentencepiece, torch
import torch.nn.functional as F

recipe, tokenizer, train_file, val_file, seconds = sys.argv[1:5] + [float(sys.argv[5])]
every = float(sys.argv[6]) if len(sys.argv) > 6 else 30.0
sp = sentencepiece.SentencePieceProcessor(model_file=tokenizer)
V, E = sp.get_piece_size(), 256 if recipe == "ours" else 200
torch.manual_seed(1)


class Model(torch.nn.Module):
    def __init__(self, dropout):
        super().__init__()
        self.embedding = torch.nn.Embedding(V, E)
        self.gru = torch.nn.GRU(E, E, 2, dropout=dropout)
        torch.nn.init.normal_(self.embedding.weight, std=E**-0.5)

    def forward(self, ids, state=None):
        y, state = self.gru(self.embedding(ids), state)
        return F.linear(y, self.embedding.weight), state


model = Model(0.3 if recipe == "ours" else 0.0)
text, held = open(train_file, encoding="utf-8").read(), open(val_file, encoding="utf-8").read()


def stream_bits():
    ids, nll, state = torch.tensor(sp.encode(held)), 0.0, None
    for i in range(0, len(ids) - 1, 4096):
        x, y = ids[i : i + 4096][: len(ids) - 1 - i], ids[i + 1 : i + 4097]
        logits, state = model(x[:, None], state)
        nll += F.cross_entropy(logits[:, 0], y, reduction="sum").item()
    return nll / math.log(2) / len(held.encode())


def line_bits():
    nll, size = 0.0, 0
    for line in held.splitlines():
        if not line.strip():
            continue
        ids = torch.tensor([sp.bos_id()] + sp.encode(line) + [sp.eos_id()])
        logits, _ = model(ids[:-1, None])
        nll += F.cross_entropy(logits[:, 0], ids[1:], reduction="sum").item()
        size += len(line.encode()) + 1
    return nll / math.log(2) / size


def batches():
    if recipe == "original":
        lines = [line for line in text.splitlines() if line.strip()]
        while True:
            for line in lines:
                ids = torch.tensor(([sp.bos_id()] + sp.encode(line) + [sp.eos_id()])[:50])[:, None]
                yield ids[:-1], ids[1:], True
    ids = torch.tensor(sp.encode(text))
    lane = (len(ids) - 1) // 16
    x, y = ids[: lane * 16].view(16, lane).t().contiguous(), ids[1 : lane * 16 + 1].view(16, lane).t().contiguous()
    while True:
        for i in range(0, lane, 64):
            yield x[i : i + 64], y[i : i + 64], i == 0


def step(optimizer, x, y, state):
    optimizer.zero_grad(set_to_none=True)
    logits, state = model(x, state)
    F.cross_entropy(logits.reshape(-1, V), y.reshape(-1)).backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    return state.detach()


def fastest_threads():
    best = None
    saved = {k: v.clone() for k, v in model.state_dict().items()}
    for threads in (1, 2):
        torch.set_num_threads(threads)
        source, times = batches(), []
        for _ in range(12):
            x, y, _ = next(source)
            start = time.perf_counter()
            step(torch.optim.SGD(model.parameters(), lr=0.0), x, y, None)
            times.append(time.perf_counter() - start)
        best = min(best or (9e9, 0), (sorted(times)[6], threads))
    model.load_state_dict(saved)
    torch.set_num_threads(best[1])
    return best


per_step, threads = fastest_threads()
if recipe == "ours":
    matrices = [p for p in model.parameters() if p.dim() > 1]
    vectors = [p for p in model.parameters() if p.dim() < 2]
    optimizer = torch.optim.AdamW(
        [dict(params=matrices, weight_decay=0.05), dict(params=vectors, weight_decay=0.0)], lr=4e-3, betas=(0.9, 0.99)
    )
else:
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-4)

spent, steps, shown, state = 0.0, 0, 0.0, None
for x, y, fresh in batches():
    if recipe == "ours":
        # By the time spent: the same curve whatever the machine's speed, and it ends when the time does.
        done = min(1.0, spent / seconds)
        for group in optimizer.param_groups:
            group["lr"] = 4e-3 * min(1.0, (steps + 1) / 100) * (0.01 + 0.99 * (1 + math.cos(math.pi * done)) / 2)
    start = time.perf_counter()
    state = step(optimizer, x, y, None if fresh else state)
    spent += time.perf_counter() - start
    steps += 1
    if spent - shown >= every or spent >= seconds:
        shown = spent
        model.eval()
        with torch.no_grad():
            bits = stream_bits() if recipe == "ours" else line_bits()
        model.train()
        print(
            json.dumps(dict(recipe=recipe, seconds=round(spent, 1), steps=steps, threads=threads, bits_per_byte=round(bits, 4))),
            flush=True,
        )
    if spent >= seconds:
        break
