"""Backchannels per language: what listeners say to show that they follow, not to take the turn.

The lists hold signals of attention and short agreement. They hold no refusals, no greetings, no thanks and no
questions, which want an answer, and nothing that can also mean "enough". Agreement is double-edged: "yes" while the
agent explains is a backchannel, "yes" to its question is the answer. Lists are therefore an option of
`InterruptionConfig`, off by default; for an agent that asks yes-or-no questions leave them off.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from agora_audio.consumer.words import tokens

__all__ = ["BACKCHANNELS", "PhraseSet"]

_LISTS = {
    "de": (
        "ach so, aha, alles klar, ähm, genau, gut, hm, hmm, ich verstehe, ja, klar, mhm, mm, mm hm, ok, "
        "okay, richtig, schön, stimmt, verstehe"
    ),
    "en": (
        "ah, aha, all right, alright, cool, erm, gotcha, got it, great, hm, hmm, i see, mhm, mm, mm hm, "
        "mm hmm, mmhm, mmhmm, mmm, oh, ok, okay, right, sure, uh huh, um, yeah, yep, yes, yup"
    ),
    "es": (
        "ah, aja, ajá, bien, bueno, claro, de acuerdo, eh, em, entiendo, hm, mhm, mm, oh, ok, okay, si, sí, "
        "vale, ya veo"
    ),
    "fr": (
        "ah, ah bon, bien, bien sûr, d'accord, euh, hm, hmm, je vois, mhm, mm, oh, ok, okay, ouais, oui, "
        "très bien, voilà"
    ),
    "hi": ("अच्छा, ओके, जी, जी हाँ, जी हां, ठीक, ठीक है, सही, हम्म, हाँ, हां, हूँ, achha, haan, hmm, ji, ok, okay, theek hai"),
    "it": ("ah, bene, capisco, certo, d'accordo, eh, ehm, esatto, giusto, hm, mhm, mm, oh, ok, okay, sì, si, va bene"),
    "ja": (
        "ああ, あー, あっ, うん, うーん, え, ええ, えー, おお, オーケー, そう, そうか, そうだね, そうです, "
        "そうですか, そうですね, そっか, なるほど, はあ, はい, はーい, ふうん, ふーん, へえ, へー, ほう, "
        "ほんと, まあ, ん, んー, 了解, 本当, 分かりました, わかりました, ok"
    ),
    "ko": (
        "그래, 그래요, 그렇구나, 그렇군요, 그렇죠, 그쵸, 네, 네네, 맞아, 맞아요, 아, 아하, 알겠습니다, 어, "
        "예, 오, 오케이, 음, 응, 흠, ok"
    ),
    "pt": (
        "ah, aham, ahã, beleza, bom, certo, claro, é, entendi, hm, hum, isso, mhm, oh, ok, okay, pois, "
        "pois é, sei, sim, tá, tá bom, uhum"
    ),
    "ru": (
        "ага, верно, да, конечно, мм, ну, ок, окей, понял, поняла, понятно, правильно, так, точно, угу, хм, "
        "хорошо, э, эм, ясно"
    ),
    "zh": (
        "啊, 啊哈, 呃, 额, 哦, 喔, 噢, 唔, 嗯, 嗯哼, 是, 是啊, 是的, 是吗, 是嗎, 对, 對, 对啊, 對啊, 对的, "
        "對的, 好, 好啊, 好吧, 好的, 行, 可以, 明白, 明白了, 知道, 知道了, 懂了, 了解, 没错, 沒錯, 这样, "
        "這樣, 这样啊, 這樣啊, 原来如此, 原來如此, ok, okay"
    ),
}

BACKCHANNELS = {language: tuple(phrases.split(", ")) for language, phrases in _LISTS.items()}
"""Phrases by ISO 639 code. Repetitions and sequences of them ("yeah, okay") are backchannels too."""


class PhraseSet:
    """Phrases, compared with transcripts word by word, without case and punctuation.

    Parameters
    ----------
    phrases
        As people write them; a phrase without any word is left out.

    Examples
    --------
    >>> phrases = PhraseSet(["okay", "uh-huh"])
    >>> phrases.covers(tokens("Okay. Uh-huh!")), phrases.covers(tokens("okay, wait")), phrases.covers([])
    (True, False, False)
    """

    def __init__(self, phrases: Iterable[str]) -> None:
        self._phrases = {found for phrase in phrases if (found := tuple(tokens(phrase)))}
        self._beginnings = {phrase[:end] for phrase in self._phrases for end in range(1, len(phrase))}
        self._longest = max(map(len, self._phrases), default=0)

    def covers(self, said: list[str], unfinished: bool = False) -> bool:
        """Say whether `said` is one of the phrases, or several in a row, and nothing else.

        Parameters
        ----------
        said
            What `tokens` made of a transcript.
        unfinished
            More words may follow: the last phrase may be incomplete.
        """
        if not self._phrases or not said:
            return False
        reached = {0}
        for start in range(len(said)):
            if start in reached:
                rest = tuple(said[start : start + self._longest])
                if unfinished and start + len(rest) == len(said) and rest in self._beginnings:
                    return True
                reached |= {start + size for size in range(1, len(rest) + 1) if rest[:size] in self._phrases}
        return len(said) in reached

    def occurs_in(self, said: list[str]) -> bool:
        """Say whether one of the phrases stands somewhere in `said`."""
        return any(
            tuple(said[start : start + size]) in self._phrases
            for start in range(len(said))
            for size in range(1, self._longest + 1)
        )


def backchannels_of(languages: Collection[str]) -> list[str]:
    """Return the phrases of some languages, each a key of `BACKCHANNELS`."""
    return [phrase for language in languages for phrase in BACKCHANNELS[language]]
