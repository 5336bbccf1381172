"""Who said it: words after a closing quotation mark that carry the sentence on."""

from __future__ import annotations

from agora_audio.segmenter.rules.words import words

__all__ = ["NO_PARTICLES", "SAID_KO", "SAID_PARTICLES", "SAID_VERBS", "SAID_WIDE", "THOUGHT_WIDE"]

# English puts a name before the verb, so a capital after the quote says nothing: "Stop!" John cried.
SAID_VERBS = frozenset(
    words(
        """
    said says asked asks cried replied answered shouted whispered added explained told yelled thought wondered
    exclaimed called murmured muttered continued noted screamed sighed laughed agreed insisted remarked
    announced declared responded began demanded begged suggested repeated admitted wrote warned joked replies
    answers adds explains cries shouts whispers laughs smiles beams yells sighs thinks wonders insists continues
    """
    )
)

# Chinese: a speech verb in the words after the quote, up to the next mark.
SAID_WIDE = "说說问問道喊叫讲講答回复復補补充表示写寫笑哭嚷吼称稱嘟嘀念唱"

# Korean: a speech verb in the words after the quote, up to the next mark.
SAID_KO = words("말했 말한 물었 대답했 답했 외쳤 소리쳤 속삭였 덧붙였 중얼거렸 설명했 강조했 되물었")

# Japanese: after a mark outside quotes, words that make it a quote all the same.
THOUGHT_WIDE = ("と思", "と言", "といっ", "という", "といい", "と聞", "と考", "と感", "と叫", "と書", "との", "って")

# Japanese: words that begin like a particle and are none.
NO_PARTICLES = words("はい はは はじめ もう もし もちろん でも では とても ところ とにかく がん かな のち")

# Japanese and Korean: what is glued to a quote that the sentence goes on from.
SAID_PARTICLES = {
    "ja": ("と", "って", "は", "が", "を", "に", "へ", "も", "の", "で", "から", "など", "や", "だ", "という"),
    "ko": (
        "라고",
        "라는",
        "라며",
        "라면서",
        "이라",
        "하고",
        "고",
        "는",
        "은",
        "이",
        "가",
        "을",
        "를",
        "의",
        "와",
        "과",
    ),
}
