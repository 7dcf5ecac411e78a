"""A denoising diffusion model of points on a spiral: a noise schedule, time embeddings, training and sampling."""

import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(0)
t = 3 * torch.pi * torch.rand(512).sqrt()
points = torch.stack((t * t.cos(), t * t.sin()), dim=-1) / 6
T = 20
beta = torch.linspace(1e-3, 0.2, T)
alpha_bar = torch.cumprod(1 - beta, dim=0)


class Denoiser(nn.Module):
    def __init__(self, size=24):
        super().__init__()
        self.register_buffer("frequencies", torch.logspace(0, 2, 6))
        self.time = nn.Sequential(nn.Linear(12, size), nn.SiLU())
        self.lift = nn.Linear(2, size)
        self.body = nn.ModuleList([nn.Linear(size, size), nn.Linear(size, size)])
        self.last = nn.Linear(size, 2)
        nn.init.zeros_(self.last.weight)

    def forward(self, x, step):
        phase = step.unsqueeze(-1) / T * self.frequencies
        h = self.lift(x) + self.time(torch.cat((phase.sin(), phase.cos()), dim=-1))
        for layer in self.body:
            h = h + F.silu(layer(h))
        return self.last(h)


net = Denoiser()
optimizer = torch.optim.AdamW(net.parameters(), lr=5e-3, weight_decay=1e-4)
for epoch in range(6):
    losses = []
    for batch in points[torch.randperm(512)].split(128):
        step = torch.randint(T, (len(batch),))
        noise = torch.randn_like(batch)
        share = alpha_bar[step].unsqueeze(1)
        loss = F.mse_loss(net(share.sqrt() * batch + (1 - share).sqrt() * noise, step), noise)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        losses.append(loss.detach())
    print(f"epoch {epoch} loss {torch.stack(losses).mean():.4f}")


@torch.no_grad()
def sample(n):
    x = torch.randn(n, 2)
    for k in reversed(range(T)):
        step = torch.full((n,), k)
        x = (x - beta[k] / (1 - alpha_bar[k]).sqrt() * net(x, step)) / (1 - beta[k]).sqrt()
        if k > 0:
            x += beta[k].sqrt() * torch.randn_like(x)
    return x


made = sample(200)
print("mean", made.mean(0), "std", made.std(dim=0), "covariance", torch.cov(made.T))
print("histogram", [round(v) for v in (torch.histc(points.norm(dim=1), bins=4, min=0, max=2)).tolist()])
