"""From the text of a language model, as it streams, to segments that can be spoken."""
