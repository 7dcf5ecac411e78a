"""Adversarial examples: a net is trained, then the picture is changed along the sign of its own gradient."""

import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits

torch.manual_seed(0)
digits = load_digits()
x = torch.tensor(digits.data, dtype=torch.float32) / 16
y = torch.tensor(digits.target, dtype=torch.int64)
train_x, train_y, test_x, test_y = x[:500], y[:500], x[1000:1100], y[1000:1100]

model = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
optimizer = torch.optim.RAdam(model.parameters(), lr=0.03)
for _ in range(40):
    optimizer.zero_grad()
    F.cross_entropy(model(train_x), train_y, label_smoothing=0.05).backward()
    optimizer.step()
for p in model.parameters():
    p.requires_grad = False
model.eval()


def accuracy(inputs):
    return (model(inputs).argmax(dim=1) == test_y).float().mean().item()


print("clean", accuracy(test_x))
for epsilon in (0.02, 0.05, 0.1):
    attacked = test_x.clone().requires_grad_(True)
    loss = F.cross_entropy(model(attacked), test_y)
    loss.backward()
    attacked = torch.clamp(attacked + epsilon * attacked.grad.sign(), 0, 1).detach()
    print(f"epsilon {epsilon}: loss {loss.item():.4f}, accuracy {accuracy(attacked):.2f}")

# A picture that the net takes for a 3, found by descent on the input.
image = torch.full((1, 64), 0.5, requires_grad=True)
optimizer = torch.optim.Adam([image], lr=0.05)
for _ in range(30):
    optimizer.zero_grad()
    loss = F.cross_entropy(model(image), torch.tensor([3])) + 0.01 * (image - 0.5).pow(2).sum()
    loss.backward()
    optimizer.step()
    with torch.no_grad():
        image.clamp_(0, 1)
print("probability of a 3: %.4f" % F.softmax(model(image), dim=1)[0, 3].item())
print(image.detach().view(8, 8)[2])
