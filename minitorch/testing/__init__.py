"""Testing with minitorch: the table of ops that its own tests are made from (optable/)."""
