"""The loop of a larger project: weighted sampling, gradient accumulation, clipping, OneCycleLR, a checkpoint, resuming."""

import io

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset, WeightedRandomSampler, random_split

torch.manual_seed(0)


class Blobs(Dataset):
    def __init__(self, n=120):
        self.y = (torch.rand(n) < 0.15).long()  # one class is rare
        self.x = torch.randn(n, 4) + 1.5 * self.y.unsqueeze(1)

    def __len__(self):
        return len(self.y)

    def __getitem__(self, i):
        return {"x": self.x[i], "y": self.y[i]}


train, valid = random_split(Blobs(), [0.8, 0.2], generator=torch.Generator().manual_seed(1))
labels = torch.stack([train[i]["y"] for i in range(len(train))])
frequency = torch.bincount(labels, minlength=2).float()
sampler = WeightedRandomSampler((1 / frequency)[labels], num_samples=len(train), replacement=True)
loader = DataLoader(train, batch_size=8, sampler=sampler, drop_last=True)
print("classes", frequency.tolist(), "batches", len(loader))

net = nn.Sequential(nn.Linear(4, 16), nn.Mish(), nn.BatchNorm1d(16), nn.Linear(16, 2))
optimizer = torch.optim.AdamW(net.parameters(), lr=1e-3)
every, epochs = 3, 4
scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=0.02, total_steps=epochs * (len(loader) // every))
file = io.BytesIO()
for epoch in range(epochs):
    net.train()
    total, seen, rare = 0.0, 0, 0
    for k, batch in enumerate(loader):
        loss = nn.functional.cross_entropy(net(batch["x"]), batch["y"]) / every
        loss.backward()
        total, seen, rare = total + loss.item() * every, seen + 1, rare + int(batch["y"].sum())
        if (k + 1) % every == 0:
            norm = nn.utils.clip_grad_norm_(net.parameters(), max_norm=0.5)
            optimizer.step()
            scheduler.step()
            optimizer.zero_grad()
    print(f"epoch {epoch} loss {total / seen:.4f} norm {norm.item():.4f} rare {rare} lr {scheduler.get_last_lr()[0]:.6f}")
    if epoch == 2:
        torch.save({"net": net.state_dict(), "optimizer": optimizer.state_dict(), "epoch": epoch}, file)

file.seek(0)
saved = torch.load(file, weights_only=True)
again = nn.Sequential(nn.Linear(4, 16), nn.Mish(), nn.BatchNorm1d(16), nn.Linear(16, 2))
print(again.load_state_dict(saved["net"]), saved["epoch"], saved["optimizer"]["param_groups"][0]["weight_decay"])
again.eval()
with torch.no_grad():
    for batch in DataLoader(valid, batch_size=24):
        print("validation", nn.functional.cross_entropy(again(batch["x"]), batch["y"], weight=1 / frequency))
