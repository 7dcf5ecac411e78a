"""Q-learning on a 3×4 grid: a table first, then a net with a replay memory and a target net."""

import copy
import random
from collections import deque

import torch
import torch.nn as nn

random.seed(0)
torch.manual_seed(0)
rows, columns, goal, pit = 3, 4, (0, 3), (1, 3)
moves = [(-1, 0), (1, 0), (0, -1), (0, 1)]


def act(state, action):
    r = min(max(state[0] + moves[action][0], 0), rows - 1)
    c = min(max(state[1] + moves[action][1], 0), columns - 1)
    reward = 1.0 if (r, c) == goal else -1.0 if (r, c) == pit else -0.04
    return (r, c), reward, (r, c) in (goal, pit)


Q = torch.zeros(rows, columns, 4)
for _ in range(150):
    s, done = (2, 0), False
    while not done:
        a = random.randrange(4) if random.random() < 0.3 else int(torch.argmax(Q[s]))
        s2, reward, done = act(s, a)
        Q[s][a] += 0.2 * (reward + 0.9 * Q[s2].max() * (not done) - Q[s][a])
        s = s2
print(Q.max(dim=-1).values)
print(Q.argmax(dim=-1))

encode = torch.eye(rows * columns)
net = nn.Sequential(nn.Linear(rows * columns, 16), nn.ReLU(), nn.Linear(16, 4))
target = copy.deepcopy(net)
optimizer, memory, huber = torch.optim.RMSprop(net.parameters(), lr=5e-3), deque(maxlen=200), nn.SmoothL1Loss()
s = (2, 0)
for step in range(200):
    a = random.randrange(4)
    s2, reward, done = act(s, a)
    memory.append((s[0] * columns + s[1], a, reward, s2[0] * columns + s2[1], float(done)))
    s = (2, 0) if done else s2
    if len(memory) < 32:
        continue
    i, a, reward, i2, done = (torch.tensor(column) for column in zip(*random.sample(list(memory), 32), strict=True))
    with torch.no_grad():
        wanted = reward + 0.9 * target(encode[i2]).max(1)[0] * (1 - done)
    loss = huber(net(encode[i]).gather(1, a.unsqueeze(1)).squeeze(1), wanted)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step % 50 == 49:
        target.load_state_dict(net.state_dict())
        print(step + 1, f"{loss.item():.5f}")
print(target(encode[:3]))
