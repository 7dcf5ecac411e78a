"""Denoising autoencoder on 8×8 digits, with an average of the weights."""

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

torch.manual_seed(0)
x = torch.tensor(load_digits().data[:300], dtype=torch.float32) / 16


class Autoencoder(nn.Module):
    def __init__(self, sizes=(64, 24, 6)):
        super().__init__()
        layers = []
        for a, b in zip(sizes[:-1], sizes[1:], strict=True):
            layers += [nn.Linear(a, b), nn.LeakyReLU(0.1)]
        self.encoder = nn.Sequential(*layers[:-1])
        layers = []
        for a, b in zip(sizes[:0:-1], sizes[-2::-1], strict=True):
            layers += [nn.Linear(a, b), nn.Tanh()]
        layers[-1] = nn.Sigmoid()
        self.decoder = nn.Sequential(*layers)

    def forward(self, x):
        code = self.encoder(x)
        return self.decoder(code), code


model = Autoencoder()
averaged = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(0.8))
optimizer = torch.optim.Adamax(model.parameters(), lr=0.01)
mse = nn.MSELoss(reduction="none")
for epoch in range(6):
    losses = []
    for batch in torch.split(x[torch.randperm(len(x))], 50):
        noisy = (batch + 0.2 * torch.randn_like(batch)).clamp(0, 1)
        output, code = model(noisy)
        loss = mse(output, batch).sum(dim=1).mean() + 1e-3 * code.abs().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        averaged.update_parameters(model)
        losses.append(loss.detach())
    print(f"epoch {epoch}: {torch.stack(losses).mean():.4f}")
with torch.inference_mode():
    (output, code), (smooth, _) = model(x), averaged(x)
print("code mean", code.mean(0))
print("errors", torch.mean((output - x) ** 2).item(), torch.mean((smooth - x) ** 2).item())
print(list(model.state_dict()), averaged.n_averaged.item())
