"""The table of networks: classifiers trained on the built-in recipes `networks-*`. Needs the extra `[networks]`."""
