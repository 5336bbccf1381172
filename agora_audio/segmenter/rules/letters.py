"""Letters: how people are addressed, which stands apart from what they are told."""

from __future__ import annotations

from agora_audio.segmenter.rules.words import words

__all__ = ["GREETINGS"]

GREETINGS = words(
    """
    Hi Hello Hey Dear Hallo Liebe Lieber Cher Chère Bonjour Hola Querido Querida Estimado Estimada Ciao Caro
    Cara Olá Beste Hej Kära Kjære Hei Drogi Droga
    """
)
