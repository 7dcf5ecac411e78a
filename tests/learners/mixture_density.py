"""A mixture density network for a relation with several answers: logsumexp of normals, then samples from it."""

import torch
import torch.nn as nn
from torch.distributions import Categorical, Normal
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
t = torch.rand(256, 1)
x = t + 0.3 * torch.sin(2 * torch.pi * t) + 0.05 * torch.randn(256, 1)
loader = DataLoader(TensorDataset(x, t), batch_size=64, shuffle=True)  # from x back to t: up to three answers


class MDN(nn.Module):
    def __init__(self, hidden=20, parts=3):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(1, hidden), nn.ELU())
        self.heads = nn.ModuleDict({name: nn.Linear(hidden, parts) for name in ("logits", "mean", "spread")})
        with torch.no_grad():
            self.heads["mean"].bias.copy_(torch.linspace(0.1, 0.9, parts))

    def forward(self, x):
        h = self.body(x)
        spread = nn.functional.softplus(self.heads["spread"](h)) + 1e-3
        return torch.log_softmax(self.heads["logits"](h), dim=-1), Normal(self.heads["mean"](h), spread)


model = MDN()
optimizer = torch.optim.RMSprop(model.parameters(), lr=5e-3)
scheduler = torch.optim.lr_scheduler.MultiStepLR(optimizer, milestones=[4, 6], gamma=0.3)
for epoch in range(8):
    total = 0.0
    for inputs, answers in loader:
        log_weights, normal = model(inputs)
        loss = -torch.logsumexp(log_weights + normal.log_prob(answers), dim=1).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item() * len(inputs)
    scheduler.step()
    print(f"epoch {epoch} negative log-likelihood {total / 256:.4f}")
with torch.no_grad():
    log_weights, normal = model(torch.tensor([[0.2], [0.5], [0.8]]))
    print("weights", log_weights.exp())
    print("means", normal.mean, "entropy", Categorical(logits=log_weights).entropy())
    chosen = Categorical(logits=log_weights).sample((5,))
    print("sample", normal.sample((5,)).gather(2, chosen.unsqueeze(-1)).squeeze(-1))
