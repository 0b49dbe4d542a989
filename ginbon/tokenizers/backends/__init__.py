"""One module for each kind of tokenizer file; each is imported when the first tokenizer of its kind is loaded."""
