"""From the text stream of a language model to segments that a text-to-speech engine can speak."""
