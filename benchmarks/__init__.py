"""The measured claims of the README: minitorch beside PyTorch."""
