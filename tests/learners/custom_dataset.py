"""A data set of sentences of different lengths: collate_fn pads them, a bag of words is trained with masks."""

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset, WeightedRandomSampler, random_split

good = ["what a lovely film", "great fun", "i loved it so much", "lovely great fun film", "so good"]
bad = ["a terrible film", "awful", "i hated it so much", "terrible awful boring", "not good at all"]


class Reviews(Dataset):
    def __init__(self, texts, labels):
        self.words = {w: i + 1 for i, w in enumerate(sorted({w for t in texts for w in t.split()}))}
        self.items = [(torch.tensor([self.words[w] for w in t.split()]), y) for t, y in zip(texts, labels, strict=True)]

    def __len__(self):
        return len(self.items)

    def __getitem__(self, i):
        return self.items[i]


def collate(batch):
    longest = max(len(ids) for ids, _ in batch)
    padded = torch.zeros(len(batch), longest, dtype=torch.long)
    for row, (ids, _) in enumerate(batch):
        padded[row, : len(ids)] = ids
    return padded, padded != 0, torch.tensor([label for _, label in batch], dtype=torch.float)


torch.manual_seed(0)
data = Reviews(good + bad, [1] * 5 + [0] * 5)
train, held_out = random_split(data, [8, 2])
print("held out:", sorted(held_out.indices), "words:", len(data.words))
sampler = WeightedRandomSampler([1.0 + data[i][1] for i in train.indices], num_samples=8)
loader = DataLoader(train, batch_size=3, sampler=sampler, collate_fn=collate)

table = nn.Parameter(torch.randn(len(data.words) + 1, 6) * 0.1)
head = nn.Linear(6, 1)
optimizer = torch.optim.Adam([{"params": [table], "lr": 0.1}, {"params": head.parameters()}], lr=0.05)
for epoch in range(6):
    for ids, mask, labels in loader:
        vectors = table[ids] * mask.unsqueeze(-1)
        mean = vectors.sum(1) / mask.sum(1, keepdim=True)
        loss = nn.functional.binary_cross_entropy_with_logits(head(mean).squeeze(1), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print(epoch, tuple(ids.shape), f"{loss.item():.5f}")
ids, mask, labels = collate([data[i] for i in range(len(data))])
scores = head((table[ids].masked_fill(~mask.unsqueeze(-1), 0.0)).sum(1) / mask.sum(1, True)).squeeze()
print("order:", torch.argsort(scores).tolist()[:3], "accuracy:", ((scores > 0) == labels.bool()).float().mean().item())
