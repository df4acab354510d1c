"""What is observed of a loan, family by family."""
