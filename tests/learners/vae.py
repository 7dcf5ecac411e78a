"""A variational autoencoder on 8×8 digits: reparameterisation, two terms of the loss, warm-up of the rate."""

import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn
from torch.optim.lr_scheduler import ExponentialLR, LinearLR, SequentialLR

torch.manual_seed(0)
x = torch.tensor(load_digits().data[:256]).float().div(16)


class VAE(nn.Module):
    def __init__(self, latent=3):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(64, 32), nn.ReLU(inplace=True))
        self.mu, self.log_var = nn.Linear(32, latent), nn.Linear(32, latent)
        self.decoder = nn.Sequential(nn.Linear(latent, 32), nn.Softplus(), nn.Linear(32, 64))

    def reparameterize(self, mu, log_var):
        if not self.training:
            return mu
        std = torch.exp(0.5 * log_var)
        return mu + std * torch.randn_like(std)

    def forward(self, x):
        h = self.body(x)
        mu, log_var = self.mu(h), self.log_var(h)
        return self.decoder(self.reparameterize(mu, log_var)), mu, log_var


model = VAE()
optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
warm_up = LinearLR(optimizer, start_factor=0.1, total_iters=3)
scheduler = SequentialLR(optimizer, [warm_up, ExponentialLR(optimizer, gamma=0.9)], milestones=[3])
for epoch in range(8):
    reconstruction = divergence = 0.0
    for batch in x.chunk(4):
        logits, mu, log_var = model(batch)
        bce = F.binary_cross_entropy_with_logits(logits, batch, reduction="sum") / len(batch)
        kld = -0.5 * torch.sum(1 + log_var - mu.pow(2) - log_var.exp(), dim=1).mean()
        (bce + kld).backward()
        optimizer.step()
        optimizer.zero_grad()
        reconstruction += bce.item() / 4
        divergence += kld.item() / 4
    scheduler.step()
    print(f"{epoch} {reconstruction:.4f} {divergence:.4f} lr {scheduler.get_last_lr()[0]:.6f}")
model.eval()
with torch.no_grad():
    _, mu, log_var = model(x)
    pictures = torch.sigmoid(model.decoder(torch.eye(3)))
print("mean of mu", mu.mean(0), "variance", mu.var(dim=0, unbiased=False))
print("pictures", pictures.view(3, 8, 8).mean(dim=(1, 2)))
