"""Clauses: where the first words of an answer may be spoken before the sentence is over."""

from __future__ import annotations

from agora_audio.segmenter.rules.words import words

__all__ = [
    "CLAUSE_STARTERS",
    "CONJUNCTIONS",
    "COORDINATORS",
    "CUT_AFTER_WIDE",
    "CUT_BEFORE_SPACED",
    "CUT_BEFORE_WIDE",
    "SUBORDINATORS",
]

# A clause and not the next item of a list begins with one of these.
CLAUSE_STARTERS = frozenset(
    words(
        """
    and but or so yet because although though while when where if unless until since as which who whom whose
    that he she it they we you i there this these those what how why in on at with without for from by after
    before during then however according including und aber oder denn sondern weil obwohl während wenn als ob
    dass da der die das den dem wo wer was wie er sie es wir et ou mais donc car parce puisque quand lorsque si
    que qui où dont il elle ils elles on nous vous je ce cette y o pero porque aunque cuando si que quien donde
    él ella ellos se lo e ma perché quando se che chi dove mas porque embora quando se que onde ele ela и а но
    или потому хотя когда если что который которая которые где он она они мы
    """
    )
)

# What joins the last two items of a list.
CONJUNCTIONS = words("and or und oder et ou y e o en of och eller og i oraz lub a и или та або")

# A long clause may be cut off before one of these, without a mark. Only words that do nothing else.
SUBORDINATORS = frozenset(
    words(
        """
    because although though while whereas when which who whom whose where until unless since after before that
    but so if weil obwohl während parce puisque lorsque porque aunque cuando perché embora quando потому хотя
    когда
    """
    )
)

# So may a very long one before one of these, which join words or begin a phrase.
COORDINATORS = frozenset(
    words(
        """
    and in on at by with for from during between into through against und mit von bei durch für et dans avec pour par
    y con por para и і та с по для
    """
    )
)

# In text without marks a piece ends best before one of these words.
CUT_BEFORE_SPACED = frozenset(
    words(
        """
    and but or so because although though while when where if unless until since which who that then und aber
    oder denn weil obwohl während wenn dass et ou mais donc car parce quand lorsque si qui où y pero porque
    aunque cuando donde e ma perché quando mas embora и а но или потому хотя когда если что который और लेकिन या
    क्योंकि तो कि و أو لكن لأن ثم 그리고 그러나 하지만 그래서
    """
    )
)

# Without a dictionary: Chinese, Japanese and Thai words that begin a phrase, longest first, and particles that end one.
CUT_BEFORE_WIDE = words(
    """
    然后 然後 但是 因为 因為 所以 而且 如果 虽然 雖然 或者 并且 並且 不过 不過 另外 其实 其實 我们 我們 你们 你們
    他们 他們 她们 大家 这个 這個 那个 那個 这些 那些
    可以 可是 于是 於是 接着 接著 首先 最后 最後 そして しかし だから それから また そこで でも ので けれど
    เพราะ ดังนั้น แล้วก็ แต่ว่า หรือว่า ซึ่ง เมื่อ ถ้า พวกเขา พวกเรา เนื่องจาก อย่างไรก็ตาม และ โดย สามารถ ตั้งแต่
    """
)
CUT_AFTER_WIDE = "了吗嗎呢吧啊をはがにで"
