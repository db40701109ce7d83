#!/usr/bin/python3
"""Writes pytorch_gru.json beside itself: PyTorch's losses, gradients and ten AdamW steps for two small models.

Run with a Python that has torch (1.13 wrote the checked-in file):  python3 make_pytorch_gru.py
"""
import json, pathlib
import torch
import torch.nn.functional as F


class GruLm(torch.nn.Module):
    def __init__(self, vocab, emb, hidden, layers, tied):
        super().__init__()
        self.embedding = torch.nn.Embedding(vocab, emb)
        self.gru = torch.nn.GRU(emb, hidden, layers)
        self.out = torch.nn.Linear(hidden, vocab, bias=False)
        if tied:
            self.out.weight = self.embedding.weight

    def forward(self, ids):
        y, _ = self.gru(self.embedding(ids))
        return self.out(y)


def case(vocab, emb, hidden, layers, tied, steps, lanes):
    torch.manual_seed(7)
    model = GruLm(vocab, emb, hidden, layers, tied)
    with torch.no_grad():
        for p in model.parameters():
            p.copy_(torch.randn_like(p) * 0.4)
    flat = lambda t: [float(x) for x in t.detach().flatten()]
    start = {name: flat(p) for name, p in model.named_parameters()}
    batches = []
    for _ in range(10):
        inputs = torch.randint(0, vocab, (steps, lanes))
        targets = torch.randint(0, vocab, (steps, lanes))
        targets[torch.rand(steps, lanes) < 0.2] = -1
        batches.append((inputs, targets))
    decay = [p for n, p in model.named_parameters() if "bias" not in n]
    rest = [p for n, p in model.named_parameters() if "bias" in n]
    optimizer = torch.optim.AdamW(
        [{"params": decay, "weight_decay": 0.1}, {"params": rest, "weight_decay": 0.0}], lr=0.02, betas=(0.9, 0.99)
    )
    losses, norms, gradients = [], [], None
    for inputs, targets in batches:
        optimizer.zero_grad()
        loss = F.cross_entropy(model(inputs).reshape(-1, vocab), targets.reshape(-1), ignore_index=-1)
        loss.backward()
        if gradients is None:
            gradients = {name: flat(p.grad) for name, p in model.named_parameters()}
        norms.append(float(torch.nn.utils.clip_grad_norm_(model.parameters(), 0.5)))
        optimizer.step()
        losses.append(loss.item())
    return dict(
        vocab=vocab,
        emb=emb,
        hidden=hidden,
        layers=layers,
        tied=tied,
        steps=steps,
        lanes=lanes,
        start=start,
        gradients=gradients,
        losses=losses,
        norms=norms,
        end={name: flat(p) for name, p in model.named_parameters()},
        batches=[dict(inputs=i.flatten().tolist(), targets=t.flatten().tolist()) for i, t in batches],
    )


cases = [case(13, 6, 6, 2, True, 7, 3), case(9, 5, 7, 3, False, 5, 4)]
out = pathlib.Path(__file__).with_name("pytorch_gru.json")
out.write_text(json.dumps(dict(torch=torch.__version__, cases=cases)) + "\n")
