"""What is compiled of learning unigram models."""
