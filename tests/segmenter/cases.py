"""Texts with their segments, written for these tests: ``│`` is an end, ``┊`` one that may be there or not."""

from __future__ import annotations

import re

import agora_audio as aa


def pieces(case):
    """The segments a case asks for."""
    return case.split("│")


def text_of(case):
    return case.replace("│", "")


def marked(text, language=None, **options):
    """What the segmenter makes of a text, in the notation of the cases."""
    return "│".join(segment.raw for segment in aa.segment_text(text, language, **options))


def stream(chunks, language=None, **options):
    """All segments of a stream, in pieces as given."""
    segmenter = aa.TextSegmenter(language, **options)
    return [segment for chunk in chunks for segment in segmenter.feed(chunk)] + segmenter.flush()


def split_everywhere(text):
    """A text whole, character by character, and in two at every place."""
    yield [text]
    yield list(text)
    for at in range(1, len(text)):
        yield [text[:at], text[at:]]


WORDS = re.compile(r"\s*\S+")

FAMILIES = {
    "figures": [
        ("en", "The fee is $2,499.95 a year.│ Is that fine?│ It was 3.5 or 10:45."),
        ("en", "Call 555.0199 now.│ Use port 8.│ We had 40 guests in 2019.│ Then none."),
        ("en", "It was 98.6 degrees.│ Version 2.10.3 is out.│ Ping 10.0.0.1 first."),
        ("zh", "余额是１，２００元。│气温２３．５度。│涨了3.5%。│好。"),
        ("de", "Es kostet 1.299,90 Euro.│ Das sind 22,1 Grad.│ Gut."),
    ],
    "abbreviations": [
        ("en", "Dr. Lee met Mrs. Ortiz at St. Mary Hospital.│ They spoke."),
        ("en", "We sell nuts, figs, etc. in bulk.│ We sell tea, etc.│ Come by."),
        ("en", "He works for Acme Inc. in Ohio.│ She runs Foo Ltd.│ It is small."),
        ("en", "She lives in the U.S. with us.│ We left the U.S.│ It rained.│ The U.S. Senate met."),
        ("en", "See No. 7 and Fig. 2, i.e. the map.│ Is it no?│ No.│ Yes."),
        ("en", "At 5 a.m. Mr. Fox woke up.│ He slept at 9 p.m.│ Mr. Fox snores.│ In 44 B.C. Caesar died."),
        ("en", "She has a Ph.D. from Yale.│ He earned his Ph.D.│ Ann cheered."),
        ("en", "No.│ I will not go.│ It was no. 5 of 9."),
        ("en", "Take vitamin D.│ Sleep in room B.│ Rest."),
        ("en", "P.S. I like it.│ It was 5!│ iPods were too!│ eBay too."),
        ("ta", "அவர் கே. கண்ணன்.│ நன்றி."),
        ("de", "Vgl. Abb. 3.│ Gut.│ Im 16. Jh. begann es."),
        ("en", "George W. Bush met J.R.R. Tolkien.│ You and I.│ Did you know?"),
        ("en", "It was no. 1.│ We won.│ Open Mon.-Fri. 9 to 5.│ J.-P. Roux and Wm. Hill agree."),
        ("de", "Das ist Nr. 1. Und das Nr. 2.│ Die Fa. Ott ist da.".replace("1. U", "1.│ U")),
        ("fr", "Il est à l'univ. de Nice avec J.-P. Roux.│ Bien."),
        ("es", "Va a la univ. de Lima.│ Bien."),
        ("ru", "В с. Горки живёт дед.│ См. с. 5.│ Да."),
        ("ar", "كان عام 570م. في مكة.│ نعم."),
        ("en", "It weighs 5 lb. 4 oz. in all.│ It is 6 in.│ The box is flat."),
        ("de", "Herr Dr. Kuhn kam am 3. Oktober z. B. zu spät.│ Seite 12.│ Dort steht es."),
        ("fr", "M. Roy et Mme Petit, av. J.-C., vivaient à Rome.│ Voir p. 3.│ Fin."),
        ("es", "La Sra. Ruiz vive en EE. UU. desde 2001.│ ¿Y tú?│ ¡Yo no!"),
        ("it", "L'ing. Verdi è qui.│ Costa 3,50 euro.│ È caro?│ No."),
        ("pt", "O Sr. Lima chegou às 10h.│ Tudo bem?│ Sim."),
        ("nl", "Dhr. Bos komt o.a. om 9 uur.│ Klopt dat?│ Ja."),
        ("pl", "Kupił chleb, mleko itd.│ Potem wyszedł.│ To jest np. pies."),
        ("ru", "В 2014 г. он уехал.│ Он родился в 1990 г.│ Потом учился.│ Это т. е. верно."),
        ("uk", "Він живе на вул. Франка.│ Так?│ Так."),
        ("bg", "Живее на ул. Рила.│ Вкл. и днес.│ Да."),
        ("el", "Ο κ. Νίκου ήρθε.│ Πού είναι;│ Εδώ."),
        ("tr", "Dr. Kaya geldi.│ Kaç lira?│ 3,5 lira."),
        ("sk", "Ide o firmu Alfa s. r. o., ktorá je na 10. mieste.│ Dobre."),
        ("hi", "डॉ. वर्मा आए।│ क्या हुआ?│ ठीक है।"),
        ("mr", "आज सण आहे.│ मजा कर!│ आणि ये."),
        ("ml", "ഇത് ഡോ. ശിവൻ.│ നന്ദി."),
        ("ar", "د. سامي طبيب.│ كم الساعة؟│ نعم."),
        ("ur", "یہ گھر ہے۔│ آپ کون ہیں؟│ میں علی ہوں۔"),
        (None, "Բարեւ ձեզ։│ Լավ։│ Τι κάνεις\u037e│ Καλά."),
        ("hy", "Բարեւ ձեզ:│ Ինչպես եք:│ Լավ. եւ դուք:"),
        ("am", "ደህና ነህ፧│አዎ።│መልካም።"),
        ("my", "မင်္ဂလာပါ။│နေကောင်းလား။"),
        ("kk", "Бұл т.б. сөздер.│ Не болды?│ Жақсы."),
    ],
    "quotes": [
        ("en", 'He said, "I am in." Then he left.'.replace('in." ', 'in."│ ')),
        ("en", '"Stop!" she cried.│ "Now!" John said.│ He froze.'),
        ("en", "(This is a note.)│ Back to work.│ It was (really!) fine."),
        ("en", 'The 5" screen broke.│ It fell.│ We laughed "a lot" then.'),
        ("en", '"One. Two. Three." he counted.│ Good.'),
        ("en", "He said 'don't. Just don't.' and left.│ So did we."),
        ("en", "(Read by all) We met.│ Ed, Here is it.".replace("all) We", "all)│ We").replace("Ed, H", "Ed,│ H")),
        ("zh", "《走吧！》很好看。│《真的。》也好。"),
        ("de", "„Kommst du?“, fragte sie.│ „Ja.“│ Er kam."),
        ("de", "»Wirklich?«│ »Ja!«│ Gut."),
        ("fr", "« Tu viens ? » demanda-t-elle.│ Il dit : « Oui. »│ Bien."),
        ("ru", "«Где ты?» — спросил он.│ — Тут! — крикнула она.│ Тишина."),
        ("zh", "她说：“走吧。”│我们出发了。│“好吗？”他问。│看《走吧！少年》。"),
        ("zh", "请看（见图2。）这里。│（完。）│明白吗？！│太好了！！"),
        ("ja", "「行くよ。」と言った。│「本当？」│はい！│３．５％です。"),
        ("zh", "“为什么？”│“因为累。”他说。│好。"),
        (None, "“为什么？”│“因为累。”他说。│好。"),
        ("ko", '“왜 그래?” 그녀가 물었다.│ "가자." 그가 말했다.│ "아니." 문이 닫혔다.'.replace('니." ', '니."│ ')),
        ("ko", '그는 "가자."라고 말했다.│ 우리는 갔다.│ 정말요?│ 네.'),
    ],
    "ellipses": [
        ("en", "Well... maybe later.│ I never meant that....│ She left."),
        ("en", "It was . . . odd.│ . . . The end came.│ Bye."),
        ("en", "So?... maybe not.│ So?│ Is it ? he said.│ Fine."),
        ("en", "He paused... I waited.│ So . . . what now?│ Fine."),
        ("en", 'They said "it would be simple. . . ." to us.│ Ha.'),
        ("zh", "我去……然后回来。│好。"),
    ],
    "addresses": [
        ("en", "Visit https://a.example.com/x.y?z=1.2 now.│ Write to jo.doe@ex.org.│ Use Node.js or lib.so.1 today."),
        ("zh", "请访问https://a.cn/b?c=d。│谢谢。"),
        ("en", "See jo@Ex.Org and src/main.Test now.│ Then go."),
        ("en", "Do you use Yahoo! Mail?│ Yahoo! is old.│ Yahoo!?│ Yes."),
    ],
    "lists": [
        ("en", "Steps:│\n1. Open it.│\n2. Tap Go.│\n3. Wait"),
        ("en", "1. Heat the oven 2. Mix it 3. Bake".replace(" 2.", "│ 2.").replace(" 3.", "│ 3.")),
        ("en", "a) this one│ b) that one│ c) none"),
        ("en", "• red│ • green│ • blue"),
        ("en", "First this.│\n- eggs│\n- milk│\n\nDone."),
        ("zh", "步骤：│\n1）先加，│\n2）再乘；│\n3）完。"),
        ("zh", "步骤：│\n一、打开。│\n二、关闭。"),
    ],
    "lines": [
        ("en", "# Title 1. Part│\n\nText here.│ More."),
        ("en", "This line is\nwrapped here.│ Okay."),
        ("en", "This is a rather long line of the text that was broken where the\nPage ends.│ Next."),
        ("en", "A title\nThe text follows.".replace("\n", "│\n")),
        ("en", "Run this:│\n```py\nx = 1. \nprint('Hi. Ho!')\n```│\nThen look."),
        ("en", "| a. b | c! |│\n|---|---|│\n| 1. | 2? |│\nDone."),
    ],
    "signs": [
        ("en", "Great job!🎉│ You won.│ Nice :) work.│ It helps! :D│ Okay."),
        ("en", "I <3 you.│ If a <b then stop.│ Fine."),
        ("en", "My code is <spell>A.B.C. 1! 2</spell> today.│ Got it?"),
        ("en", '<speak>Hello.│ Wait.<break time="1.5s"/>│ Go!</speak>'),
        ("en", "A gas.[1][2]│ It burns."),
        ("en", "Splash! she fell in.│ Stop!! now.".replace("!! ", "!!│ ")),
        ("en", "One.│Two is here.│Three?│ what now?│ i see."),
        ("en", "i went home. then i slept. ok".replace(". ", ".│ ")),
        ("zh", "我用.net框架，例え.jp。│好。"),
        ("zh", "你好.│我是小明.│很高兴!│Have you?│ 有。"),
    ],
}
