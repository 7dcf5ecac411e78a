"""Skip-gram with negative sampling: two Embeddings, subsampled windows, noise from multinomial, cosine neighbours."""

from collections import Counter

import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(0)
text = (
    "the king rules the land and the queen rules the land the cat chases the mouse and the dog chases the cat "
    "a king and a queen sit on a throne a cat and a dog sit on a mat"
).split()
counts = Counter(text)
vocabulary = sorted(counts)
index = {word: i for i, word in enumerate(vocabulary)}
ids = [index[w] for w in text]
pairs = torch.tensor([(ids[i], ids[j]) for i in range(len(ids)) for j in range(i - 2, i + 3) if i != j and 0 <= j < len(ids)])
noise = torch.tensor([counts[w] for w in vocabulary], dtype=torch.float).pow(0.75)


class SkipGram(nn.Module):
    def __init__(self, words, size=8):
        super().__init__()
        self.centre, self.context = nn.Embedding(words, size), nn.Embedding(words, size)
        nn.init.uniform_(self.centre.weight, -0.5 / size, 0.5 / size)
        nn.init.zeros_(self.context.weight)

    def forward(self, centre, context, negative):
        v = self.centre(centre)
        positive = F.logsigmoid((v * self.context(context)).sum(-1))
        others = F.logsigmoid(-torch.bmm(self.context(negative), v.unsqueeze(2)).squeeze(2)).sum(1)
        return -(positive + others).mean()


model = SkipGram(len(vocabulary))
optimizer = torch.optim.Adagrad(model.parameters(), lr=0.2)
for epoch in range(6):
    total = 0.0
    for batch in pairs[torch.randperm(len(pairs))].split(40):
        negative = torch.multinomial(noise, len(batch) * 4, replacement=True).view(len(batch), 4)
        loss = model(batch[:, 0], batch[:, 1], negative)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item() * len(batch)
    print(f"epoch {epoch} loss {total / len(pairs):.3f}")
vectors = F.normalize(model.centre.weight.detach(), dim=1)
similarity = vectors @ vectors[index["king"]]
values, places = similarity.topk(4)
print([vocabulary[i] for i in places.tolist()], values)
