"""Writes the checkpoints of this folder with PyTorch, and beside each NAME.pt a NAME.json with ids and the logits that PyTorch computes.

    python3 make_fixtures.py [NAME ...]     # needs torch (written with 1.13) and sentencepiece (0.1.97)

The files are committed; run it again only to add some: with names, those alone are written. `norm-3`, `residual-3` and
`norm-residual-3` are computed by the model.py that `grulm export --with-code` writes. `original` has the layout of the
Python original: lines, no bos fed.
"""
import importlib.util
import json
import os
import sys

import sentencepiece as spm
import torch
from torch import nn

HERE = os.path.dirname(os.path.abspath(__file__))
CODE = os.path.join(HERE, "..", "..", "..", "..", "src", "GruLM", "Exchange", "Writing", "model.py")


class Lm(nn.Module):
    def __init__(self, vocab, emb, hidden, layers, tied, bias=True):
        super().__init__()
        self.embedding = nn.Embedding(vocab, emb)
        self.gru = nn.GRU(emb, hidden, layers, batch_first=True, bias=bias)
        self.out = nn.Linear(hidden, vocab, bias=False)
        if tied:
            self.out.weight = self.embedding.weight

    def forward(self, ids):
        return self.out(self.gru(self.embedding(ids))[0])


def is_wanted(name):
    return len(sys.argv) == 1 or name in sys.argv


def record(name, model, ids, more=None):
    if not is_wanted(name):
        return
    with torch.no_grad():
        logits = (model.float() if isinstance(model, nn.Module) else model)(torch.tensor([ids]))[0]
    facts = {"ids": ids, "logits": [[round(x, 7) for x in row] for row in logits.tolist()], **(more or {})}
    with open(os.path.join(HERE, name + ".json"), "w") as file:
        json.dump(facts, file)
        file.write("\n")


def save(name, what):
    if is_wanted(name):
        torch.save(what, os.path.join(HERE, name + ".pt"))


def exported(seed, residual, norm, *sizes):
    """A model that model.py computes: layers above the first normalise what they read, or add to it."""
    spec = importlib.util.spec_from_file_location("model", CODE)
    code = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(code)
    state = small(seed, *sizes).state_dict()
    for layer in range(1, sizes[3]) if norm else ():
        for kind, about in (("weight", 1), ("bias", 0)):
            state[f"norm.{kind}_l{layer}"] = about + 0.3 * torch.randn(sizes[2])

    model = code.Model(state, residual).eval()
    return model.state_dict(), lambda ids: model(ids)[0]


def small(seed, *sizes, **more):
    torch.manual_seed(seed)
    return Lm(*sizes, **more).eval()


def tokenizer(text):
    model = os.path.join(HERE, "tokenizer.model")
    if not is_wanted("tokenizer"):
        return spm.SentencePieceProcessor(model_file=model)
    path = os.path.join(HERE, "corpus.tmp")
    with open(path, "w") as file:
        file.write(text)
    spm.SentencePieceTrainer.train(
        input=path, model_prefix=os.path.join(HERE, "tokenizer"), model_type="bpe", vocab_size=60,
        user_defined_symbols=["<ai>", "<prompt>", "<end>", "<pad>"])
    os.remove(path)
    os.remove(os.path.join(HERE, "tokenizer.vocab"))
    return spm.SentencePieceProcessor(model_file=model)


def main():
    lines = ["<prompt> hello there <ai> hello to you <end>", "<prompt> who are you <ai> a small model <end>",
             "<prompt> where do you live <ai> in a small house by the sea <end>", "the sea is cold and the house is small"]
    sp = tokenizer("\n".join(lines * 4) + "\n")
    v = sp.get_piece_size()
    ids = sp.encode(lines[0])

    model = small(1, v, 8, 12, 1, False)
    save("untied-1", model.state_dict())
    record("untied-1", model, ids)
    model = small(2, v, 10, 10, 2, True)
    save("tied-2", model.state_dict())
    record("tied-2", model, ids)
    once = {k: t for k, t in model.state_dict().items() if k != "out.weight"}
    save("tied-once-2", {"model_state_dict": {"module._orig_mod." + k: t for k, t in once.items()}, "epoch": 3})
    record("tied-once-2", model, ids)
    model = small(3, v, 6, 9, 3, False).half()
    save("half-3", {"state_dict": model.state_dict(), "step": 10, "args": {"lr": 0.1, "name": "x"}})
    record("half-3", model, ids)
    model = small(4, v, 8, 8, 2, False).bfloat16()
    save("bf16-2", {"model": {"module." + k: t for k, t in model.state_dict().items()}})
    record("bf16-2", model, ids)
    model = small(5, v, 8, 8, 1, False, bias=False).double()
    save("double-nobias-1", model.state_dict())
    record("double-nobias-1", model, ids)
    model = small(6, v, 7, 8, 1, False)
    state = model.state_dict()
    state = {k: t.t().contiguous().t() if t.dim() == 2 else torch.cat([t, t])[: len(t)] for k, t in state.items()}
    save("strided-1", state)
    record("strided-1", model, ids)
    state = {"wte.weight": model.embedding.weight.detach(), **{k.replace("gru.", "rnn."): t for k, t in state.items() if "gru" in k},
             "head.weight": model.out.weight.detach(), "head.bias": torch.zeros(v)}
    save("named-1", state)
    record("named-1", model, ids)

    # The original: trained a little, so that greedy text is not noise; scores are sums over ids[1:], each line from a zero state.
    model = small(7, v, 16, 16, 2, True).train()
    best = torch.optim.Adam(model.parameters(), lr=0.02)
    for _ in range(60):
        for line in lines:
            x = torch.tensor([sp.encode(line)])
            loss = nn.functional.cross_entropy(model(x[:, :-1])[0], x[0, 1:])
            best.zero_grad()
            loss.backward()
            best.step()
    model.eval()
    save("original", model.state_dict())
    nlls, tokens = [], 0
    with torch.no_grad():
        for line in lines:
            x = torch.tensor([sp.encode(line)])
            nlls.append(nn.functional.cross_entropy(model(x[:, :-1])[0], x[0, 1:], reduction="sum").item())
            tokens += x.shape[1] - 1
        prompt = "<prompt> who are you <ai>"
        seen = sp.encode(prompt)
        start = len(seen)
        while len(seen) - start < 20 and seen[-1] != sp.piece_to_id("<end>"):
            seen.append(int(model(torch.tensor([seen]))[0, -1].argmax()))
    reply = sp.decode(seen[start:-1])
    record("original", model, ids, {"lines": lines, "nlls": nlls, "tokens": tokens, "prompt": prompt, "reply": reply})

    for name, residual, norm in (("residual-3", True, False), ("norm-3", False, True), ("norm-residual-3", True, True)):
        state, compute = exported(10, residual, norm, v, 12 if norm else 9, 12, 3, norm)
        save(name, state)
        record(name, compute, ids)

    # What must be refused.
    torch.manual_seed(8)
    gru, good = nn.GRU(6, 8, 1, bidirectional=True), small(9, v, 6, 8, 1, False).state_dict()
    save("bad-bidirectional", {**good, **{"gru." + k: t for k, t in gru.state_dict().items() if "reverse" in k}})
    save("bad-bias", {**good, "out.bias": torch.ones(v)})
    save("bad-lstm", {**good, **{"gru." + k: t for k, t in nn.LSTM(6, 8).state_dict().items()}})
    if is_wanted("bad-old"):
        torch.save(good, os.path.join(HERE, "bad-old.pt"), _use_new_zipfile_serialization=False)


if __name__ == "__main__":
    main()
