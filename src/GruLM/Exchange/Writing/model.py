"""A GRU language model that GruLM exported, in PyTorch: ids [batch, time] in, logits [batch, time, vocabulary] and the state out.

    python model.py 1 17 42        # the likeliest next ids after these
"""
import os
import re
import sys

import torch
from torch import nn

RESIDUAL = False  # whether a layer above the first adds to what it reads: tensors do not tell
FILE = "model.pt"


class Gru(nn.Module):
    """Holds every layer's tensors under nn.GRU's names; the layers run one by one, since something may stand between them."""

    def __init__(self, state):
        super().__init__()
        for name, tensor in state.items():
            self.register_parameter(name, nn.Parameter(tensor.float()))


class Model(nn.Module):
    def __init__(self, state, residual=RESIDUAL):
        super().__init__()
        self.residual = residual
        self.layers = sum(bool(re.fullmatch(r"gru\.weight_hh_l\d+", name)) for name in state)
        self.hidden = state["gru.weight_hh_l0"].shape[1]
        self.embedding = nn.Embedding(*state["embedding.weight"].shape)
        self.gru = Gru({name[4:]: t for name, t in state.items() if name.startswith("gru.")})
        self.norm = Gru({name[5:]: t for name, t in state.items() if name.startswith("norm.")})
        self.out = nn.Linear(self.hidden, self.embedding.num_embeddings, bias=False)
        if state["out.weight"].data_ptr() == state["embedding.weight"].data_ptr():
            self.out.weight = self.embedding.weight  # tied
        self.load_state_dict(state)

    def forward(self, ids, state=None):
        x = self.embedding(ids)
        if state is None:
            state = x.new_zeros(self.layers, ids.shape[0], self.hidden)
        states = []
        for l in range(self.layers):
            read = x
            if hasattr(self.norm, f"weight_l{l}"):
                read = nn.functional.layer_norm(
                    x, (self.hidden,), getattr(self.norm, f"weight_l{l}"), getattr(self.norm, f"bias_l{l}"))
            weights = [getattr(self.gru, f"{kind}_l{l}") for kind in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")]
            y, h = torch._VF.gru(read, state[l:l + 1].contiguous(), weights, True, 1, 0.0, False, False, True)
            states.append(h)
            x = x + y if self.residual and l > 0 else y
        return self.out(x), torch.cat(states)


def load(path=None):
    path = path or os.path.join(os.path.dirname(os.path.abspath(__file__)), FILE)
    return Model(torch.load(path, map_location="cpu", weights_only=True)).eval()


if __name__ == "__main__":
    with torch.no_grad():
        logits, _ = load()(torch.tensor([[int(word) for word in sys.argv[1:]]]))
    print(logits[0, -1].topk(5).indices.tolist())
