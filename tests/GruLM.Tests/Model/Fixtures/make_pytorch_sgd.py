#!/usr/bin/python3
"""Writes pytorch_sgd.json beside itself: PyTorch's SGD on given gradients, with and without momentum. The decoupled weight decay, which
PyTorch's SGD does not have, is PyTorch's AdamW's: matrices are multiplied by 1 - lr * decay before the step.

Run with a Python that has torch (1.13 wrote the checked-in file):  python3 make_pytorch_sgd.py
"""
import json, pathlib
import torch

VOCAB, EMB, HIDDEN, STEPS = 5, 3, 4, 6
SHAPES = {
    "embedding.weight": (VOCAB, EMB),
    "gru.weight_ih_l0": (3 * HIDDEN, EMB),
    "gru.weight_hh_l0": (3 * HIDDEN, HIDDEN),
    "gru.bias_ih_l0": (3 * HIDDEN,),
    "gru.bias_hh_l0": (3 * HIDDEN,),
    "out.weight": (VOCAB, HIDDEN),
}


def case(momentum, decay):
    torch.manual_seed(3)
    flat = lambda t: [float(x) for x in t.detach().flatten()]
    parameters = {name: torch.randn(shape, requires_grad=True) for name, shape in SHAPES.items()}
    start = {name: flat(p) for name, p in parameters.items()}
    optimizer = torch.optim.SGD(parameters.values(), lr=1, momentum=momentum)
    steps = []
    for step in range(STEPS):
        gradients = {name: torch.randn(shape) for name, shape in SHAPES.items()}
        rate, scale = 0.3 / (step + 1), 0.25 * (step + 1)
        optimizer.param_groups[0]["lr"] = rate
        for name, p in parameters.items():
            p.grad = gradients[name] * scale
            if p.dim() > 1:
                p.data.mul_(1 - rate * decay)
        optimizer.step()
        steps.append(dict(rate=rate, scale=scale, gradients={name: flat(g) for name, g in gradients.items()}))
    return dict(momentum=momentum, decay=decay, start=start, steps=steps, end={name: flat(p) for name, p in parameters.items()})


cases = [case(0.9, 0.1), case(0.0, 0.0)]
out = pathlib.Path(__file__).with_name("pytorch_sgd.json")
out.write_text(json.dumps(dict(torch=torch.__version__, vocab=VOCAB, emb=EMB, hidden=HIDDEN, cases=cases)) + "\n")
