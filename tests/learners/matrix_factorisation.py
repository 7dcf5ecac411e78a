"""Recommendations by factors: embeddings of users and items, with biases, trained on known ratings."""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
users, items, rank = 30, 20, 3
true = torch.randn(users, rank) @ torch.randn(rank, items) + 0.5 * torch.randn(users, 1)
known = torch.rand(users, items) < 0.6
u, i = known.nonzero(as_tuple=True)
ratings = true[u, i] + 0.1 * torch.randn(len(u))
loader = DataLoader(TensorDataset(u, i, ratings), batch_size=32, shuffle=True)


class MatrixFactorization(nn.Module):
    def __init__(self, users, items, rank):
        super().__init__()
        self.user, self.item = nn.Embedding(users, rank), nn.Embedding(items, rank)
        self.user_bias, self.item_bias = nn.Embedding(users, 1), nn.Embedding(items, 1)
        for table in (self.user, self.item):
            nn.init.normal_(table.weight, std=0.3)
        nn.init.zeros_(self.user_bias.weight)
        nn.init.zeros_(self.item_bias.weight)

    def forward(self, u, i):
        return (self.user(u) * self.item(i)).sum(1) + self.user_bias(u).squeeze(1) + self.item_bias(i).squeeze(1)


model = MatrixFactorization(users, items, rank)
optimizer = torch.optim.Adagrad(model.parameters(), lr=0.2)
for epoch in range(10):
    squares = 0.0
    for ub, ib, rb in loader:
        loss = nn.functional.mse_loss(model(ub, ib), rb)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        squares += loss.item() * len(rb)
    if epoch % 3 == 0:
        print(f"epoch {epoch} rmse {(squares / len(ratings)) ** 0.5:.4f}")
with torch.no_grad():
    scores = model.user.weight @ model.item.weight.T + model.user_bias.weight + model.item_bias.weight.T
hidden = ~known
print("known", known.sum().item(), f"rmse elsewhere {(scores - true)[hidden].pow(2).mean().sqrt():.4f}")
print("best for user 0:", scores[0].masked_fill(known[0], float("-inf")).topk(3))
