"""A convolutional autoencoder: strided convolutions down, transposed ones up, on 8×8 digits."""

import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
x = torch.tensor(load_digits().images[:128], dtype=torch.float32).unsqueeze(1) / 16
encoder = nn.Sequential(
    nn.Conv2d(1, 8, 3, stride=2, padding=1), nn.ELU(), nn.Conv2d(8, 4, 3, stride=2, padding=1), nn.Flatten()
)
decoder = nn.Sequential(
    nn.Unflatten(1, (4, 2, 2)),
    nn.ConvTranspose2d(4, 8, 3, stride=2, padding=1, output_padding=1),
    nn.SiLU(),
    nn.ConvTranspose2d(8, 1, 2, stride=2),
    nn.Sigmoid(),
)
optimizer = torch.optim.Adam([*encoder.parameters(), *decoder.parameters()], lr=0.01)
for epoch in range(5):
    total = 0.0
    for batch in x[torch.randperm(len(x))].split(32):
        loss = nn.functional.l1_loss(decoder(encoder(batch)), batch)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item()
    print(f"{epoch} {total / 4:.5f}")
with torch.no_grad():
    code = encoder(x[:2])
    print(code.shape, code[0], decoder(code).shape)
    larger = nn.functional.interpolate(decoder(code), scale_factor=2, mode="bilinear", align_corners=False)
    print(larger[0, 0, 5])
