"""What is observed of a borrower, family by family."""
