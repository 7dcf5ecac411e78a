"""Knowledge distillation and transfer: a frozen teacher, a student, groups with their own rates, hooks."""

import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_wine

torch.manual_seed(0)
wine = load_wine()
x = torch.tensor(wine.data, dtype=torch.float32)
x = (x - x.mean(dim=0)) / x.std(dim=0)
y = torch.as_tensor(wine.target)
index = torch.randperm(len(x))
train, test = index[:120], index[120:]

teacher = nn.Sequential()
teacher.add_module("fc1", nn.Linear(13, 32))
teacher.add_module("act", nn.PReLU())
teacher.add_module("fc2", nn.Linear(32, 3))
optimizer = torch.optim.SGD(teacher.parameters(), lr=0.1, momentum=0.9, weight_decay=1e-3)
for _ in range(20):
    optimizer.zero_grad()
    F.cross_entropy(teacher(x[train]), y[train]).backward()
    optimizer.step()
teacher.requires_grad_(False).eval()

student = nn.ModuleDict({"body": nn.Linear(13, 4), "head": nn.Linear(4, 3)})
features = {}
handle = student["body"].register_forward_hook(lambda module, args, output: features.update(mean=output.mean().item()))


def weights(m):
    if isinstance(m, nn.Linear):
        nn.init.xavier_normal_(m.weight)
        m.bias.data.fill_(0.01)


student.apply(weights)
optimizer = torch.optim.Adam(
    [{"params": student["body"].parameters()}, {"params": student["head"].parameters(), "lr": 0.05}], lr=0.01
)
T = 2.0
for step in range(30):
    logits = student["head"](torch.relu(student["body"](x[train])))
    with torch.no_grad():
        soft = F.softmax(teacher(x[train]) / T, dim=1)
    kl = F.kl_div(F.log_softmax(logits / T, dim=1), soft, reduction="batchmean") * T**2
    loss = 0.5 * kl + 0.5 * F.cross_entropy(logits, y[train])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step % 10 == 9:
        print(step + 1, f"{loss.item():.4f} {kl.item():.4f} {features['mean']:.4f}")
handle.remove()
with torch.no_grad():
    for name, logits in (("teacher", teacher(x[test])), ("student", student["head"](F.relu(student["body"](x[test]))))):
        print(name, (logits.argmax(1) == y[test]).float().mean().item(), torch.linalg.norm(logits).item())
print([(n, p.requires_grad, tuple(p.shape)) for n, p in teacher.named_parameters()])
