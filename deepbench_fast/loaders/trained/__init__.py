"""Small networks that were trained on built-in recipes, with what they reach: something to compare with."""
