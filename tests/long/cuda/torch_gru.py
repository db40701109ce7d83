"""Times PyTorch's GRU language model on a card: training steps (embedding, cuDNN's GRU, tied output layer, cross-entropy, clipping, fused
AdamW) and decoding, over the sizes of docs/cuda.md. Prints one JSON object a line.
Run: python3 torch_gru.py [train|decode] [--quick], or for steps of one size: torch_gru.py --only=V,H,B,bf16|fp32"""

import json
import statistics
import sys
import time

import torch
from torch import nn

torch.backends.cuda.matmul.allow_tf32 = False
torch.backends.cudnn.allow_tf32 = False


class Model(nn.Module):
    def __init__(self, vocab, hidden, layers):
        super().__init__()
        self.embedding = nn.Embedding(vocab, hidden)
        self.gru = nn.GRU(hidden, hidden, layers, batch_first=False)
        self.out = nn.Linear(hidden, vocab, bias=False)
        self.out.weight = self.embedding.weight
        nn.init.normal_(self.embedding.weight, std=0.02)

    def forward(self, ids, state=None):
        y, state = self.gru(self.embedding(ids), state)
        return self.out(y), state


def train(vocab, hidden, lanes, steps, bf16, repeats):
    torch.manual_seed(1)
    torch.cuda.empty_cache()
    torch.cuda.reset_peak_memory_stats()
    model = Model(vocab, hidden, 2).cuda()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, betas=(0.9, 0.99), weight_decay=0.05, fused=True)
    state = None
    times = []
    for i in range(repeats + 5):
        ids = torch.randint(vocab, (steps, lanes), device="cuda")
        targets = torch.randint(vocab, (steps, lanes), device="cuda")
        torch.cuda.synchronize()
        start = time.perf_counter()
        optimizer.zero_grad(set_to_none=True)
        with torch.autocast("cuda", torch.bfloat16, enabled=bf16):
            logits, state = model(ids, state)
            loss = nn.functional.cross_entropy(logits.view(-1, vocab), targets.view(-1))
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        state = state.detach()
        loss.item(), norm.item()
        torch.cuda.synchronize()
        if i >= 5:
            times.append(time.perf_counter() - start)
    seconds = statistics.median(times)
    print(json.dumps({
        "case": f"train V {vocab} H {hidden} B {lanes} T {steps}", "precision": "bf16" if bf16 else "fp32",
        "median_ms": round(seconds * 1000, 3), "tokens_per_s": round(lanes * steps / seconds),
        "peak_mb": round(torch.cuda.max_memory_allocated() / 2**20, 1),
    }), flush=True)


def decode(vocab, hidden, lanes, tokens, bf16):
    torch.manual_seed(1)
    model = Model(vocab, hidden, 2).cuda().eval()
    if bf16:
        model = model.bfloat16()
        model.gru.flatten_parameters()
    with torch.no_grad():
        ids = torch.zeros(1, lanes, dtype=torch.long, device="cuda")
        state = None
        for i in range(tokens + 20):
            if i == 20:
                torch.cuda.synchronize()
                start = time.perf_counter()
            logits, state = model(ids, state)
            ids = torch.multinomial(torch.softmax(logits[0].float(), -1), 1).view(1, lanes)
            if lanes == 1:
                ids.item()
        torch.cuda.synchronize()
    seconds = time.perf_counter() - start
    print(json.dumps({
        "case": f"decode V {vocab} H {hidden} sessions {lanes}", "precision": "bf16" if bf16 else "fp32",
        "tokens_per_s": round(lanes * tokens / seconds),
    }), flush=True)


only = [a.removeprefix("--only=").split(",") for a in sys.argv if a.startswith("--only=")]
for vocab, hidden, lanes, precision in only:
    train(int(vocab), int(hidden), int(lanes), 64, precision == "bf16", 60)
if only:
    sys.exit()
what = [a for a in sys.argv[1:] if not a.startswith("--")] or ["train", "decode"]
quick = "--quick" in sys.argv
if "train" in what:
    for bf16 in (True, False):
        for vocab in (8192, 32000):
            for hidden in (512, 1024):
                for lanes in (32, 256) if quick else (32, 64, 128, 256):
                    train(vocab, hidden, lanes, 64, bf16, 10 if quick else 20)
if "decode" in what:
    for bf16 in (True, False):
        for lanes in (1, 256):
            decode(8192, 512, lanes, 200, bf16)
