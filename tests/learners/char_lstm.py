"""A character model with an embedding and an LSTM, trained in mini-batches and sampled from."""

import torch
import torch.nn as nn

torch.manual_seed(0)
text = "to be or not to be that is the question " * 6
chars = sorted(set(text))
char_to_ix = {c: i for i, c in enumerate(chars)}
data = torch.tensor([char_to_ix[c] for c in text])
length, batch_size = 20, 8


class CharLSTM(nn.Module):
    def __init__(self, vocabulary, embedding_dim=12, hidden_dim=32, layers=2):
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, embedding_dim)
        self.lstm = nn.LSTM(embedding_dim, hidden_dim, num_layers=layers, batch_first=True)
        self.fc = nn.Linear(hidden_dim, vocabulary)

    def forward(self, x, hidden=None):
        out, hidden = self.lstm(self.embedding(x), hidden)
        return self.fc(out), hidden


model = CharLSTM(len(chars))
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
for step in range(30):
    starts = torch.randint(0, len(data) - length - 1, (batch_size,))
    x = torch.stack([data[s : s + length] for s in starts])
    y = torch.stack([data[s + 1 : s + length + 1] for s in starts])
    logits, _ = model(x)
    loss = criterion(logits.reshape(-1, len(chars)), y.reshape(-1))
    optimizer.zero_grad()
    loss.backward()
    norm = nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    if step % 5 == 4:
        print(f"{step + 1} loss {loss.item():.4f} norm {norm.item():.4f}")

model.eval()
with torch.no_grad():
    c, hidden, out = torch.tensor([[char_to_ix["t"]]]), None, "t"
    for _ in range(25):
        logits, hidden = model(c, hidden)
        c = logits[:, -1].argmax(dim=-1, keepdim=True)
        out += chars[c.item()]
print(out, [tuple(h.shape) for h in hidden], [name for name, _ in model.named_parameters()])
