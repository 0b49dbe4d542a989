"""Quality models: fastText classifiers of texts that are wanted against texts that are not, trained and used alike."""
