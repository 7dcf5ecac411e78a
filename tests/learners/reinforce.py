"""Policy gradient: a bandit whose arms depend on the context, sampled with multinomial, with a baseline."""

import torch
import torch.nn as nn

torch.manual_seed(0)
payoff = torch.tensor([[1.0, 0.0, 0.2], [0.1, 0.8, 0.0], [0.0, 0.3, 1.2]])
policy = nn.Sequential(nn.Linear(3, 16), nn.Tanh(), nn.Linear(16, 3))
value = nn.Linear(3, 1)
optimizer = torch.optim.Adam([*policy.parameters(), *value.parameters()], lr=0.02)
for episode in range(60):
    context = torch.randint(0, 3, (32,))
    state = torch.eye(3)[context]
    log_probs = torch.log_softmax(policy(state), dim=-1)
    action = torch.multinomial(log_probs.detach().exp(), num_samples=1)
    reward = payoff[context, action.squeeze(1)] + 0.1 * torch.randn(32)
    baseline = value(state).squeeze(-1)
    advantage = reward - baseline.detach()
    advantage = (advantage - advantage.mean()) / (advantage.std() + 1e-8)
    entropy = -(log_probs.exp() * log_probs).sum(-1).mean()
    policy_loss = -(log_probs.gather(1, action).squeeze(1) * advantage).mean()
    loss = policy_loss + 0.5 * (reward - baseline).pow(2).mean() - 0.01 * entropy
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if episode % 15 == 14:
        print(f"{episode + 1} reward {reward.mean():.4f} entropy {entropy.item():.4f}")
print(policy(torch.eye(3)).softmax(-1))
returns, rewards = [], torch.tensor([1.0, 0.0, 2.0, -1.0])
total = 0.0
for r in reversed(rewards.tolist()):
    total = r + 0.9 * total
    returns.insert(0, total)
print(torch.tensor(returns), torch.flip(rewards, dims=[0]).cumsum(0))
