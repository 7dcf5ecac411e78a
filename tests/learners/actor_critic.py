"""Actor and critic: a corridor walked with a categorical policy, then a target hit with a normal one, both sampled."""

import torch
import torch.nn as nn
from torch.distributions import Categorical, Normal, kl_divergence

torch.manual_seed(0)
length = 6


class ActorCritic(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(length, 24), nn.ReLU())
        self.actor, self.critic = nn.Linear(24, 2), nn.Linear(24, 1)

    def forward(self, state):
        h = self.body(state)
        return Categorical(logits=self.actor(h)), self.critic(h).squeeze(-1)


model = ActorCritic()
optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
states = torch.eye(length)
for episode in range(40):
    position, log_probs, values, rewards, entropies = 0, [], [], [], []
    while position < length - 1 and len(rewards) < 30:
        policy, value = model(states[position])
        action = policy.sample()
        position = max(position + (1 if action.item() == 1 else -1), 0)
        log_probs.append(policy.log_prob(action))
        values.append(value)
        entropies.append(policy.entropy())
        rewards.append(1.0 if position == length - 1 else -0.1)
    returns, total = [], 0.0
    for reward in reversed(rewards):
        total = reward + 0.95 * total
        returns.insert(0, total)
    returns, values = torch.tensor(returns), torch.stack(values)
    advantage = returns - values.detach()
    actor = -(torch.stack(log_probs) * advantage).mean() - 0.01 * torch.stack(entropies).mean()
    loss = actor + nn.functional.smooth_l1_loss(values, returns)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if episode % 8 == 7:
        print(f"episode {episode + 1}: {len(rewards)} steps, return {returns[0]:.4f}, loss {loss.item():.4f}")
print("to the right:", model(states)[0].probs[:, 1].detach())

mean, log_std = nn.Parameter(torch.zeros(2)), nn.Parameter(torch.zeros(2))
optimizer = torch.optim.SGD([mean, log_std], lr=0.05)
start = Normal(torch.zeros(2), torch.ones(2))
for step in range(60):
    policy = Normal(mean, log_std.exp())
    action = policy.sample((32,))
    reward = -(action - torch.tensor([1.0, -2.0])).pow(2).sum(-1)
    advantage = (reward - reward.mean()) / reward.std()
    loss = -(policy.log_prob(action).sum(-1) * advantage).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step % 20 == 19:
        print(f"{step + 1} reward {reward.mean():.4f} from the start {kl_divergence(policy, start).sum():.4f}")
print(mean.data, log_std.exp().data)
